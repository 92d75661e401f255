import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing

/// Kill it at any instant: the next `sync` from a fresh clone finishes the job, and nothing runs twice.
///
/// A short version runs with every test; `make torture` runs the long one.
@Suite struct TortureTests {
  /// How often each series stops a run; `VAULT_MIGRATIONS_TORTURE` asks for more.
  static let runs =
    ProcessInfo.processInfo.environment["VAULT_MIGRATIONS_TORTURE"].flatMap { Int($0) } ?? 6

  static let seed =
    ProcessInfo.processInfo.environment["VAULT_MIGRATIONS_SEED"].flatMap { UInt64($0) }
    ?? UInt64(Date().timeIntervalSince1970)

  @Test func `Killed at a random moment, nothing is lost and nothing runs twice`() async throws {
    try await killAtRandom("killed at a random moment, seed \(Self.seed)", runs: Self.runs)
  }

  @Test func `The same without a ledger, whose records are kept in git`() async throws {
    try await killAtRandom(
      "killed at a random moment, records in git, seed \(Self.seed)",
      ledger: false,
      runs: Self.runs / 2
    )
  }

  private func killAtRandom(_ title: String, ledger: Bool = true, runs: Int) async throws {
    var generator = SeededGenerator(seed: Self.seed)
    var table = TortureTable(title)
    try await TortureProject.with(ledger: ledger) { torture in
      let whole = try await torture.duration()
      for run in 0..<runs {
        let moment = Duration.milliseconds(generator.below(Int(whole / .milliseconds(1)) + 1))
        try await torture.attempt("random-\(run)") { attempt in
          let process = try attempt.start()
          try await waitUntil("the run begins") { attempt.isUnderWay || !process.isRunning }
          try await Task.sleep(for: moment)
          process.signal(SIGKILL)
          let status = try await process.wait()
          let step = status == 0 ? "ended before" : attempt.proxy.requests.lastStep
          table.add(step, try await attempt.losses(), "after \(moment)")
        }
      }
    }
    table.print()
    #expect(table.losses == [])
  }

  @Test func `Killed at a step of the protocol, nothing is lost and nothing runs twice`() async throws {
    var generator = SeededGenerator(seed: Self.seed)
    var table = TortureTable("killed at a step of the protocol, seed \(Self.seed)")
    try await TortureProject.with { torture in
      let steps = try await torture.steps()
      // Each change of the server, before and after the server acts on it; some of them if few runs are wanted.
      let moments = steps.indices.flatMap { [($0, Executioner.Sentence.killBefore), ($0, .killAfter)] }
      let chosen = moments.shuffled(using: &generator).prefix(Self.runs)
      for (index, (step, sentence)) in chosen.enumerated() {
        let executioner = Executioner()
        try await torture.attempt("step-\(index)", rule: executioner.judge) { attempt in
          executioner.arm(sentence, after: step)
          let process = try attempt.start()
          executioner.aim(at: process.pid)
          let status = try await process.wait()
          #expect(status == 137 && executioner.isExecuted, "\(attempt.log)")
          table.add("\(steps[step]), \(sentence)", try await attempt.losses(), "at change \(step)")
        }
      }
    }
    table.print()
    #expect(table.losses == [])
  }

  @Test func `Whatever a network or a server does, nothing is lost and no success is claimed falsely`()
    async throws
  {
    var generator = SeededGenerator(seed: Self.seed)
    var table = TortureTable("faults between tool and server, seed \(Self.seed)")
    try await TortureProject.with { torture in
      let requests = try await torture.requestCount()
      for run in 0..<Self.runs {
        let fault = TortureFault.allCases[run % TortureFault.allCases.count]
        let injector = FaultInjector(fault, after: generator.below(requests))
        try await torture.attempt("fault-\(run)", rule: injector.judge) { attempt in
          injector.arm(attempt.server)
          let process = try attempt.start()
          let status = try await process.wait()
          injector.disarm()
          try injector.mend()
          let isComplete = try attempt.isComplete()
          #expect(status != 0 || isComplete, "a false success: \(attempt.log)")
          table.add(
            "\(fault), \(status == 0 ? "finished" : "stopped")",
            try await attempt.losses(),
            attempt.log
          )
        }
      }
    }
    table.print()
    #expect(table.losses == [])
  }
}

/// What happened at which step, for people.
struct TortureTable {
  let title: String
  private var kills: [String: Int] = [:]
  private(set) var losses: [String] = []

  init(_ title: String) { self.title = title }

  mutating func add(_ step: String, _ losses: [String], _ detail: String) {
    kills[step, default: 0] += 1
    self.losses += losses.map { "\(step) (\(detail)): \($0)" }
  }

  func print() {
    var lines = ["", title]
    for (step, count) in kills.sorted(by: { $0.key < $1.key }) { lines.append("  \(count) × \(step)") }
    lines.append("  runs \(kills.values.reduce(0, +)), losses \(losses.count)")
    Swift.print(lines.joined(separator: "\n"))
  }
}

extension TortureProject {
  /// How long a run takes that nobody disturbs, from its first change to its end.
  func duration() async throws -> Duration {
    var whole = Duration.zero
    try await attempt("undisturbed") { attempt in
      let clock = ContinuousClock()
      let process = try attempt.start()
      try await waitUntil("the run begins") { attempt.isUnderWay || !process.isRunning }
      let start = clock.now
      let status = try await process.wait()
      #expect(status == 0, "\(attempt.log)")
      whole = start.duration(to: clock.now)
      let losses = try await attempt.losses()
      #expect(losses == [])
    }
    return whole
  }

  /// The steps of a run that nobody disturbs: its changes to the server, named.
  func steps() async throws -> [String] {
    var steps: [String] = []
    try await attempt("steps") { attempt in
      let status = try await attempt.start().wait()
      #expect(status == 0, "\(attempt.log)")
      steps = attempt.proxy.requests.filter(\.isChange).map(\.step)
    }
    return steps
  }

  func requestCount() async throws -> Int {
    var count = 0
    try await attempt("requests") { attempt in
      let status = try await attempt.start().wait()
      #expect(status == 0, "\(attempt.log)")
      count = attempt.proxy.requests.count
    }
    return count
  }
}

extension FaultProxy.Request {
  /// What this change is to the protocol.
  var step: String {
    let ledger = "/v1/vault-migrations/data/shop/prod/"
    if path.hasPrefix(ledger) { return "the ledger's \(path.dropFirst(ledger.count))" }
    if path.hasSuffix("/generate/internal") || path.hasSuffix("/config/ca") { return "an action" }
    return path.hasPrefix("/v1/sys/") ? "a mount or policy" : "a role or secret"
  }
}

extension [FaultProxy.Request] {
  /// After what a run was killed.
  fileprivate var lastStep: String {
    last(where: \.isChange).map { "after \($0.step)" } ?? "before the first change"
  }
}
