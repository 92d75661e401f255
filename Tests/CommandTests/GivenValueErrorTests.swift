import TestSupport
import Testing
import Values

/// References to what is not there, or cannot be had, and runs that stop half-way.
@Suite struct GivenValueErrorTests {
  @Test(arguments: [
    ("${accessor:auth/nope}", "has no auth method auth/nope"),
    ("${accessor:nope}", "has no secrets engine nope/"),
    ("${id:identity/entity/name/nope}", "has nothing with an id at identity/entity/name/nope"),
    ("${id:identity/mfa/method/totp/nope}", "has nothing with an id at identity/mfa/method/totp/nope"),
    ("${id:sys/health}", "has nothing with an id at sys/health"),
  ])
  func `A reference to nothing stops the run before anything is written`(
    reference: String,
    what: String
  ) async throws {
    let text = """
      apps/:
        type: kv-v2
      sys/policies/acl/web:
        policy: '# \(reference)'
      """
    try await withServer(text) { project, server in
      try await project.generate("initial")
      let refusal = Refusal(
        status: 3,
        message: "sys/policies/acl/web refers to \(reference), but the server \(what)",
        place: ".vault-migrations/schema.yaml:4:3",
        path: "sys/policies/acl/web",
        hint: "declare"
      )
      try await refusal.expect(["sync"], project, server)
      #expect(try await project.json("plan")["pending"]?.array?.count == 2)
    }
  }

  @Test(arguments: ["pki/issuer/nope", "old/app", "database/creds/app"])
  func `What an engine does not know, or keeps for users, or makes when it is read, has no id`(
    path: String
  ) async throws {
    try await withServer("sys/policies/acl/web: {policy: '# ${id:\(path)}'}") { project, server in
      try server.request("POST", "sys/mounts/pki", #"{"type": "pki"}"#)
      try server.request("POST", "sys/mounts/old", #"{"type": "kv"}"#)
      try server.request("POST", "old/app", #"{"id": "not-to-be-shown"}"#)
      try await project.generate("initial")
      let refusal = Refusal(status: 3, message: "has nothing with an id at \(path)")
      try await refusal.expect(["sync"], project, server)
    }
  }

  @Test func `A token that may not read what is referred to is told so before anything is written`()
    async throws
  {
    let text = """
      identity/entity/name/alice: {metadata: {team: web}}
      sys/policies/acl/web: {policy: "# ${id:identity/entity/name/alice}"}
      """
    try await withServer(text) { project, server in
      try await project.generate("initial")
      let token = try server.makeToken(
        policy: """
          path "vault-migrations/*" { capabilities = ["create", "read", "update", "delete", "list"] }
          path "sys/*" { capabilities = ["create", "read", "update", "list", "sudo"] }
          path "identity/*" { capabilities = ["create", "update"] }
          """
      )
      let project = project.with(["VAULT_TOKEN": token])
      let refused = try await project.tool("sync", exits: 77)
      #expect(refused.errors.contains("identity/entity/name/alice (read)"), "\(refused.errors)")
      #expect(try server.data("identity/entity/name/alice") == nil)
    }
  }

  @Test func `A run that was stopped goes on with what the objects were given`() async throws {
    let text = """
      identity/entity/name/alice: {metadata: {team: web}}
      sys/policies/acl/web: {policy: "# ${id:identity/entity/name/alice} ${accessor:auth/userpass}"}
      identity/group/name/web: {member_entity_ids: ["${id:identity/entity/name/alice}"]}
      auth/userpass: {type: userpass}
      sys/quotas/rate-limit/old: {path: old/, rate: 5}
      """
    try await withServer(text) { project, server in
      try await project.generate("initial")
      let stopped = try await project.tool("sync", exits: 1)
      #expect(stopped.errors.contains("stopped at sys/quotas/rate-limit/old after 4 of 5 tasks"))
      let alice = try #require(try server.data("identity/entity/name/alice")?["id"]?.string)
      try server.request("POST", "sys/mounts/old", #"{"type": "kv"}"#)
      try await project.tool("sync")
      let policy = try server.data("sys/policies/acl/web")
      #expect(policy?["policy"]?.string?.hasPrefix("# \(alice) auth_userpass_") == true)
      #expect(policy?["version"] == 1)
      try await expectNothingLeft(project)
    }
  }
}
