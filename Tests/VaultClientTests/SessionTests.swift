import Catalogue
import TestSupport
import Testing
import Values
import VaultClient

@Suite struct SessionTests {
  /// An AppRole with a policy on `secret/`, and what it logs in with.
  private func makeRole(_ server: BaoServer) throws -> (roleID: String, secretID: Secret) {
    let policy = "{\"policy\":\"path \\\"secret/*\\\" { capabilities = [\\\"read\\\", \\\"list\\\"] }\"}"
    try server.request("POST", "sys/policies/acl/reader", policy)
    try server.request("POST", "sys/auth/approle", "{\"type\":\"approle\"}")
    try server.request("POST", "auth/approle/role/web", "{\"token_policies\":[\"reader\"]}")
    let role = try server.request("GET", "auth/approle/role/web/role-id").body
    let secret = try server.request("POST", "auth/approle/role/web/secret-id").body
    return (BaoServer.field("role_id", in: role), Secret(BaoServer.field("secret_id", in: secret)))
  }

  @Test func `an AppRole logs in, and its token ends with the session`() async throws {
    try await BaoServer.with { server in
      let (roleID, secretID) = try makeRole(server)
      let client = try makeClient(server.address)
      let auth = try client.login(.appRole(roleID: roleID, secretID: secretID))
      #expect(auth.policies == ["default", "reader"])
      #expect(try client.lookupSelf().path == "auth/approle/login")
      let token = auth.clientToken.exposed { $0 }
      #expect(try server.request("GET", "auth/token/lookup-self", token: token).status == 200)
      try client.revokeSelf()
      #expect(try server.request("GET", "auth/token/lookup-self", token: token).status == 403)
    }
  }

  @Test func `a wrong secret is a refused login, and is not repeated`() async throws {
    try await BaoServer.with { server in
      let (roleID, _) = try makeRole(server)
      let client = try makeClient(server.address)
      let error = failure { try client.login(.appRole(roleID: roleID, secretID: Secret("hidden-secret"))) }
      #expect(error?.kind == .loginRefused)
      #expect(
        error?.message == "POST auth/approle/login: the login was refused (invalid role or secret ID)"
      )
      #expect(error?.problem.code == .permissionDenied)
      let nowhere = failure {
        try client.login(.appRole(mount: "nowhere", roleID: roleID, secretID: Secret("hidden-secret")))
      }
      #expect(nowhere?.kind == .loginRefused)
    }
  }

  @Test func `a token that was given is not revoked`() async throws {
    try await BaoServer.with { server in
      try makeClient(server).revokeSelf()
      #expect(try server.request("GET", "auth/token/lookup-self").status == 200)
    }
  }

  @Test func `a user logs in, also where the user is called login`() async throws {
    try await BaoServer.with { server in
      try server.request("POST", "sys/auth/userpass", "{\"type\":\"userpass\"}")
      let client = try makeClient(server)
      let user = VaultRequest(
        .write,
        VaultPath("auth/userpass/users/login"),
        body: ["password": .secret(Secret("word"))]
      )
      _ = try client.perform(user)
      let person = try makeClient(server.address)
      try person.login(.userpass(user: "login", password: Secret("word")))
      #expect(try person.lookupSelf().displayName == "userpass-login")
    }
  }

  @Test func `a client certificate logs in`() async throws {
    try await BaoServer.with(.devTLS) { server in
      try server.request("POST", "sys/auth/cert", "{\"type\":\"cert\"}")
      let authority = server.scratch.read("vault-ca.pem").replacing("\n", with: "\\n")
      try server.request("POST", "auth/cert/certs/web", "{\"certificate\":\"\(authority)\"}")
      let client = try makeClient(server.address) {
        $0.tls.caFile = server.caFile
        $0.tls.clientCertificate = server.scratch.file("vault-cert.pem")
        $0.tls.clientKey = server.scratch.file("vault-key.pem")
      }
      try client.login(.certificate())
      #expect(try client.lookupSelf().path == "auth/cert/login")
      let nobody = try makeClient(server.address) { $0.tls.caFile = server.caFile }
      #expect(failure { try nobody.login(.certificate()) }?.kind == .loginRefused)
    }
  }

  @Test func `a Unix socket will do`() async throws {
    try await Scratch.with { scratch in
      let socket = scratch.file("vault.sock")
      try await BaoServer.with(configuration: "listener \"unix\" {\n  address = \"\(socket)\"\n}\n") {
        server in
        let client = try makeClient("unix://\(socket)", token: server.rootToken)
        #expect(try client.lookupSelf().policies == ["root"])
      }
    }
  }

  @Test func `namespaces are joined, and paths are encoded`() async throws {
    try await BaoServer.with { server in
      try server.request("POST", "sys/namespaces/team")
      try server.request("POST", "sys/namespaces/sub", namespace: "team")
      let client = try makeClient(server) { $0.namespace = "/team/" }
      let mount = VaultRequest(
        .write,
        VaultPath("sys/mounts/kv", in: "sub"),
        body: ["type": "kv", "options": ["version": "2"]]
      )
      _ = try client.perform(mount)
      #expect(try client.writeKV("kv", "a b%2F?#é", ["x": 1], namespace: "sub") == 1)
      #expect(try client.readKV("kv", "a b%2F?#é", namespace: "sub")?.data == ["x": 1])
      let listed = try client.perform(VaultRequest(.list, VaultPath("kv/metadata/", in: "sub")))
      #expect(listed.keys == ["a b%2F?#é"])
      let raw = try server.request("GET", "kv/data/a%20b%252F%3F%23%C3%A9", namespace: "team/sub")
      #expect(raw.status == 200)
      #expect(try client.mounts(namespace: "sub")["kv/"]?["type"] == "kv")
      #expect(try client.mounts()["kv/"] == nil)
    }
  }

  @Test func `an answer is wrapped when asked for`() async throws {
    try await BaoServer.with { server in
      let request = VaultRequest(.read, VaultPath("sys/mounts"), wrapTTL: "60s")
      let response = try makeClient(server).perform(request)
      #expect(response.data == nil)
      #expect(response.wrapInfo?.creationPath == "sys/mounts")
      #expect(response.wrapInfo?.ttl == 60)
      #expect(response.raw["wrap_info"]?["token"]?.holdsSecret == true)
    }
  }
}
