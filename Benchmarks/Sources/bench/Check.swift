import ArgumentParser

/// Compares a run with the committed one.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Fails where the tool has become worse than in the baseline.",
    discussion: """
      Ratios, CPU time and memory are compared, and never seconds: those are the machine's. What is new in a run counts \
      as good, and rows that were not measured are left out.
      """
  )

  @Argument(help: "What was measured now.")
  var json = "Benchmarks/.build/bench.json"

  @Option(help: "What it was before.")
  var baseline = "Benchmarks/baseline.json"

  /// Between two starts of a server lie up to 15 %, so that less would be chance.
  @Option(help: "By how many percent a ratio may be worse.")
  var ratio = 25.0

  @Option(help: "By how many percent CPU time may be worse.")
  var cpu = 15.0

  @Option(help: "By how many percent peak memory may be worse.")
  var memory = 15.0

  func run() throws {
    let (now, before) = (try Report.read(json), try Report.read(baseline))
    let regressions = regressions(of: now, since: before)
    for line in regressions { print(line) }
    let rows = Set(now.lines.map(\.row)).intersection(before.lines.map(\.row)).count
    guard rows > 0 else { throw ValidationError("\(json) and \(baseline) have no row in common") }
    print(
      "\(rows) rows compared with \(before.about["commit"] ?? baseline): \(regressions.count) regressions"
    )
    if !regressions.isEmpty { throw ExitCode.failure }
  }

  /// A sentence for everything that has become worse.
  func regressions(of now: Report, since before: Report) -> [String] {
    let old = Dictionary(before.lines.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    var found = now.lines.compactMap { line -> String? in
      guard let known = old[line.key], let allowed = tolerance(of: line.kind) else { return nil }
      let isWorse =
        line.kind == .faster
        ? line.value * (1 + allowed) < known.value : line.value > known.value * (1 + allowed)
      return isWorse ? sentence(line.row, line.what, known.value, line.value, unit: line.kind.unit) : nil
    }
    // Every row has CPU time, also those that promise none.
    let measured = Dictionary(
      before.measurements.map { ($0.row, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    for measurement in now.measurements {
      guard let known = measured[measurement.row]?.cpuPerResource, let value = measurement.cpuPerResource,
        value > known * (1 + cpu / 100)
      else { continue }
      found.append(sentence(measurement.row, "CPU for each resource", known, value, unit: " µs"))
    }
    return found
  }

  private func tolerance(of kind: Line.Kind) -> Double? {
    switch kind {
    case .ratio, .faster, .shown: ratio / 100
    case .memory: memory / 100
    case .cpu, .wall: nil
    }
  }

  private func sentence(_ row: String, _ what: String, _ old: Double, _ new: Double, unit: String) -> String {
    "\(row): \(what): \(fixed(old, 2))\(unit) became \(fixed(new, 2))\(unit)"
  }
}
