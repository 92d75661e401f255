import FoundationEssentials
import Synchronization
import TestSupport

/// Looks at the arguments of all processes while a test runs: whatever stands there, every user of the machine can read.
final class CommandLines: Sendable {
  private let state = Mutex((seen: Set<[UInt8]>(), isOver: false))

  /// What was seen so far.
  var seen: Set<[UInt8]> { state.withLock(\.seen) }

  /// Watches while `body` runs.
  static func watch<Result>(_ body: (CommandLines) async throws -> Result) async throws -> Result {
    let lines = CommandLines()
    let watcher = _Concurrency.Task.detached {
      while !lines.state.withLock(\.isOver) {
        lines.look()
        try? await _Concurrency.Task.sleep(for: .milliseconds(5))
      }
    }
    defer { lines.state.withLock { $0.isOver = true } }
    let result = try await body(lines)
    lines.state.withLock { $0.isOver = true }
    await watcher.value
    return result
  }

  private func look() {
    let files = FileManager.default
    var found: [[UInt8]] = []
    for name in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] where name.first?.isNumber == true {
      guard let handle = try? Data(contentsOf: URL(filePath: "/proc/\(name)/cmdline")), !handle.isEmpty else {
        continue
      }
      found.append(Array(handle))
    }
    state.withLock { $0.seen.formUnion(found) }
  }
}
