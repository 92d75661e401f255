import TestSupport
import Testing
import Values

/// A secret that changes at its source is sent again, and only then.
@Suite struct RefreshTests {
  @Test func sendsAChangedSecretWithoutANewVersion() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let tags = try await project.published().filter { $0.key.hasPrefix("refs/tags/") }
      let changed = project.with(["APP_PASSWORD": "app-password-2"])

      let plan = try await changed.json("plan", "--detailed-exitcode", exits: 2)
      #expect(plan.at("pending.0.path") == "apps/data/web")
      #expect(plan.at("pending.0.action") == "refresh")
      #expect(
        plan.at("pending.0.fields.0") == [
          "name": "data.password", "from": "(sensitive)", "to": "(sensitive)", "sensitive": true,
        ]
      )
      #expect(plan["pending"]?.array?.count == 1)
      #expect(plan["changes"] == [])
      #expect(plan["drift"] == [])
      #expect(try await changed.tool("plan").output.contains("data.password: secret changed\n"))

      let run = try await changed.json("sync")
      #expect(run["refreshed"] == ["apps/data/web"])
      #expect(run["applied"] == [])
      let secret = try server.data("apps/data/web")
      #expect(secret?["data"] == ["password": "app-password-2", "mode": "fast"])
      #expect(secret?.at("metadata.version") == 2)
      let message = try await project.git(
        "--git-dir",
        project.remote,
        "log",
        "-1",
        "--format=%B",
        "vault-migrations/prod"
      )
      #expect(message.contains("Refresh: apps/data/web\n"))
      #expect(!message.contains("Migration:"))
      #expect(try await project.published().filter { $0.key.hasPrefix("refs/tags/") } == tags)
      #expect(try await project.publishedCommits() == 2)

      try await changed.tool("plan", "--detailed-exitcode")
      try await changed.tool("drift")
      #expect(try await changed.tool("sync").output == "No changes required\n")
      #expect(try await changed.json("status")["version"] == "0001")
      #expect(try await changed.json("history")["history"]?.array?.count == 1)
    }
  }

  @Test func sendsAChangedPlainVariableToo() async throws {
    try await withServer(Self.state, settings: "plain: [APP_TTL]") { project, server in
      let project = project.with(["APP_TTL": "20m", "ALICE_PASSWORD": "password-1"])
      try await project.generate("initial")
      try await project.tool("sync")
      let changed = project.with(["APP_TTL": "25m"])
      let field = try await changed.json("plan").at("pending.0.fields.0")
      #expect(field == ["name": "token_ttl", "from": "20m", "to": "25m", "sensitive": false])
      try await changed.tool("sync")
      #expect(try server.data("auth/userpass/users/alice")?["token_ttl"] == 1500)
    }
  }

  @Test func doesNotRepeatAnUnchangedSecretThatIsOnlyWritten() async throws {
    try await withServer(Self.state) { project, server in
      let project = project.with(["APP_TTL": "20m", "ALICE_PASSWORD": "password-1"])
      try await project.generate("initial")
      try await project.tool("sync")
      // As after a rotation outside of the tool: nobody can see it, and nobody may undo it.
      try server.request("POST", "auth/userpass/users/alice", #"{"password": "rotated-outside"}"#)
      try await project.tool("drift")
      try project.edit("schema.yaml", "token_policies: [web]", "token_policies: [web, other]")
      try await project.generate("policies")
      try await project.tool("sync")
      #expect(try server.data("auth/userpass/users/alice")?["token_policies"] == ["web", "other"])
      #expect(try login(server, "rotated-outside") == 200)

      try await project.with(["ALICE_PASSWORD": "password-2"]).tool("sync")
      #expect(try login(server, "password-2") == 200)
      #expect(try login(server, "rotated-outside") == 400)
    }
  }

  private static let state = """
    auth/userpass:
      type: userpass
    auth/userpass/users/alice:
      password: ${ALICE_PASSWORD}
      token_policies: [web]
      token_ttl: ${APP_TTL}
    """

  private func login(_ server: BaoServer, _ password: String) throws -> Int {
    try server.request("POST", "auth/userpass/login/alice", #"{"password": "\#(password)"}"#, token: "")
      .status
  }
}
