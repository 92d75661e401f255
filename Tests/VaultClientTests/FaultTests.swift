import Catalogue
import HTTP
import TestSupport
import Testing
import Values
import VaultClient

@Suite struct FaultTests {
  private let ok = "{\"data\":{\"x\":1}}"

  @Test func `a standby's redirect elsewhere gets no token`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200, body: "{}") }) { other in
      try await FaultProxy.with(rule: { _, _ in
        .answer(307, headers: [("Location", "\(other.address)/v1/secret/data/x")])
      }) { proxy in
        let error = try makeClient(proxy.address, token: "s.hidden").failure(.read, "secret/data/x")
        #expect(error?.kind == .standby)
        #expect(error?.message.contains(other.address) == true)
        #expect(other.connections == 0)
        let client = try makeClient(proxy.address, token: "s.hidden") { $0.trustedHosts = ["127.0.0.1"] }
        #expect(client.failure(.read, "secret/data/x") == nil)
        #expect(other.requests.first?.header("X-Vault-Token") == "s.hidden")
      }
    }
  }

  @Test func `a write with a lost answer is made once, and its outcome is unknown`() async throws {
    try await BaoServer.with { server in
      try await FaultProxy.with(
        server.port,
        rule: { request, _ in request.method == "POST" ? .dropAnswer : .pass }
      ) { proxy in
        let client = try makeClient(proxy.address, token: server.rootToken)
        // Opens the connection that the write then finds in use.
        _ = try client.health()
        let error = client.failure(.write, "secret/data/x", ["data": ["a": "hidden"]])
        #expect(error?.kind == .outcomeUnknown)
        #expect(error?.description.contains("hidden") == false)
        #expect(proxy.requests.count { $0.method == "POST" } == 1)
        // It was made.
        #expect(try client.readKV("secret", "x")?.version == 1)
      }
    }
  }

  @Test func `a read with a lost answer is made again`() async throws {
    try await BaoServer.with { server in
      try await FaultProxy.with(
        server.port,
        rule: { _, before in before == 0 ? .dropAnswer : .pass }
      ) { proxy in
        let client = try makeClient(proxy.address, token: server.rootToken)
        #expect(client.failure(.read, "sys/mounts") == nil)
        #expect(proxy.requests.count == 2)
      }
    }
  }

  @Test func `a failing gateway is asked again for reads only`() async throws {
    let body = ok
    try await FaultProxy.with(rule: { _, before in
      before % 2 == 0 ? .answer(502, body: "<html>") : .answer(200, body: body)
    }) { proxy in
      let client = try makeClient(proxy.address)
      #expect(client.failure(.read, "a/b") == nil)
      #expect(client.failure(.write, "a/b")?.kind == .serverFailed)
      #expect(proxy.requests.count == 3)
    }
  }

  @Test func `every request asks for what was written, by the newest index`() async throws {
    // {"cluster":"c","value":"30"} and the same with 9: text order would put 9 last.
    let newer = "eyJjbHVzdGVyIjoiYyIsInZhbHVlIjoiMzAifQ=="
    let older = "eyJjbHVzdGVyIjoiYyIsInZhbHVlIjoiOSJ9"
    let body = ok
    try await FaultProxy.with(rule: { request, before in
      switch before {
      case 0: .answer(200, headers: [("X-Vault-Index", newer)], body: body)
      case 1: .answer(200, headers: [("X-Vault-Index", older)], body: body)
      // The node has not caught up: no text, and not a rate limit.
      case 2: .answer(429, body: "{\"errors\":[]}")
      default: .answer(200, body: body)
      }
    }) { proxy in
      let client = try makeClient(proxy.address)
      for operation in [VaultRequest.Operation.write, .write, .read] {
        #expect(client.failure(operation, "a/b") == nil)
      }
      let seen = proxy.requests
      #expect(seen.map { $0.header("X-Vault-Index") } == [nil, newer, newer, newer])
      #expect(seen.last?.header("X-Vault-Inconsistent") == "forward-active-node")
      #expect(seen.allSatisfy { $0.header("X-Vault-Request") == "true" })
    }
  }

  @Test func `a cancelled batch says of each request what became of it`() async throws {
    let cancellation = Cancellation()
    let body = ok
    try await FaultProxy.with(rule: { _, before in
      if before == 9 { cancellation.cancel() }
      return .answer(200, body: body)
    }) { proxy in
      let client = try makeClient(proxy.address, cancellation: cancellation) { $0.maxInFlight = 1 }
      let results = client.perform((0..<100).map { VaultRequest(.write, VaultPath("a/\($0)")) })
      let kinds = results.map { result in failure { _ = try result.get() }?.kind }
      #expect(kinds.count == 100)
      #expect(kinds.filter { $0 == nil }.count == proxy.requests.count)
      #expect(kinds.contains(.cancelled))
      #expect(Set(kinds) == [nil, .cancelled])
    }
  }
}
