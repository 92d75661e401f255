import TestSupport
import Testing
import Values

/// Servers that are not there, not ready, or not ours.
@Suite struct BadServerTests {
  private static let commands = [("sync", "plan"), ("status", "drift")]

  @Test func saysThatNobodyAnswers() async throws {
    try await withSmallProject { project, server in
      try project.edit("config.yaml", server.address, "http://127.0.0.1:1")
      try await project.commit("Elsewhere")
      let refusal = Refusal(status: 69, message: "127.0.0.1:1", hint: "check the address")
      for (command, other) in Self.commands {
        try await refusal.expect([command], andOf: [other], project, server)
      }
    }
  }

  @Test func saysThatTheServerIsSealed() async throws {
    try await withSmallProject { project, server in
      #expect(try server.request("PUT", "sys/seal").status == 204)
      let refusal = Refusal(status: 69, message: "is sealed", hint: "unseal it")
      for (command, other) in Self.commands { try await refusal.expect([command], andOf: [other], project) }
    }
  }

  @Test func saysThatTheServerIsNotInitialised() async throws {
    try await withSmallProject { project, server in
      try await BaoServer.with(.uninitialised) { fresh in
        try project.edit("config.yaml", server.address, fresh.address)
        try await project.commit("Elsewhere")
        let refusal = Refusal(status: 69, message: "is not initialised", hint: "initialise it")
        for (command, other) in Self.commands { try await refusal.expect([command], andOf: [other], project) }
      }
    }
  }

  @Test func saysThatSomethingElseAnswers() async throws {
    try await withSmallProject { project, server in
      try await FaultProxy.with(rule: { _, _ in .answer(200, body: "<html>hello</html>") }) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.commit("Elsewhere")
        let refusal = Refusal(status: 1, message: "JSON", hint: "check the address")
        try await refusal.expect(["sync"], andOf: ["plan"], project)
      }
    }
  }

  @Test func saysThatTheTokenIsBad() async throws {
    try await withSmallProject { project, server in
      let refusal = Refusal(status: 77, message: "token", hint: "log in again")
      for (command, other) in Self.commands {
        try await refusal.expect(
          [command],
          andOf: [other],
          project.with(["VAULT_TOKEN": "s.unknown"]),
          server
        )
      }
      var without = project
      without.variables["VAULT_TOKEN"] = nil
      let missing = Refusal(status: 77, message: "there is no token for the server", hint: "VAULT_TOKEN")
      try await missing.expect(["sync"], andOf: ["plan"], without, server)
    }
  }

  @Test func saysThatALoginIsRefused() async throws {
    let auth = "auth: {method: approle, role_id: \"${ROLE_ID}\", secret_id: \"${SECRET_ID}\"}"
    try await withSmallProject { project, server in
      try project.edit("config.yaml", server.address, "\(server.address)\n    \(auth)")
      try await project.commit("Log in")
      try server.request("POST", "sys/auth/approle", #"{"type": "approle"}"#)
      let refusal = Refusal(status: 77, message: "was refused: invalid role", hint: "check role_id")
      try await refusal.expect(
        ["sync"],
        andOf: ["plan"],
        project.with(["ROLE_ID": "a-role", "SECRET_ID": "a-secret"]),
        server
      )
    }
  }

  @Test func namesPathsThatAreDenied() async throws {
    try await withSmallProject { project, server in
      let ledger = try await project.tool("ledger", "init", "--quiet").output
      let rules = """
        path "sys/mounts*" { capabilities = ["create", "read", "update"] }
        path "sys/policies/acl/*" { capabilities = ["create", "read", "update"] }
        """
      let limited = project.with(["VAULT_TOKEN": try server.makeToken(policy: ledger + rules)])
      let before = try await Snapshot(project, server)
      let outcome = try await limited.tool("sync", exits: 77)
      #expect(outcome.errors.contains("auth/approle/role/web (create, update)"), "\(outcome.errors)")
      #expect(outcome.errors.contains("sys/auth/approle (sudo, create, update)"))
      #expect(outcome.errors.contains("apps/data/web"))
      #expect(!outcome.errors.contains("sys/policies/acl/web ("))
      #expect(outcome.errors.contains("nothing was written"))
      #expect(try await limited.json("sync", exits: 77).at("error.code") == "permission-denied")
      #expect(try await Snapshot(project, server) == before)
      try await project.tool("sync")
    }
  }

  @Test func wantsALedger() async throws {
    try await withSmallProject { project, server in
      try server.request("DELETE", "sys/mounts/vault-migrations")
      let refusal = Refusal(
        status: 78,
        message: "the server has no ledger at vault-migrations/",
        hint: "vault-migrations ledger init --env prod"
      )
      for (command, other) in Self.commands {
        try await refusal.expect([command], andOf: [other], project, server)
      }
      let made = try await project.json("ledger", "init")
      #expect(made["created"] == true)
      #expect(made["policy"]?.string?.contains("vault-migrations/data/shop/prod/*") == true)
      #expect(try await project.json("ledger", "init")["created"] == false)
      try await project.tool("sync")
    }
  }

  @Test func noticesThatTheServerForgot() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("DELETE", "sys/mounts/vault-migrations")
      try await project.tool("ledger", "init")
      let refusal = Refusal(
        status: 3,
        message: "the state branch says version 0001 is applied, the ledger knows of none",
        hint: "restored from a snapshot"
      )
      try await refusal.expect(["sync"], project, server)
      #expect(try await project.json("status")["state"] == "diverged")
    }
  }

  @Test func noticesThatTheServerIsAnotherOne() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try await FaultProxy.with(server.port) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.commit("Another way to the same server")
        let refusal = Refusal(status: 3, message: "is asked at \(proxy.address)", hint: "--accept-server")
        try await refusal.expect(["sync"], project, server)
        #expect(try await project.tool("sync", "--accept-server").output == "No changes required\n")
      }
    }
  }
}

