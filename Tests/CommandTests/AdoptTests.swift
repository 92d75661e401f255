import TestSupport
import Testing
import Values

/// Drift becomes a change like any other: in the schema, in a migration, and known to the state without a write.
@Suite struct AdoptTests {
  @Test func writesWhatIsThereIntoSchemaAndMigration() async throws {
    try await withServer(Self.state, environment: "protect: true") { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request(
        "POST",
        "auth/approle/role/web",
        #"{"token_ttl": "60s", "secret_id_num_uses": 5, "token_policies": ["a"]}"#
      )
      try server.request("POST", "sys/policies/acl/web", #"{"policy": "path \"mine\" {\n}\n"}"#)
      try server.request("POST", "sys/mounts/apps/tune", #"{"max_lease_ttl": "2h", "description": "Ours"}"#)
      try server.request("DELETE", "sys/policies/acl/old")
      let before = project.read("schema.yaml")
      let report = try await project.json("drift", "--adopt")
      #expect(
        report["adopted"] == [
          "apps/", "auth/approle/role/web", "sys/policies/acl/old", "sys/policies/acl/web",
        ]
      )
      #expect(
        report["files"] == [
          ".vault-migrations/schema.yaml", ".vault-migrations/migrations/0002-adopt-drift.yaml",
        ]
      )
      let expected = before.replacing("token_ttl: 20m  #", with: "token_ttl: 60  #")
        .replacing("token_policies: [web]\n", with: "token_policies: [a]\n    secret_id_num_uses: 5\n")
        .replacing(
          "    policies:\n      - path: {\"x\": {capabilities: [read]}}\n",
          with: "    policy: |\n      path \"mine\" {\n      }\n"
        )
        .replacing("max_lease_ttl: 1h\n", with: "max_lease_ttl: 7200\n    description: Ours\n")
        .replacing("  sys/policies/acl/old:\n    policy: '# old'\n", with: "")
      #expect(project.read("schema.yaml") == expected)

      try await project.commit("Adopt")
      let revision = try server.data("sys/policies/acl/web")?["version"]
      let run = try await project.tool("sync")
      #expect(run.errors.contains("= auth/approle/role/web") && !run.errors.contains("~ "))
      #expect(try server.data("sys/policies/acl/web")?["version"] == revision)
      try await expectNothingLeft(project)
    }
  }

  @Test func refusesWhatOnlyAFingerprintTells() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "apps/data/web", #"{"data": {"password": "by hand"}}"#)
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      let before = project.read("schema.yaml")
      let error = try await project.json("drift", "--adopt", exits: 65)
      #expect(error.at("error.path") == "apps/data/web")
      #expect(error.at("error.message")?.string?.contains("is a secret") == true)
      #expect(error.at("error.hint")?.string?.contains("--revert apps/data/web") == true)
      #expect(project.read("schema.yaml") == before)
      try await project.tool("drift", "--adopt", "auth/approle/role/web")
      #expect(project.read("schema.yaml") == before.replacing("20m", with: "60"))
      #expect(!project.read("migrations/0002-adopt-drift.yaml").contains("apps/"))
    }
  }

  @Test func leavesWhatAVariableDecides() async throws {
    try await withServer(
      "auth/approle:\n  type: approle\nauth/approle/role/web:\n  token_ttl: ${TTL}",
      settings: "variables: {TTL: 20m}"
    ) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      let error = try await project.json("drift", "--adopt", exits: 65)
      #expect(error.at("error.message")?.string?.contains("token_ttl holds a reference") == true)
      try await project.tool("drift", "--adopt", "--revert", exits: 64)
      try await project.tool("drift", "--adopt", "auth/approle/role/wep", exits: 64)
    }
  }

  private static let state = """
    # Secrets of the applications.
    apps/:
      type: kv-v2
      config:
        max_lease_ttl: 1h
    auth/approle: {type: approle}

    # The web's own role.
    auth/approle/role/web:
      token_ttl: 20m  # short, because it is public
      token_policies: [web]
    sys/policies/acl/web:
      # Read only.
      policies:
        - path: {"x": {capabilities: [read]}}
    sys/policies/acl/old:
      policy: '# old'
    # The end.
    """
}
