import HTTP
import TestSupport
import Testing

@Suite struct CancellationTests {
  @Test func `nothing is started after a cancellation, and writes under way are finished`() async throws {
    let cancellation = Cancellation()
    try await BaoServer.with { server in
      try await FaultProxy.with(
        server.port,
        rule: { _, before in
          if before == 0 { cancellation.cancel() }
          return .delay(.milliseconds(300))
        }
      ) { proxy in
        let client = try makeClient(proxy.address, cancellation: cancellation) { $0.maxInFlight = 4 }
        var finished: [Int] = []
        #expect(throws: Cancelled.self) {
          try client.perform((0..<20).map { HTTPRequest("POST", "/v1/\($0)") }) { index, result in
            if case .success = result { finished.append(index) }
          }
        }
        #expect(!finished.isEmpty)
        #expect(finished.count <= 4)
        #expect(proxy.requests.count == finished.count)
      }
    }
  }

  @Test func `reads are abandoned at once`() async throws {
    let cancellation = Cancellation()
    try await FaultProxy.with(rule: { _, _ in
      cancellation.cancel()
      return .delay(.seconds(5))
    }) { proxy in
      let client = try makeClient(proxy.address, cancellation: cancellation)
      let start = ContinuousClock.now
      #expect(throws: Cancelled.self) { try client.perform([HTTPRequest("GET", "/")]) }
      #expect(start.duration(to: .now) < .seconds(2))
    }
  }

  @Test func `a write that does not end in the grace is reported as unknown`() async throws {
    let cancellation = Cancellation()
    try await FaultProxy.with(rule: { _, _ in
      cancellation.cancel()
      return .delay(.seconds(3))
    }) { proxy in
      let client = try makeClient(proxy.address, cancellation: cancellation) {
        $0.cancellationGrace = .milliseconds(200)
      }
      var kinds: [HTTPError.Kind?] = []
      #expect(throws: Cancelled.self) {
        try client.perform([HTTPRequest("POST", "/")]) { kinds.append(failure($1)?.kind) }
      }
      #expect(kinds == [.outcomeUnknown])
    }
  }
}
