import TestSupport
import Testing
import Values

/// The server as an identity provider: scopes, assignments, a client, and a login through it.
@Suite struct OIDCProviderTests {
  private static let state = #"""
    auth/userpass: {type: userpass}
    auth/userpass/users/alice:
      password: ${ALICE_PASSWORD}
      token_policies: [sign-in]
    sys/policies/acl/sign-in:
      policies:
        - path: {"identity/oidc/provider/shop/authorize": {capabilities: [read, update]}}
    identity/entity/name/alice:
      metadata: {email: alice@example.com}
    identity/entity-alias:
      name: alice
      canonical_id: ${id:identity/entity/name/alice}
      mount_accessor: ${accessor:auth/userpass}
    identity/group/name/customers:
      member_entity_ids: ["${id:identity/entity/name/alice}"]
    identity/oidc/key/shop:
      algorithm: RS256
      allowed_client_ids: ["*"]
    identity/oidc/scope/email:
      template: '{"email": {{identity.entity.metadata.email}}}'
    identity/oidc/assignment/customers:
      group_ids: ["${id:identity/group/name/customers}"]
    identity/oidc/client/shop:
      key: shop
      redirect_uris: ["https://shop.example.com/callback"]
      assignments: [customers]
    identity/oidc/provider/shop:
      issuer: ${issuer}
      scopes_supported: [email]
      allowed_client_ids: ["${id:identity/oidc/client/shop}"]
    apps/: {type: kv-v2}
    apps/data/shop/oidc:
      data: {id: "${id:identity/oidc/client/shop}", secret: "${vault:identity/oidc/client/shop#client_secret}"}
    """#

  @Test func `A user signs in at the provider, and the application gets the claims`() async throws {
    try await withServer(Self.state) { project, server in
      let settings = project.read("config.yaml") + "variables: {issuer: \"\(server.address)\"}\n"
      try project.write("config.yaml", settings)
      try await project.commit("Name the issuer")
      let project = project.with(["ALICE_PASSWORD": "alice-password-1"])
      try await project.generate("initial")
      try await project.tool("sync")
      try await signIn(server)
      try await expectNothingLeft(project)
    }
  }

  private func signIn(_ server: BaoServer) async throws {
    let login = try server.act("auth/userpass/login/alice", ["password": "alice-password-1"], token: "")
    let token = login["client_token"]?.string ?? ""
    let client = try #require(try server.data("apps/data/shop/oidc")?["data"])
    let id = client["id"]?.string ?? ""
    #expect(try server.data("identity/oidc/client/shop")?["client_secret"] == client["secret"])
    let callback = "https%3A%2F%2Fshop.example.com%2Fcallback"
    let query =
      "scope=openid%20email&response_type=code&state=s&nonce=n&client_id=\(id)&redirect_uri=\(callback)"
    let asked = try server.request("GET", "identity/oidc/provider/shop/authorize?\(query)", token: token)
    let code = try JSON.parse(Array(asked.body.utf8))["code"]?.string
    let exchanged = try server.request(
      "POST",
      "identity/oidc/provider/shop/token",
      JSON.text([
        "grant_type": "authorization_code", "code": .string(code ?? ""),
        "redirect_uri": "https://shop.example.com/callback", "client_id": .string(id),
        "client_secret": client["secret"] ?? .null,
      ]),
      token: ""
    )
    #expect(exchanged.status == 200, "\(asked.body) \(exchanged.body)")
    let idToken = try JSON.parse(Array(exchanged.body.utf8))["id_token"]?.string ?? ""
    let claims = try JWT.claims(of: idToken)
    #expect(claims["aud"] == .string(id))
    #expect(claims["email"] == "alice@example.com")
  }
}
