import HTTP
import TestSupport
import Testing
import Values

@Suite struct RedirectTests {
  private let token = HTTPHeader("X-Token", Secret("very-secret"))

  @Test func `a redirect on the same server is followed, with method, body and secret header`() async throws {
    try await FaultProxy.with(rule: { request, _ in
      request.path == "/old" ? .answer(307, headers: [("Location", "/new?x=1")]) : .answer(200)
    }) { proxy in
      let request = HTTPRequest("POST", "/old", headers: [token], body: Array("body".utf8))
      let response = try makeClient(proxy.address).perform(request).get()
      #expect(response.status == 200)
      let last = proxy.requests.last
      #expect(last?.method == "POST")
      #expect(last?.path == "/new?x=1")
      #expect(last?.body == Array("body".utf8))
      #expect(last?.header("X-Token") == "very-secret")
    }
  }

  @Test func `a redirect to another port is refused, and nothing is sent there`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200) }) { other in
      try await FaultProxy.with(rule: { _, _ in
        .answer(307, headers: [("Location", "\(other.address)/v1/x?secret=1")])
      }) { proxy in
        let client = try makeClient(proxy.address)
        let error = failure(try client.perform(HTTPRequest("GET", "/v1/x", headers: [token])))
        #expect(error?.kind == .refusedRedirect)
        #expect(
          error?.message
            == "GET \(proxy.address)/v1/x: the server points to \(other.address), which is not trusted"
        )
        #expect(other.requests.isEmpty)
        #expect(other.connections == 0)

        let trusting = try makeClient(proxy.address) { $0.trustedHosts = ["127.0.0.1:\(other.port)"] }
        #expect(try trusting.perform(HTTPRequest("GET", "/v1/x", headers: [token])).get().status == 200)
        #expect(other.requests.map { $0.header("X-Token") } == ["very-secret"])
      }
    }
  }

  @Test(arguments: [
    "https://127.0.0.1:1/", "//evil.example/x", "http://[", "gopher://127.0.0.1/", "http://u@h/",
  ])
  func `a redirect to another scheme, host or to nonsense is refused`(location: String) async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(307, headers: [("Location", location)]) }) { proxy in
      let error = failure(try makeClient(proxy.address).perform(HTTPRequest("GET", "/", headers: [token])))
      #expect(error?.kind == .refusedRedirect)
      #expect(proxy.requests.count == 1)
    }
  }

  @Test func `a circle ends after three hops`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(307, headers: [("Location", "/again")]) }) { proxy in
      let result = try makeClient(proxy.address).perform(HTTPRequest("GET", "/"))
      #expect(failure(result)?.kind == .refusedRedirect)
      #expect(proxy.requests.count == 4)
    }
  }

  @Test func `a change is not turned into a read`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(302, headers: [("Location", "/x")]) }) { proxy in
      let result = try makeClient(proxy.address).perform(HTTPRequest("POST", "/"))
      #expect(failure(result)?.kind == .refusedRedirect)
    }
  }
}
