import HTTP
import TestSupport
import Testing

@Suite struct RetryTests {
  @Test func `a read whose answer is lost is sent again`() async throws {
    try await FaultProxy.with(rule: { _, before in before < 2 ? .drop : .answer(200) }) { proxy in
      let response = try makeClient(proxy.address).perform(HTTPRequest("LIST", "/x")).get()
      #expect(response.tries >= 2)
      #expect(proxy.requests.count == 3)
    }
  }

  @Test func `a write whose answer is lost is sent exactly once, on a new connection and on a used one`()
    async throws
  {
    try await FaultProxy.with(rule: { request, _ in request.path.hasPrefix("/lost") ? .drop : .answer(200) })
    {
      proxy in
      let client = try makeClient(proxy.address)
      for method in ["POST", "DELETE", "PATCH"] {
        let before = proxy.requests.count
        let error = failure(
          try client.perform(HTTPRequest(method, "/lost?token=hidden", body: Array("{}".utf8)))
        )
        #expect(error?.kind == .outcomeUnknown)
        #expect(error?.wasSent == true)
        #expect(error?.message.contains("hidden") == false)
        #expect(proxy.requests.count == before + 1)
        // Opens the connection that the next method finds in use; libcurl would repeat by itself there.
        _ = try client.perform(HTTPRequest("GET", "/fine")).get()
      }
      // The later writes did go out on connections that were in use.
      let seen = proxy.requests.map(\.connection)
      #expect(seen[2] == seen[1] && seen[4] == seen[3])
    }
  }

  @Test func `a write that is known to be safe is sent again`() async throws {
    try await FaultProxy.with(rule: { _, before in before == 0 ? .drop : .answer(200) }) { proxy in
      _ = try makeClient(proxy.address).perform(HTTPRequest("POST", "/x", body: [], isSafe: true)).get()
      #expect(proxy.requests.count == 2)
    }
  }

  @Test func `a read gives up after four tries`() async throws {
    try await FaultProxy.with(rule: { _, _ in .drop }) { proxy in
      let error = failure(try makeClient(proxy.address).perform(HTTPRequest("GET", "/x")))
      #expect(error?.kind == .connectionLost)
      #expect(error?.tries == 4)
      #expect(proxy.requests.count == 4)
    }
  }

  @Test func `a truncated answer counts as lost`() async throws {
    try await BaoServer.with { server in
      try await FaultProxy.with(
        server.port,
        rule: { _, before in before == 0 ? .truncateAnswer : .pass }
      ) { proxy in
        let response = try makeClient(proxy.address).perform(HTTPRequest("GET", "/v1/sys/health")).get()
        #expect(response.status == 200)
        #expect(proxy.requests.count == 2)
      }
    }
  }

  @Test func `a refused connection is tried again, for writes too, and gives up for the whole batch at once`()
    async throws
  {
    // Nobody listens there any more once the proxy is closed.
    let address = try await FaultProxy.with { $0.address }
    let results = try makeClient(address) { $0.maxInFlight = 1 }.perform(
      (0..<500).map { HTTPRequest("POST", "/\($0)") }
    )
    #expect(results.count == 500)
    for result in results {
      #expect(failure(result)?.kind == .couldNotConnect)
      #expect(failure(result)?.wasSent == false)
    }
    // One found out for all.
    #expect(results.count { failure($0)?.tries == 4 } == 1)
    #expect(results.count { failure($0)?.tries == 0 } == 499)
    #expect(failure(results[7])?.message.hasPrefix("POST \(address)/7: cannot connect") == true)
  }

  @Test func `a write to a server that dies of it is not sent to the one that comes after`() async throws {
    try await FaultProxy.with(rule: { request, _ in request.method == "GET" ? .answer(200) : .die }) {
      proxy in
      let client = try makeClient(proxy.address)
      _ = try client.perform(HTTPRequest("GET", "/")).get()
      // On the used connection libcurl wants to send again, and finds that it cannot connect.
      let error = failure(try client.perform(HTTPRequest("POST", "/")))
      #expect(error?.kind == .outcomeUnknown)
      #expect(error?.tries == 1)
    }
  }

  @Test func `an unknown host is told apart`() async throws {
    // A label that is too long for a name is found out without asking anybody.
    let client = try makeClient("http://\(String(repeating: "x", count: 64)).invalid:1") {
      $0.retry.maxTries = 1
    }
    #expect(failure(try client.perform(HTTPRequest("GET", "/")))?.kind == .couldNotResolve)
  }

  @Test func `a rate limit is waited for as long as the server asks, within the budget`() async throws {
    try await FaultProxy.with(rule: { _, before in
      before == 0 ? .answer(429, headers: [("Retry-After", "1")]) : .answer(200)
    }) { proxy in
      let response = try makeClient(proxy.address).perform(HTTPRequest("POST", "/x")).get()
      #expect(response.status == 200)
      #expect(response.duration >= .seconds(1))
    }
    try await FaultProxy.with(rule: { _, _ in .answer(429, headers: [("Retry-After", "120")]) }) { proxy in
      let response = try makeClient(proxy.address).perform(HTTPRequest("POST", "/x")).get()
      #expect(response.status == 429)
      #expect(proxy.requests.count == 1)
    }
  }

  @Test func `a batch outlives a rate limit by slowing down`() async throws {
    // Two of three requests are turned away: with four tries each, many would fail.
    try await FaultProxy.with(rule: { _, before in before % 3 == 0 ? .answer(200) : .answer(429) }) { proxy in
      let results = try makeClient(proxy.address) { $0.retry.maxDelay = .milliseconds(5) }.perform(
        (0..<100).map { HTTPRequest("POST", "/\($0)") }
      )
      for result in results { #expect(try result.get().status == 200) }
    }
  }

  @Test func `the policy decides which answers are asked for again`() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(503) }) { proxy in
      let client = try makeClient(proxy.address) { configuration in
        configuration.retryPolicy = { request, response in
          request.isSafe && response.status == 503 ? .again : .accept
        }
      }
      #expect(try client.perform(HTTPRequest("GET", "/x")).get().tries == 4)
      #expect(try client.perform(HTTPRequest("POST", "/x")).get().tries == 1)
      #expect(proxy.requests.count == 5)
    }
  }

  @Test func `a read without an answer times out, a write is unknown`() async throws {
    try await FaultProxy.with(rule: { _, _ in .delay(.milliseconds(500)) }) { proxy in
      let client = try makeClient(proxy.address) {
        $0.totalTimeout = .milliseconds(100)
        $0.retry.maxTries = 2
      }
      #expect(failure(try client.perform(HTTPRequest("GET", "/")))?.kind == .timedOut)
      #expect(failure(try client.perform(HTTPRequest("POST", "/")))?.kind == .outcomeUnknown)
      #expect(proxy.requests.count == 3)
    }
  }
}
