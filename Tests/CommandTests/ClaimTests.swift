import TestSupport
import Testing
import Values

/// Two projects, or two environments of one, share a server and do not fight.
@Suite struct ClaimTests {
  @Test func refusesAPathThatBelongsToAnotherProject() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try project.edit("config.yaml", "project: shop", "project: depot")
      try project.edit("config.yaml", "  prod:\n", "  stage:\n")
      try project.edit("config.yaml", "default_environment: prod", "default_environment: stage")
      try await project.commit("Become another project")
      let before = try await Snapshot(project, server)
      for command in [["plan"], ["sync"], ["sync", "--dry-run"], ["apply"]] {
        let error = try await project.json(command, exits: 3)
        #expect(
          error.at("error.message")?.string?.contains("apps/ belongs to project shop, environment prod")
            == true
        )
        #expect(error.at("error.hint")?.string?.contains("@claims/shop.prod") == true)
      }
      let validate = try await project.json("validate", exits: 3)
      #expect(validate.at("error.path") == "apps/")
      #expect(validate.at("error.line") == 4)
      try await project.tool("validate", "--mode", "offline")
      // Who has no token, or no server, can validate all the same.
      try await project.with(["VAULT_TOKEN": ""]).tool("validate")
      #expect(try await Snapshot(project, server) == before)
      #expect(try server.data("vault-migrations/data/@claims/depot.stage") == nil)
    }
  }

  @Test func letsAnotherProjectUseAMountUntilItIsTakenAway() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try await project.git("push", "-q")
      let other = try await project.clone("other")
      try await other.git("rm", "-q", "-r", ".vault-migrations/migrations")
      try other.edit("config.yaml", "project: shop", "project: depot")
      try other.write("schema.yaml", schema("auth/approle/role/depot:\n  token_ttl: 5m\n"))
      try await other.generate("role")
      let alone = other
      try await alone.git("remote", "set-url", "origin", "file://\(project.scratch.file("depot.git"))")
      try await alone.git("init", "-q", "--bare", project.scratch.file("depot.git"))
      try await alone.tool("sync")
      #expect(try server.data("auth/approle/role/depot")?["token_ttl"] == 300)
      // What the other one has inside goes with the mount.
      try project.write("schema.yaml", schema("apps/:\n  type: kv-v2\n"))
      try await project.generate("drop")
      let error = try await project.json("sync", exits: 3)
      #expect(
        error.at("error.message")?.string?.contains(
          "auth/approle holds auth/approle/role/depot, which belongs to project depot, environment prod"
        ) == true
      )
      // Once the other one has given it up, nothing stands in the way.
      try alone.write("schema.yaml", schema(""))
      try await alone.generate("leave")
      try await alone.tool("sync")
      try await project.tool("sync")
      #expect(try server.data("sys/auth")?["approle/"] == nil)
    }
  }

  /// What cannot be read may say that a path is somebody else's.
  @Test func stopsForARecordThatCannotBeRead() async throws {
    try await withSmallProject { project, server in
      let record = #"{"data": {"value": "{\"paths\": {"}}"#
      try server.request("POST", "vault-migrations/data/@claims/depot.stage", record)
      let before = try await Snapshot(project, server)
      let error = try await project.json("sync", exits: 3)
      #expect(
        error.at("error.message")?.string?.contains(
          "belongs to project depot, environment stage cannot be read"
        )
          == true
      )
      for command in ["plan", "validate"] { try await project.tool(command, exits: 3) }
      #expect(try await Snapshot(project, server) == before)
      // A record of another form is none either; one that was deleted claims nothing.
      let other = #"{"data": {"value": "{\"paths\": []}"}}"#
      try server.request("POST", "vault-migrations/data/@claims/depot.stage", other)
      try await project.tool("plan", exits: 3)
      try server.request("DELETE", "vault-migrations/data/@claims/depot.stage")
      try await project.tool("plan")
    }
  }

  @Test func isAllowedByThePrintedPolicy() async throws {
    try await withSmallProject { project, server in
      let printed = try await project.tool("ledger", "init", "--quiet").output
      let own = """
        path "sys/policies/acl/web" { capabilities = ["create", "read", "update", "delete"] }
        path "sys/mounts/apps" { capabilities = ["create", "read", "update", "delete"] }
        path "apps/*" { capabilities = ["create", "read", "update", "delete"] }
        path "sys/auth/approle" { capabilities = ["create", "read", "update", "delete", "sudo"] }
        path "auth/approle/role/*" { capabilities = ["create", "read", "update", "delete"] }
        """
      let token = try server.makeToken(policy: printed + own)
      #expect(try server.request("GET", "sys/mounts", token: token).status == 403)
      let limited = project.with(["VAULT_TOKEN": token])
      try await limited.tool("sync")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      #expect(try server.list("vault-migrations/metadata/@claims") == ["shop.prod"])
      try await expectNothingLeft(limited)
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await limited.tool("sync")
      try await expectNothingLeft(limited)
      let blind = try server.makeToken(policy: own + printed.replacing("@claims", with: "@nothing"))
      try project.edit("schema.yaml", "token_ttl: 25m", "token_ttl: 30m")
      try await project.generate("longest")
      let error = try await project.with(["VAULT_TOKEN": blind]).json("sync", exits: 77)
      #expect(error.at("error.hint")?.string?.contains("ledger init") == true)
    }
  }
}
