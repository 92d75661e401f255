import TestSupport
import Testing
import Values

/// What somebody else changes on the server is found, named, and never overwritten unasked.
@Suite struct DriftTests {
  @Test func namesFieldsThatChanged() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try server.request("DELETE", "sys/policies/acl/web")
      try server.request("POST", "apps/data/web", #"{"data": {"password": "by hand", "mode": "fast"}}"#)
      let drift = try await project.json("drift", exits: 2)
      #expect(drift["environment"] == "prod")
      let entries = drift["drift"]?.array ?? []
      #expect(
        entries.compactMap { $0["path"]?.string } == [
          "apps/data/web", "auth/approle/role/web", "sys/policies/acl/web",
        ]
      )
      #expect(entries.compactMap { $0["action"]?.string } == ["update", "update", "delete"])
      #expect(entries.compactMap { $0["declared"]?.bool } == [true, true, true])
      #expect(drift.at("drift.0.fields.0.name") == "current_version")
      #expect(
        drift.at("drift.1.fields") == [["name": "token_ttl", "from": 1200, "to": 60, "sensitive": false]]
      )
      let text = try await project.tool("drift", exits: 2).output
      #expect(text.contains("~ auth/approle/role/web\n      token_ttl: 1200 → 60\n"))
      #expect(text.contains("- sys/policies/acl/web\n"))
      let plan = try await project.json("plan", "--detailed-exitcode", exits: 2)
      #expect(plan["drift"] == drift["drift"])
      #expect(plan["pending"] == [])
    }
  }

  @Test func noticesASecretThatWasDeletedSoftly() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("DELETE", "apps/data/web")
      let drift = try await project.json("drift", exits: 2)
      #expect(drift.at("drift.0.path") == "apps/data/web")
      #expect(drift.at("drift.0.action") == "delete")
    }
  }

  @Test func marksWhatTheSchemaNeverMentioned() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"secret_id_num_uses": 5}"#)
      let drift = try await project.json("drift", exits: 2)
      #expect(drift.at("drift.0.declared") == false)
      #expect(drift.at("drift.0.fields.0.name") == "secret_id_num_uses")
      #expect(
        try await project.tool("drift", exits: 2).output.contains("auth/approle/role/web (undeclared)\n")
      )
    }
  }

  @Test func ignoresWhatTheSchemaDoesNotName() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/other", #"{"token_ttl": "60s"}"#)
      try server.request("POST", "sys/mounts/elsewhere", #"{"type": "kv"}"#)
      try await project.tool("drift")
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func stopsAPendingMigrationBeforeItWritesAnything() async throws {
    try await withDrift { project, server in
      let before = try await Snapshot(project, server)
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.path") == "auth/approle/role/web")
      #expect(error.at("error.message")?.string?.contains("token_ttl (1200 → 60)") == true)
      #expect(error.at("error.hint")?.string?.contains("--revert auth/approle/role/web") == true)
      #expect(try await Snapshot(project, server) == before)
      #expect(try server.data("sys/policies/acl/extra") == nil)
      #expect(try await project.json("status")["state"] == "clean")
    }
  }

  @Test func overwritesTheDriftWhenAsked() async throws {
    try await withDrift { project, server in
      try await project.tool("sync", "--revert", "auth/approle/role/web")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      #expect(try server.data("auth/approle/role/web")?["token_max_ttl"] == 3600)
      #expect(try server.data("sys/policies/acl/extra") != nil)
      let show = try await project.json("show", "2")
      #expect(show["tasks"]?.array?.last?.at("before.token_ttl") == 60)
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func leavesTheDriftWhenAsked() async throws {
    try await withDrift { project, server in
      try await project.tool("sync", "--keep", "auth/approle/role/web")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 60)
      #expect(try server.data("auth/approle/role/web")?["token_max_ttl"] == 0)
      #expect(try server.data("sys/policies/acl/extra") != nil)
      #expect(try await project.json("show", "2")["tasks"]?.array?.last?["outcome"] == "kept")
      #expect(try await project.json("status")["version"] == "0002")
    }
  }

  @Test func wantsADecisionAboutAPathThatExists() async throws {
    try await withDrift { project, _ in
      let error = try await project.json("sync", "--revert", "auth/approle/role/wep", exits: 64)
      #expect(error.at("error.hint")?.string?.contains("auth/approle/role/web") == true)
    }
  }

  /// A second migration is pending; its last task is for a role that was changed by hand.
  private func withDrift(_ body: (Project, BaoServer) async throws -> Void) async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 20m\n    token_max_ttl: 1h")
      try project.write(
        "schema.yaml",
        project.read("schema.yaml")
          + "  sys/policies/acl/extra:\n    policy: path \"x\" { capabilities = [\"read\"] }\n"
      )
      try await project.generate("more")
      try await body(project, server)
    }
  }
}
