import TestSupport
import Testing
import Values

/// References to what only the server knows: accessors and ids.
@Suite struct GivenValueTests {
  /// Everything that refers stands before what it refers to.
  private static let state = #"""
    sys/policies/acl/own-data:
      policy: |
        path "apps/data/{{identity.entity.aliases.${accessor:auth/userpass}.name}}/*" { capabilities = ["read"] }
    sys/policies/acl/of-alice:
      policies:
        - path: {"identity/entity/id/${id:identity/entity/name/alice}": {capabilities: [read]}}
    identity/group/name/all:
      type: internal
      member_group_ids: ["${id:identity/group/name/web}"]
    identity/group/name/web:
      type: internal
      policies: [own-data]
      member_entity_ids: ["${id:identity/entity/name/alice}"]
    identity/entity/name/alice:
      policies: [own-data]
    auth/userpass:
      type: userpass
    identity/oidc/provider/shop:
      allowed_client_ids: ["${id:identity/oidc/client/shop}"]
    identity/oidc/client/shop:
      assignments: [web]
    identity/oidc/assignment/web:
      group_ids: ["${id:identity/group/name/web}"]
    identity/mfa/method/totp:
      method_name: phone
      issuer: Example
    identity/mfa/login-enforcement/all:
      mfa_method_ids: ["${id:identity/mfa/method/totp/phone}"]
      auth_method_accessors: ["${accessor:auth/userpass/}"]
    sys/policies/acl/issuer:
      policy: path "pki/issuer/${id:pki/issuer/root-2026}" { capabilities = ["read"] }
    pki/:
      type: pki
    pki/root/generate/internal:
      common_name: Example Root CA
      issuer_name: root-2026
    """#

  @Test func `One migration on a fresh server makes objects and what refers to them`() async throws {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      let valid = try await project.json("validate")
      #expect(valid["warnings"] == [])
      #expect(project.read("migrations/0001-initial.yaml").contains("${accessor:auth/userpass}"))
      let plan = try await project.json("plan")
      let pending = plan["pending"]?.array ?? []
      #expect(
        pending.contains { $0.at("fields.0.to")?.string?.contains("${accessor:auth/userpass}") == true }
      )

      try await project.tool("sync")
      try expectReferences(server)
      try await expectNothingLeft(project)
      let sent = try await project.git(
        "--git-dir",
        project.remote,
        "grep",
        "-h",
        "-e",
        "aliases",
        "vault-migrations/prod",
        "--",
        "sent"
      )
      #expect(sent.contains(try accessor(server)))
    }
  }

  private func expectReferences(_ server: BaoServer) throws {
    let accessor = try accessor(server)
    let alice = try #require(try server.data("identity/entity/name/alice")?["id"])
    let web = try #require(try server.data("identity/group/name/web"))
    let policy = try server.data("sys/policies/acl/own-data")?["policy"]?.string ?? ""
    #expect(policy.contains("{{identity.entity.aliases.\(accessor).name}}"))
    let ofAlice = try server.data("sys/policies/acl/of-alice")?["policy"]?.string ?? ""
    #expect(ofAlice.contains("identity/entity/id/\(alice.string ?? "?")"))
    #expect(web["member_entity_ids"] == [alice])
    #expect(try server.data("identity/group/name/all")?["member_group_ids"] == [web["id"] ?? .null])
    let client = try #require(try server.data("identity/oidc/client/shop")?["client_id"])
    #expect(try server.data("identity/oidc/provider/shop")?["allowed_client_ids"] == [client])
    #expect(try server.data("identity/oidc/assignment/web")?["group_ids"] == [web["id"] ?? .null])
    let enforcement = try server.data("identity/mfa/login-enforcement/all")
    #expect(enforcement?["auth_method_accessors"] == [.string(accessor)])
    #expect(
      enforcement?["mfa_method_ids"]?.texts == (try server.list("identity/mfa/method/totp"))
    )
    let issuer = try server.data("pki/issuer/root-2026")?["issuer_id"]?.string ?? "?"
    #expect(try server.data("sys/policies/acl/issuer")?["policy"]?.string?.contains(issuer) == true)
  }

  @Test func `What refers to a method that is made again is refreshed`() async throws {
    let text = """
      auth/userpass:
        type: userpass
      sys/policies/acl/own-data:
        policy: path "apps/{{identity.entity.aliases.${accessor:auth/userpass}.name}}" { capabilities = ["read"] }
      """
    try await withServer(text) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")

      // As after somebody disabled and enabled it by hand.
      try server.request("DELETE", "sys/auth/userpass")
      try server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      let field = try await project.json("plan").at("pending.0")
      #expect(field?["action"] == "refresh")
      #expect(field?.at("fields.0.to")?.string?.contains(try accessor(server)) == true)
    }
  }

  @Test func `A group gets the id of a member that is made again`() async throws {
    let member = "  identity/entity/name/alice:\n    metadata: {team: web}\n"
    let text = """
      identity/group/name/web:
        member_entity_ids: ["${id:identity/entity/name/alice}"]
      """
    try await withServer(text) { project, server in
      try project.write("schema.yaml", schema(text) + member)
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request("DELETE", "identity/entity/name/alice")
      try await project.tool("drift", exits: 2)
      // The server took the id out of the group as well.
      try await project.tool("drift", "--revert")
      let alice = try #require(try server.data("identity/entity/name/alice")?["id"])
      #expect(try server.data("identity/group/name/web")?["member_entity_ids"] == [alice])
      try await expectNothingLeft(project)
    }
  }

  @Test func `One sync reverts an object and refreshes what refers to its new id`() async throws {
    let text = """
      identity/entity/name/alice:
        metadata: {team: web}
      sys/policies/acl/of-alice:
        policy: "# ${id:identity/entity/name/alice}"
      """
    try await withServer(text) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request("DELETE", "identity/entity/name/alice")
      let report = try await project.json("sync", "--revert", "identity/entity/name/alice")
      #expect(report["reverted"] == ["identity/entity/name/alice"])
      #expect(report["refreshed"] == ["sys/policies/acl/of-alice"])
      let id = try #require(try server.data("identity/entity/name/alice")?["id"]?.string)
      #expect(try server.data("sys/policies/acl/of-alice")?["policy"]?.string == "# \(id)")
      try await expectNothingLeft(project)
    }
  }

  @Test func `A reference in a namespace means what is there`() async throws {
    let text = """
      desired_state:
        auth/userpass: {type: userpass}
      namespaces:
        team:
          desired_state:
            sys/policies/acl/web: {policy: "# ${accessor:auth/userpass}"}
            auth/userpass: {type: userpass}