/// A pipeline's own login, with no more rights than it needs.
@Suite struct LoginTests {
  @Test func logsInWithAppRoleAndLogsOut() async throws {
    let auth = "auth: {method: approle, mount: ci, role_id: \"${ROLE_ID}\", secret_id: \"${SECRET_ID}\"}"
    try await withSmallProject { project, server in
      try server.request("POST", "sys/auth/ci", #"{"type": "approle"}"#)
      let ledger = try await project.tool("ledger", "init", "--quiet").output
      let rules = ["sys/mounts*", "sys/auth*", "sys/policies/acl/*", "auth/approle/*", "apps/*"].map {
        "path \"\($0)\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"sudo\"] }"
      }
      let policy: Value = ["policy": .string(ledger + rules.joined(separator: "\n"))]
      #expect(try server.request("POST", "sys/policies/acl/ci", JSON.text(policy)).status == 204)
      try server.request(
        "POST",
        "auth/ci/role/sync",
        #"{"token_policies": "ci", "token_no_default_policy": true}"#
      )
      var pipeline = project.with([
        "ROLE_ID": try server.data("auth/ci/role/sync/role-id")?["role_id"]?.string ?? "",
        "SECRET_ID": BaoServer.field(
          "secret_id",
          in: try server.request("POST", "auth/ci/role/sync/secret-id").body
        ),
        // An environment that has its own login does not look at this.
        "VAULT_ADDR": "http://127.0.0.1:1",
      ])
      pipeline.variables["VAULT_TOKEN"] = "s.unknown"
      try project.edit("config.yaml", server.address, "\(server.address)\n    \(auth)")
      try await project.commit("Log in")
      let tokens = try server.list("auth/token/accessors").count
      try await pipeline.tool("sync")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      for command in ["status", "plan", "drift"] { try await pipeline.tool(command) }
      #expect(try server.list("auth/token/accessors").count == tokens)
    }
  }
}
