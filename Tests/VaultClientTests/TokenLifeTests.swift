import Catalogue
import TestSupport
import Testing
import Values
import VaultClient

/// Tokens that are renewed, replaced and given back while a session lasts.
@Suite struct TokenLifeTests {
  @Test func `a token that lives long costs no request but its login and its end`() async throws {
    try await withRole(#""token_ttl": "1h""#) { server, proxy, login in
      let client = try makeClient(proxy.address)
      try client.login(login, again: { login })
      for _ in 0..<3 { _ = try client.mounts() }
      try client.revokeSelf()
      #expect(
        proxy.requests.map(\.path)
          == ["login", "", "", "", "token/revoke-self"].map {
            $0.isEmpty ? "/v1/sys/mounts" : "/v1/auth/\($0 == "login" ? "approle/login" : $0)"
          }
      )
    }
  }

  @Test func `a token is renewed when its part of time is over`() async throws {
    try await withRole(#""token_ttl": "1h", "token_max_ttl": "10h""#) { server, proxy, login in
      let client = try makeClient(proxy.address) { $0.renewalPart = 0 }
      let auth = try client.login(login, again: { login })
      for _ in 0..<3 { _ = try client.mounts() }
      #expect(proxy.count("renew-self") == 3)
      #expect(proxy.count("approle/login") == 1)
      // Renewed, or its time would be counted from its making alone.
      let token = auth.clientToken.exposed { $0 }
      #expect(try server.request("GET", "auth/token/lookup-self", token: token).body.contains("last_renewal"))
      try client.revokeSelf()
      #expect(proxy.count("renew-self") == 3)
    }
  }

  @Test func `where renewing gains little another login takes the token's place, and the old one ends`()
    async throws
  {
    try await withRole(#""token_ttl": "1h""#) { server, proxy, login in
      let client = try makeClient(proxy.address) { $0.renewalPart = 0 }
      let first = try client.login(login, again: { login })
      // As close to its longest life, it cannot be renewed for long.
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "20s", "token_max_ttl": "20s"}"#)
      for _ in 0..<3 { _ = try client.mounts() }
      #expect(proxy.count("approle/login") == 2)
      #expect(proxy.count("revoke-self") == 1)
      let old = first.clientToken.exposed { $0 }
      #expect(try server.request("GET", "auth/token/lookup-self", token: old).status == 403)
      try client.revokeSelf()
      #expect(try server.logins() == 0)
    }
  }

  @Test func `a token that somebody revoked is replaced, and what was refused is asked again once`()
    async throws
  {
    try await withRole(#""token_ttl": "1h""#) { server, proxy, login in
      let client = try makeClient(proxy.address)
      let auth = try client.login(login, again: { login })
      try server.request("POST", "auth/token/revoke-accessor", #"{"accessor": "\#(auth.accessor)"}"#)
      #expect(try client.writeKV("secret", "x", ["a": 1]) == 1)
      #expect(proxy.count("secret/data/x") == 2)
      #expect(proxy.count("approle/login") == 2)
    }
  }

  @Test func `without another login a dead token is an error, and one that fails is told`() async throws {
    try await withRole(#""token_ttl": "1h""#) { server, proxy, login in
      let client = try makeClient(proxy.address)
      var auth = try client.login(login)
      try server.request("POST", "auth/token/revoke-accessor", #"{"accessor": "\#(auth.accessor)"}"#)
      #expect(client.failure(.read, "sys/mounts")?.kind == .badToken)
      auth = try client.login(login, again: { .appRole(roleID: "gone", secretID: Secret("hidden")) })
      try server.request("POST", "auth/token/revoke-accessor", #"{"accessor": "\#(auth.accessor)"}"#)
      let error = client.failure(.read, "sys/mounts")
      #expect(error?.kind == .badToken)
      #expect(error?.message.contains("logging in again failed: ") == true)
      #expect(error?.message.contains("hidden") == false)
    }
  }

  @Test func `a policy that forbids something makes no new login`() async throws {
    try await withRole(#""token_ttl": "1h", "token_policies": []"#) { server, proxy, login in
      let client = try makeClient(proxy.address)
      try client.login(login, again: { login })
      #expect(client.failure(.read, "sys/policies/acl/all")?.kind == .denied)
      #expect(proxy.count("approle/login") == 1)
    }
  }

  @Test func `a batch token is neither renewed nor revoked`() async throws {
    try await withRole(#""token_ttl": "1h", "token_type": "batch""#) { server, proxy, login in
      let client = try makeClient(proxy.address) { $0.renewalPart = 0 }
      try client.login(login, again: { login })
      _ = try client.mounts()
      try client.revokeSelf()
      #expect(proxy.count("renew-self") == 0)
      #expect(proxy.count("revoke-self") == 0)
      #expect(proxy.count("approle/login") == 2)
    }
  }

  @Test func `a token that was given is asked how long it lives once the session lasts`() async throws {
    try await BaoServer.with { server in
      let made = try server.request("POST", "auth/token/create", #"{"ttl": "1h"}"#)
      let token = BaoServer.field("client_token", in: made.body)
      try await FaultProxy.with(server.port) { proxy in
        let short = try makeClient(proxy.address, token: token)
        _ = try short.mounts()
        #expect(proxy.requests.count == 1)
        let long = try makeClient(proxy.address, token: token) {
          $0.tokenPatience = .zero
          $0.renewalPart = 0
        }
        _ = try long.mounts()
        #expect(proxy.count("lookup-self") == 1)
        #expect(proxy.count("renew-self") == 1)
        try long.revokeSelf()
        #expect(try server.request("GET", "auth/token/lookup-self", token: token).status == 200)
      }
    }
  }

  /// A server behind a proxy, with an AppRole that has these settings too.
  private func withRole(
    _ settings: String,
    _ body: (BaoServer, FaultProxy, VaultLogin) async throws -> Void
  ) async throws {
    try await BaoServer.with { server in
      try server.request(
        "POST",
        "sys/policies/acl/all",
        #"{"policy": "path \"*\" { capabilities = [\"create\", \"update\", \"read\", \"list\"] }"}"#
      )
      try server.request("POST", "sys/auth/approle", #"{"type": "approle"}"#)
      let policies = settings.contains("token_policies") ? "" : #""token_policies": ["all"], "#
      try server.request("POST", "auth/approle/role/web", "{\(policies)\(settings)}")
      let role = try server.request("GET", "auth/approle/role/web/role-id").body
      let secret = try server.request("POST", "auth/approle/role/web/secret-id").body
      let login = VaultLogin.appRole(
        roleID: BaoServer.field("role_id", in: role),
        secretID: Secret(BaoServer.field("secret_id", in: secret))
      )
      try await FaultProxy.with(server.port) { try await body(server, $0, login) }
    }
  }
}

extension FaultProxy {
  fileprivate func count(_ end: String) -> Int { requests.count { $0.path.hasSuffix("/" + end) } }
}

extension BaoServer {
  /// Tokens that live, besides the root token.
  fileprivate func logins() throws -> Int {
    let accessors = try request("LIST", "auth/token/accessors").body
    return accessors.split(separator: "\"keys\":[").dropFirst().first.map {
      $0.prefix { $0 != "]" }.split(separator: ",").count - 1
    } ?? 0
  }
}
