import HTTP
import TestSupport
import Testing

@Suite struct TLSTests {
  private let health = HTTPRequest("GET", "/v1/sys/health")

  @Test func `HTTP 2 is spoken where the server can, and its authority is checked`() async throws {
    try await BaoServer.with(.devTLS) { server in
      let client = try makeClient(server.address) { $0.tls.caFile = server.caFile }
      for result in try client.perform(Array(repeating: health, count: 50)) {
        #expect(try result.get().version == "2")
      }
      let folder = try makeClient(server.address) { $0.tls.caDirectory = server.scratch.path }
      #expect(try folder.perform(health).get().status == 200)
      let careless = try makeClient(server.address) { $0.tls.verify = false }
      #expect(try careless.perform(health).get().status == 200)

      let stranger = failure(try makeClient(server.address).perform(health))
      #expect(stranger?.kind == .tls)
      #expect(stranger?.tries == 1)
      let missing = failure(try makeClient(server.address) { $0.tls.caFile = "/nowhere.pem" }.perform(health))
      #expect(missing?.kind == .tls)
    }
  }

  @Test func `the certificate's name may differ from the host`() async throws {
    try await BaoServer.with(.devTLS) { server in
      let named = try makeClient(server.address) {
        $0.tls.caFile = server.caFile
        $0.tls.serverName = "localhost"
      }
      #expect(try named.perform(health).get().status == 200)
      let wrong = try makeClient(server.address) {
        $0.tls.caFile = server.caFile
        $0.tls.serverName = "vault.example.com"
      }
      #expect(failure(try wrong.perform(health))?.kind == .tls)
    }
  }

  @Test func `a write over HTTP 2 that a frozen server does not answer is unknown, and not sent again`()
    async throws
  {
    try await BaoServer.with(.devTLS) { server in
      let client = try makeClient(server.address) {
        $0.tls.caFile = server.caFile
        $0.totalTimeout = .milliseconds(300)
        $0.retry.maxTries = 2
      }
      #expect(try client.perform(health).get().version == "2")
      server.freeze()
      let write = failure(try client.perform(HTTPRequest("POST", "/v1/x", body: Array("{}".utf8))))
      let read = failure(try client.perform(health))
      server.thaw()
      #expect(write?.kind == .outcomeUnknown)
      #expect(write?.tries == 1)
      #expect(read?.kind == .timedOut)
      #expect(read?.tries == 2)
    }
  }

  @Test func `speaking TLS to a server without it is a TLS error`() async throws {
    try await BaoServer.with { server in
      let error = failure(try makeClient("https://127.0.0.1:\(server.port)").perform(health))
      #expect(error?.kind == .tls)
    }
  }
}
