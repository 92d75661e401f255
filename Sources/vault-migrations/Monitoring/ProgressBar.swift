/// `[#####     ] 12/40  about 30 s left`: how far a version is, on terminals.
struct ProgressBar {
  private static let width = 24

  let total: Int
  private(set) var done = 0
  private let started: ContinuousClock.Instant

  init(total: Int, at started: ContinuousClock.Instant = .now) {
    self.total = total
    self.started = started
  }

  mutating func advance() {
    done = min(done + 1, total)
  }

  func line(at now: ContinuousClock.Instant = .now) -> String {
    let filled = total == 0 ? Self.width : Self.width * done / total
    let bar = String(repeating: "#", count: filled) + String(repeating: " ", count: Self.width - filled)
    return "[\(bar)] \(done)/\(total)\(rest(started.duration(to: now)))"
  }

  /// What is left if it goes on as it went; not worth telling for a few seconds.
  private func rest(_ elapsed: Duration) -> String {
    guard done > 0, done < total else { return "" }
    let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    let left = Int(seconds / Double(done) * Double(total - done))
    guard left >= 3 else { return "" }
    return left < 90 ? "  about \(left) s left" : "  about \((left + 30) / 60) min left"
  }
}
