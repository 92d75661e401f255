import FoundationEssentials
import StateTracker
import Synchronization
import VaultClient

/// What a command counts for monitoring, one set of numbers for each environment.
final class Metrics: Sendable {
  struct Numbers: Sendable {
    var version: Int?
    var pending: Int?
    var drift: Int?
    /// By method and class of status.
    var requests: [RequestKind: Int] = [:]
    var retries = 0
    var seconds = 0.0
    var status: Int32?
  }

  struct RequestKind: Hashable, Sendable {
    let method: String
    let status: String
  }

  /// Where they go; `nil` counts nothing.
  let file: String?
  private let started = ContinuousClock.now
  private let numbers = Mutex<[String: Numbers]>([:])

  init(file: String?) {
    self.file = file
  }

  private func change(_ environment: String, _ body: (inout Numbers) -> Void) {
    guard file != nil else { return }
    numbers.withLock { body(&$0[environment, default: Numbers()]) }
  }

  func count(_ exchange: Exchange, in environment: String) {
    let kind = RequestKind(method: exchange.method, status: exchange.statusClass)
    change(environment) {
      $0.requests[kind, default: 0] += 1
      $0.retries += max(0, exchange.tries - 1)
    }
  }

  func drifted(_ count: Int, in environment: String) {
    change(environment) { $0.drift = count }
  }

  /// Where the environment stands after all, as far as this repository knows.
  func stands(_ tracker: StateTracker, newest versions: [Int], in environment: String) {
    guard file != nil, let version = try? tracker.current().version() else { return }
    change(environment) {
      $0.version = version
      $0.pending = versions.count { $0 > version }
    }
  }

  /// The command has ended for an environment.
  func finish(_ environment: String, status: Int32) {
    let took = started.duration(to: .now)
    change(environment) {
      $0.seconds = Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18
      $0.status = status
    }
  }

  var all: [String: Numbers] { numbers.withLock(\.self) }
}