      """
    try await withServer("{}") { project, server in
      try project.write("schema.yaml", text)
      try await project.generate("initial")
      try await project.tool("sync")
      let answer = try server.request("GET", "sys/policies/acl/web", namespace: "team")
      let methods = try server.request("GET", "sys/auth/userpass", namespace: "team")
      let accessor = BaoServer.field("accessor", in: methods.body)
      #expect(accessor.hasPrefix("auth_userpass_") && answer.body.contains("# \(accessor)"))
      try await expectNothingLeft(project)
    }
  }

  /// Half of what a role logs in with: it can be handed on, and is shown nowhere.
  @Test func `The id of a role can be put into a secret, and stays one`() async throws {
    let state = """
      auth/approle: {type: approle}
      auth/approle/role/web: {token_ttl: 20m}
      apps/: {type: kv-v2}
      apps/data/web: {data: {role: "${id:auth/approle/role/web/role-id}"}}
      """
    try await withServer(state) { project, server in
      try await project.generate("initial")
      let outcome = try await project.tool("sync", "--log-level", "debug")
      let role = try #require(try server.data("auth/approle/role/web/role-id")?["role_id"]?.string)
      #expect(try server.data("apps/data/web")?.at("data.role") == .string(role))
      #expect(!(outcome.output + outcome.errors).contains(role))
      try await project.git("fetch", "-q", "origin")
      let sent = try await project.git("show", "origin/vault-migrations/prod:sent/apps/data/web.yaml")
      #expect(sent.contains("hmac-sha256") && !sent.contains(role))
      try await expectNothingLeft(project)
    }
  }

  @Test func `What is on the server already can be referred to without being declared`() async throws {
    let text = #"""
      sys/policies/acl/web:
        policy: '# ${accessor:auth/token} ${accessor:identity/} ${id:identity/entity/name/bob}'
      """#
    try await withServer(text) { project, server in
      try server.request("POST", "identity/entity/name/bob", "{}")
      try await project.generate("initial")
      let warnings = try await project.json("validate")["warnings"]?.array ?? []
      #expect(warnings.count == 1, "\(warnings)")
      try await project.tool("sync")
      let bob = try server.data("identity/entity/name/bob")?["id"]?.string ?? "?"
      let policy = try server.data("sys/policies/acl/web")?["policy"]?.string ?? ""
      #expect(policy.hasPrefix("# auth_token_") && policy.contains(" identity_") && policy.hasSuffix(bob))
      try await expectNothingLeft(project)
    }
  }

  private func accessor(_ server: BaoServer) throws -> String {
    try #require(try server.data("sys/auth")?["userpass/"]?["accessor"]?.string)
  }
}
