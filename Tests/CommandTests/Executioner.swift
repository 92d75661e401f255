import Glibc
import Synchronization
import TestSupport

/// Stops a run of the tool at one of its changes to the server: the rule of a proxy between the two.
final class Executioner: Sendable {
  /// What happens at the chosen request.
  enum Sentence: Sendable, CaseIterable {
    /// SIGKILL before the server sees the request.
    case killBefore
    /// SIGKILL after the server acted on it.
    case killAfter
    /// SIGTERM, and the request goes on.
    case terminate
    /// The request waits until ``release()``.
    case hold
  }

  private struct State {
    var sentence: Sentence?
    var countdown = 0
    var pid: Int32?
    var isExecuted = false
    var isReleased = false
  }

  private let state = Mutex(State())

  /// Whether the chosen request came.
  var isExecuted: Bool { state.withLock(\.isExecuted) }

  /// Chooses a request: how many changes come before it.
  func arm(_ sentence: Sentence, after count: Int) {
    state.withLock { $0 = State(sentence: sentence, countdown: count) }
  }

  /// Tells which process it is about.
  func aim(at pid: Int32) { state.withLock { $0.pid = pid } }

  func release() { state.withLock { $0.isReleased = true } }

  /// The proxy's rule.
  func judge(_ request: FaultProxy.Request, _ before: Int) -> FaultProxy.Fault {
    guard request.isChange, let sentence = takeSentence() else { return .pass }
    switch sentence {
    case .hold:
      while !state.withLock(\.isReleased) { usleep(1000) }
      return .pass
    case .terminate:
      signal(SIGTERM)
      return .pass
    case .killBefore:
      signal(SIGKILL)
      return .drop
    case .killAfter:
      signal(SIGKILL)
      return .dropAnswer
    }
  }

  private func takeSentence() -> Sentence? {
    state.withLock { state in
      guard state.sentence != nil, !state.isExecuted else { return nil }
      state.countdown -= 1
      state.isExecuted = state.countdown < 0
      return state.isExecuted ? state.sentence : nil
    }
  }

  private func signal(_ number: Int32) {
    // The process may be faster than the test that just started it.
    while true {
      if let pid = state.withLock(\.pid) {
        kill(pid, number)
        return
      }
      usleep(1000)
    }
  }
}

extension FaultProxy.Request {
  /// Whether it changes something on the server.
  var isChange: Bool {
    ["POST", "PUT", "DELETE", "PATCH"].contains(method) && !path.hasPrefix("/v1/sys/capabilities-self")
  }

  /// Whether it changes something besides the tool's own records.
  var isWrite: Bool { isChange && !path.hasPrefix("/v1/vault-migrations/") }
}
