import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values
import VaultClient

/// Records of any size, in a server that takes no big ones.
@Suite struct BigJournalTests {
  /// What is recorded comes back, and no request is bigger than the smallest storage takes.
  @Test func keepsAJournalOfManyThousandTasks() async throws {
    try await BaoServer.with { server in
      try await FaultProxy.with(server.port) { proxy in
        let ledger = try Self.ledger(proxy, server)
        let journal = RunJournal(
          RunRecord(runID: "r", version: 7, checksum: "sha256:aa"),
          in: ledger,
          entryVersion: 0
        )
        for group in 0..<10 {
          var steps: [VaultPath: RunRecord.Step] = [:]
          for index in 0..<2_000 {
            let path = VaultPath("auth/approle/role/r\(group)-\(index)", in: index == 7 ? "team" : "")
            steps[path] = RunRecord.Step(progress: .intended, before: Self.before)
          }
          try await journal.record(steps)
          for path in steps.keys { journal.note(path, .done) }
        }
        try await journal.record([:])
        let read = try #require(RunRecord(try await ledger.read(.run)?.value))
        #expect(read == journal.run)
        #expect(read.steps.count == 20_000)
        #expect(proxy.requests.map(\.body.count).max() ?? .max < 1 << 20)
        // Far less than the whole each time: what was written stays as it is.
        let sent = proxy.requests.reduce(0) { $0 + $1.body.count }
        #expect(sent < 4 * JSON.text(read.value).utf8.count)
        try await journal.clear()
        let cleared = try await ledger.read(.run)
        #expect(RunRecord(cleared?.value) == nil)
      }
    }
  }

  /// Parts of a run that lost its lock do not get into the newer run's record.
  @Test func keepsThePartsOfAnotherRunOut() async throws {
    try await BaoServer.with { server in
      try await FaultProxy.with(server.port) { proxy in
        let (old, new) = try (Self.ledger(proxy, server), Self.ledger(proxy, server))
        let big = { (name: String) in
          JSON.text(.array(Array(repeating: .string("\(name) ä\n\""), count: 90_000)))
        }
        let first = try await old.write(.run, big("first"), replacing: 0)
        let second = try await new.write(.run, big("second"), replacing: first)
        await #expect(throws: Problem.self) { try await old.write(.run, big("late"), replacing: first) }
        let read = try #require(try await new.read(.run))
        #expect(JSON.text(read.value) == big("second"))
        #expect(read.version == second)
      }
    }
  }

  private static let before: Value = [
    "token_policies": ["default", "web"], "token_ttl": 1200, "secret": "hmac-sha256:0123456789abcdef",
    "text": .string(String(repeating: "\"quoted\" ", count: 12)),
  ]

  private static func ledger(_ proxy: FaultProxy, _ server: BaoServer) throws -> Ledger {
    let client = try VaultClient(
      VaultSettings(address: try VaultAddress(proxy.address)),
      token: Secret(server.rootToken)
    )
    let ledger = Ledger(client: client, mount: "ledger", project: "shop", environment: "prod")
    _ = try ledger.create()
    return ledger
  }
}
