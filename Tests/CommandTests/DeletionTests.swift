import TestSupport
import Testing
import Values

/// What leaves the schema leaves the server.
@Suite struct DeletionTests {
  @Test func removesObjectsAndMountsWithAllTheyHold() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try project.write("schema.yaml", schema("auth/approle:\n  type: approle"))
      let report = try await project.generate("remove")
      #expect(report.output.contains("- apps/  destroys all data under it\n"))
      let file = project.read("migrations/0002-remove.yaml")
      #expect(!file.contains("path: apps/data/web"))
      #expect(file.contains("inside"))
      let plan = try await project.json("plan")
      let destructive = plan["pending"]?.array?.filter { $0["destructive"] == true } ?? []
      #expect(destructive.compactMap { $0["path"]?.string } == ["auth/approle/role/web", "apps/"])

      try await project.tool("sync")
      #expect(try server.list("sys/policies/acl").contains("web") == false)
      #expect(try server.data("auth/approle/role/web") == nil)
      #expect(try server.data("sys/mounts")?["apps/"] == nil)
      #expect(try server.data("sys/auth")?["approle/"] != nil)
      try await expectNothingLeft(project)
      let files = try await project.git(
        "--git-dir",
        project.remote,
        "ls-tree",
        "-r",
        "--name-only",
        "vault-migrations/prod",
        "sent/",
        "observed/"
      )
      #expect(files == "observed/auth/approle.yaml\nsent/auth/approle.yaml")
    }
  }

  @Test func resetsFieldsThatAreNoLongerDeclared() async throws {
    try await withServer(Self.tuned) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      for line in [
        "  token_ttl: 20m", "  token_policies: [web]", "  description: Ours", "    max_lease_ttl: 1h",
        "  max_ttl: 72h",
      ] {
        try project.edit("schema.yaml", "  \(line)\n", "")
      }
      try await project.generate("less")
      try await project.tool("sync")
      let role = try server.data("auth/approle/role/web")
      #expect(role?["token_ttl"] == 0)
      #expect(role?["token_policies"] == [])
      #expect(role?["token_max_ttl"] == 3600)
      let mount = try server.data("sys/mounts")?["pki/"]
      #expect(mount?["description"] == "")
      #expect(mount?.at("config.max_lease_ttl") == 0)
      #expect(mount?.at("config.default_lease_ttl") == 1800)
      let other = try server.data("pki/roles/web")
      #expect(other?["max_ttl"] == 0)
      #expect(other?["allowed_domains"] == ["example.com"])
      try await expectNothingLeft(project)
    }
  }

  @Test func deletesSecretsSoThatTheyCanComeBack() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let whole = project.read("schema.yaml")
      try project.edit(
        "schema.yaml",
        "  apps/data/web:\n    data: {password: \"${APP_PASSWORD}\", mode: fast}\n",
        ""
      )
      try await project.generate("without")
      try await project.tool("sync")
      #expect(try server.data("apps/data/web") == nil)
      try project.write("schema.yaml", whole)
      try await project.generate("with")
      try await project.tool("sync")
      #expect(try server.data("apps/data/web")?.at("data.mode") == "fast")
      try await expectNothingLeft(project)
    }
  }

  @Test func doesNotDeleteWhatSomebodyElseChanged() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try project.edit(
        "schema.yaml",
        "  auth/approle/role/web:\n    token_policies: [web]\n    token_ttl: 20m\n",
        ""
      )
      try await project.generate("remove")
      try await project.tool("sync", exits: 3)
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 60)
      try await project.tool("sync", "--revert", "auth/approle/role/web")
      #expect(try server.data("auth/approle/role/web") == nil)
    }
  }

  private static let tuned = """
    auth/approle:
      type: approle
    auth/approle/role/web:
      token_policies: [web]
      token_ttl: 20m
      token_max_ttl: 1h
    pki/:
      type: pki
      description: Ours
      config:
        max_lease_ttl: 1h
        default_lease_ttl: 30m
    pki/roles/web:
      allowed_domains: [example.com]
      max_ttl: 72h
    """
}
