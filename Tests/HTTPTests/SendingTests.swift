import HTTP
import TestSupport
import Testing
import Values

/// A client of a test's own, impatient where waiting proves nothing.
func makeClient(
  _ base: String,
  cancellation: Cancellation = Cancellation(),
  _ change: (inout HTTPConfiguration) -> Void = { _ in }
) throws -> HTTPClient {
  var configuration = HTTPConfiguration(base: base)
  configuration.retry.firstDelay = .milliseconds(5)
  configuration.retry.maxDelay = .milliseconds(50)
  change(&configuration)
  return try HTTPClient(configuration, cancellation: cancellation)
}

/// What a request failed with; `nil` if it did not.
func failure(_ result: Result<HTTPResponse, HTTPError>) -> HTTPError? {
  if case .failure(let error) = result { error } else { nil }
}

@Suite struct SendingTests {
  @Test func `an answer carries status, headers in any case, body, date and duration`() async throws {
    try await FaultProxy.with(rule: { _, _ in
      .answer(
        418,
        headers: [("X-Kettle", " on "), ("Date", "Mon, 23 Nov 2026 14:47:01 GMT")],
        body: "short and stout"
      )
    }) { proxy in
      let response = try makeClient(proxy.address).perform(HTTPRequest("GET", "/tea?milk=no")).get()
      #expect(response.status == 418)
      #expect(response.headers["x-kettle"] == "on")
      #expect(response.headers["X-Saucer"] == nil)
      #expect(String(decoding: response.body, as: UTF8.self) == "short and stout")
      #expect(response.date == 1_795_445_221)
      #expect(response.duration > .zero)
      #expect(response.version == "1.1")
      #expect(proxy.requests.map(\.path) == ["/tea?milk=no"])
    }
  }

  @Test(arguments: ["GET", "LIST", "SCAN", "DELETE", "POST", "PUT", "PATCH", "HEAD"])
  func `any method is sent, with or without a body`(method: String) async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200, body: "{}") }) { proxy in
      let client = try makeClient(proxy.address)
      let body = method == "HEAD" ? nil : Array("x=1".utf8)
      _ = try client.perform(HTTPRequest(method, "/a/../b%2Fc", body: body)).get()
      _ = try client.perform(HTTPRequest(method, "/plain")).get()
      let seen = proxy.requests
      #expect(seen.map(\.method) == [method, method])
      #expect(seen[0].path == "/a/../b%2Fc")
      #expect(seen[0].body == body ?? [])
      #expect(seen[1].body.isEmpty)
      #expect(seen[0].header("Content-Type") == nil)
      #expect(seen[0].header("Expect") == nil)
      #expect(proxy.connections == 1)
    }
  }

  @Test func `a thousand requests go over a few connections, and each result finds its request`() async throws
  {
    try await FaultProxy.with(rule: { request, _ in .answer(200, body: request.path) }) { proxy in
      let client = try makeClient(proxy.address) { $0.maxInFlight = 8 }
      var seen: Set<Int> = []
      try client.perform((0..<1000).map { HTTPRequest("GET", "/\($0)") }) { index, result in
        let body = try? result.get().body
        #expect(body == Array("/\(index)".utf8))
        seen.insert(index)
      }
      #expect(seen.count == 1000)
      #expect((1...8).contains(proxy.connections))
    }
  }

  @Test func `a large body goes out whole`() async throws {
    try await FaultProxy.with(rule: { request, _ in .answer(200, body: "\(request.body.count)") }) { proxy in
      let body = [UInt8](repeating: 0x78, count: 5_000_000)
      let response = try makeClient(proxy.address).perform(HTTPRequest("POST", "/", body: body)).get()
      #expect(String(decoding: response.body, as: UTF8.self) == "5000000")
    }
  }

  @Test func `an answer longer than allowed is refused`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200, body: String(repeating: "x", count: 5000)) }) {
      proxy in
      let client = try makeClient(proxy.address) { $0.maxResponseBytes = 4999 }
      let error = failure(try client.perform(HTTPRequest("GET", "/long?secret=1")))
      #expect(error?.kind == .tooLarge)
      #expect(error?.message == "GET \(proxy.address)/long: the answer is longer than 4999 bytes")
    }
  }

  @Test func `headers that smuggle are refused before anything is sent`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200) }) { proxy in
      let client = try makeClient(proxy.address)
      let requests = [
        HTTPRequest("GET", "/", headers: [HTTPHeader("A", "b\r\nX-Vault-Token: stolen")]),
        HTTPRequest("GET", "/", headers: [HTTPHeader("A", Secret("b\nc"))]),
        HTTPRequest("GET", "/a b"), HTTPRequest("GET", "relative"), HTTPRequest("GET", "file:///etc/passwd"),
        HTTPRequest("GET", "http://user:word@127.0.0.1/"),
        HTTPRequest("GET", "http://127.0.0.2/", headers: [HTTPHeader("T", Secret("t"))]),
      ]
      for result in try client.perform(requests) { #expect(failure(result)?.kind == .invalidRequest) }
      #expect(proxy.requests.isEmpty)
    }
  }

  @Test func `a base that is no address is refused`() {
    for base in ["", "vault", "ftp://h", "http://", "https://user@h:1"] {
      #expect(throws: HTTPError.self, "\(base)") { try HTTPClient(HTTPConfiguration(base: base)) }
    }
  }

  @Test func `a proxy is asked for anything but loopback, and one that refuses has sent nothing`()
    async throws
  {
    try await FaultProxy.with(rule: { request, _ in .answer(request.method == "CONNECT" ? 403 : 200) }) {
      proxy in
      let plain = try makeClient("http://vault.invalid") { $0.proxy = proxy.address }
      #expect(try plain.perform(HTTPRequest("POST", "/v1/x")).get().status == 200)
      let local = try makeClient(proxy.address) { $0.proxy = "http://127.0.0.1:1" }
      #expect(try local.perform(HTTPRequest("GET", "/v1/y")).get().status == 200)
      let secure = try makeClient("https://vault.invalid") { $0.proxy = proxy.address }
      let token = HTTPHeader("X-Token", Secret("hidden"))
      let error = failure(try secure.perform(HTTPRequest("POST", "/v1/z", headers: [token])))
      #expect(error?.kind == .couldNotConnect)
      #expect(error?.wasSent == false)
      let seen = proxy.requests
      #expect(seen[0].path == "http://vault.invalid/v1/x")
      #expect(seen[1].path == "/v1/y")
      #expect(seen[2].path == "vault.invalid:443")
      #expect(seen.allSatisfy { $0.header("X-Token") == nil })
    }
  }

  @Test func `a base may carry a path`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200) }) { proxy in
      _ = try makeClient(proxy.address + "/vault/").perform(HTTPRequest("GET", "/v1/x")).get()
      #expect(proxy.requests.map(\.path) == ["/vault/v1/x"])
    }
  }
}
