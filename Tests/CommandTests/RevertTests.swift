import TestSupport
import Testing
import Values

/// Drift is put back, also what the schema never mentioned, and the way back is recorded like any other write.
@Suite struct RevertTests {
  @Test func putsBackEverythingThatChanged() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try drift(on: server)
      try server.request("POST", "auth/approle/role/web", #"{"secret_id_num_uses": 5}"#)
      try server.request("POST", "sys/mounts/apps/tune", #"{"description": "Mine"}"#)
      #expect(try await project.json("drift", exits: 2)["drift"]?.array?.count == 4)
      let report = try await project.json("drift", "--revert")
      #expect(report["drift"] == [])
      #expect(
        report["reverted"] == ["apps/", "apps/data/web", "auth/approle/role/web", "sys/policies/acl/web"]
      )
      let role = try server.data("auth/approle/role/web")
      #expect(role?["token_ttl"] == 1200)
      #expect(role?["secret_id_num_uses"] == 0)
      #expect(try server.data("sys/mounts")?["apps/"]?["description"] == "")
      #expect(try server.data("apps/data/web")?.at("data.password") == "app-password-1")
      #expect(try server.data("sys/policies/acl/web") != nil)
      let commit = try await project.git(
        "--git-dir",
        project.remote,
        "log",
        "-1",
        "--format=%s%n%b",
        "vault-migrations/prod"
      )
      #expect(commit.hasPrefix("prod: revert 4 paths\n"))
      #expect(commit.contains("Revert: apps/, apps/data/web, auth/approle/role/web, sys/policies/acl/web\n"))
      try await expectNothingLeft(project)
    }
  }

  @Test func putsBackOnlyWhatIsNamedAndAppliesNothingElse() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try drift(on: server)
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
      try await project.generate("longer")
      let text = try await project.tool("drift", "--revert", "auth/approle/role/web").output
      #expect(text == "reverted  auth/approle/role/web\n")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      #expect(try await project.json("status")["version"] == "0001")
      #expect(try await project.json("drift", exits: 2)["drift"]?.array?.count == 2)
      #expect(try await project.tool("drift", "auth/approle/role/web").output == "No drift\n")
    }
  }

  @Test func makesAMountAnewAndSaysWhatDoesNotComeBack() async throws {
    let state = """
      pki/:
        type: pki
      pki/root/generate/internal:
        common_name: Root
      pki/roles/web:
        allowed_domains: [example.com]
      """
    try await withServer(state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request("DELETE", "sys/mounts/pki")
      let outcome = try await project.tool("drift", "--revert")
      #expect(outcome.errors.contains("what ran in it does not run again: pki/root/generate/internal"))
      #expect(try server.data("pki/roles/web")?["allowed_domains"] == ["example.com"])
      try await project.tool("drift")
    }
  }

  private func drift(on server: BaoServer) throws {
    try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
    try server.request("DELETE", "sys/policies/acl/web")
    try server.request("POST", "apps/data/web", #"{"data": {"password": "by hand", "mode": "fast"}}"#)
  }
}
