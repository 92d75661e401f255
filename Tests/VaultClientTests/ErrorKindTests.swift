import Catalogue
import TestSupport
import Testing
import Values
import VaultClient

@Suite struct ErrorKindTests {
  @Test func `a server's refusals are told apart`() async throws {
    try await BaoServer.with { server in
      let root = try makeClient(server)
      #expect(root.failure(.read, "secret/data/none")?.kind == .notFound)
      #expect(root.failure(.list, "sys/policies/password")?.kind == .notFound)
      #expect(root.failure(.read, "sys/mounts/none")?.kind == .notFound)
      #expect(root.failure(.read, "sys/auth/none")?.kind == .notFound)
      #expect(root.failure(.read, "none/x")?.kind == .noSuchMount)
      #expect(root.failure(.scan, "sys/policies/acl")?.kind == .unsupported)
      #expect(root.failure(.read, "sys/mounts", namespace: "none")?.kind == .namespaceNotFound)
      let refused = root.failure(.write, "sys/mounts/x", ["type": "no-such-engine"])
      #expect(refused?.kind == .refused)
      #expect(refused?.status == 400)
      #expect(refused?.reasons.first?.contains("no-such-engine") == true)
      #expect(refused?.problem.exitStatus == 1)

      try server.request("POST", "sys/namespaces/team")
      #expect(root.failure(.read, "sys/config/cors", namespace: "team")?.kind == .wrongNamespace)
    }
  }

  @Test func `a dead token, a missing one and a policy are told apart`() async throws {
    try await BaoServer.with { server in
      let dead = try makeClient(server.address, token: "s.hidden-and-dead").failure(.read, "secret/data/x")
      #expect(dead?.kind == .badToken)
      #expect(
        dead?.message
          == "GET secret/data/x: the server does not accept the token; it is unknown, expired or revoked"
      )
      #expect(dead?.problem.code == .permissionDenied)
      #expect(dead?.problem.path == "secret/data/x")

      let none = try makeClient(server.address).failure(.read, "secret/data/x")
      #expect(none?.kind == .badToken)
      #expect(none?.message == "GET secret/data/x: no token was given, and the server wants one")

      let token = try server.makeToken(policy: "path \"secret/*\" { capabilities = [\"read\"] }")
      let denied = try makeClient(server.address, token: token).failure(
        .write,
        "secret/data/x",
        ["data": [:]]
      )
      #expect(denied?.kind == .denied)
      #expect(
        denied?.message == "POST secret/data/x: the token's policies do not allow this (permission denied)"
      )
      #expect(denied?.problem.code == .permissionDenied)
    }
  }

  @Test func `sealed is told apart from uninitialised, and neither is asked again`() async throws {
    try await BaoServer.with { server in
      try await FaultProxy.with(server.port) { proxy in
        try server.request("PUT", "sys/seal")
        let client = try makeClient(proxy.address, token: server.rootToken)
        #expect(client.failure(.read, "secret/data/x")?.kind == .sealed)
        #expect(proxy.requests.map(\.path) == ["/v1/secret/data/x", "/v1/sys/seal-status"])
        let health = try client.health()
        #expect(health.sealed && health.initialized)
      }
    }
    try await BaoServer.with(.uninitialised) { server in
      let client = try makeClient(server)
      #expect(client.failure(.read, "secret/data/x")?.kind == .notInitialised)
      let health = try client.health()
      #expect(health.sealed && !health.initialized)
      #expect(try client.sealStatus().storageType == "inmem")
    }
  }

  @Test func `a rate limit is waited out, or named when it lasts`() async throws {
    try await BaoServer.with { server in
      let quota = "{\"rate\":20,\"interval\":\"1s\",\"path\":\"secret/\"}"
      let made = try server.request("POST", "sys/quotas/rate-limit/slow", quota)
      #expect(made.status == 204)
      let requests = (0..<60).map { VaultRequest(.read, VaultPath("secret/data/\($0)")) }
      for result in try makeClient(server).perform(requests) {
        let error = failure { _ = try result.get() }
        #expect(error?.kind == .notFound)
      }
      let impatient = try makeClient(server) { $0.retryBudget = .zero }
      let kinds = impatient.perform(requests).map { result in failure { _ = try result.get() }?.kind }
      #expect(kinds.contains(.rateLimited))
    }
  }

  @Test func `what cannot be reached, trusted or understood is told apart`() async throws {
    let nobody = try await FaultProxy.with { $0.address }
    let unreachable = try makeClient(nobody).failure(.write, "x/y")
    #expect(unreachable?.kind == .unreachable)
    #expect(unreachable?.problem.exitStatus == 69)

    try await BaoServer.with(.devTLS) { server in
      let stranger = try makeClient(server).failure(.read, "sys/mounts")
      #expect(stranger?.kind == .tls)
      #expect(stranger?.problem.exitStatus == 69)
      let trusting = try makeClient(server) { $0.tls.caFile = server.caFile }
      #expect(trusting.failure(.read, "sys/mounts") == nil)
      let plain = try makeClient("http://127.0.0.1:\(server.tlsPort ?? 0)").failure(.read, "sys/mounts")
      #expect(plain?.kind == .notVault)
    }
    try await FaultProxy.with(rule: { request, _ in
      request.path.hasSuffix("gateway") ? .answer(502, body: "<html>") : .answer(200, body: "<html>hello")
    }) { proxy in
      let client = try makeClient(proxy.address)
      #expect(client.failure(.read, "sys/mounts")?.kind == .notVault)
      #expect(client.failure(.write, "a/gateway")?.kind == .serverFailed)
      #expect(failure { _ = try client.health() }?.kind == .notVault)
    }
  }

  @Test(arguments: ["a//b", "a/../sys/seal", "./a", "", "/a"])
  func `a path that would reach another object is refused`(path: String) async throws {
    let error = try makeClient("http://127.0.0.1:1").failure(.read, path)
    #expect(error?.kind == .invalidRequest)
  }

  @Test func `no secret appears in what the server repeats`() async throws {
    let password = "p\"ss w\\rd/1"
    let body =
      "{\"errors\":[\"bad url \\\"postgres://u:p%22ss%20w%5Crd%2F1@h\\\": p\\\\\\\"ss w\\\\\\\\rd/1 or p\\\"ss w\\\\rd/1, token s.known\"]}"
    try await FaultProxy.with(rule: { _, _ in .answer(400, body: body) }) { proxy in
      let client = try makeClient(proxy.address, token: "s.known")
      let error = client.failure(.write, "database/config/x", ["password": .secret(Secret(password))])
      #expect(
        error?.reasons == [
          "bad url \"postgres://u:(sensitive)@h\": (sensitive) or (sensitive), token (sensitive)"
        ]
      )
      #expect(error?.message.contains("p%22") == false)
    }
  }
}

extension Problem {
  /// The status that the program ends with.
  fileprivate var exitStatus: Int32 { code.exitStatus }
}
