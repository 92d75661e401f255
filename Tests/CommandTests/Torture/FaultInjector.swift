import Synchronization
import TestSupport
import Values

/// What goes wrong between the tool and a server.
enum TortureFault: CaseIterable, Sendable {
  case drop, dropAnswer, truncateAnswer, duplicateAnswer, delay
  case tooManyRequests, internalError, unavailable
  case seal, revokeToken
}

/// Does one wrong thing at a chosen request: the rule of a proxy.
final class FaultInjector: Sendable {
  private struct State {
    var countdown: Int
    var server: BaoServer?
    var isArmed = false
    var isDone = false
  }

  private let fault: TortureFault
  private let state: Mutex<State>

  init(_ fault: TortureFault, after count: Int) {
    self.fault = fault
    state = Mutex(State(countdown: count))
  }

  func arm(_ server: BaoServer) {
    state.withLock {
      $0.server = server
      $0.isArmed = true
    }
  }

  func disarm() { state.withLock { $0.isArmed = false } }

  /// The proxy's rule.
  func judge(_ request: FaultProxy.Request, _ before: Int) -> FaultProxy.Fault {
    guard let server = takeTurn() else { return .pass }
    switch fault {
    case .drop: return .drop
    case .dropAnswer: return .dropAnswer
    case .truncateAnswer: return .truncateAnswer
    case .duplicateAnswer: return .duplicateAnswer
    case .delay: return .delay(.milliseconds(300))
    case .tooManyRequests: return .answer(429, body: #"{"errors":["request path rate limit exceeded"]}"#)
    case .internalError: return .answer(500, body: #"{"errors":["internal error"]}"#)
    case .unavailable: return .answer(503, body: #"{"errors":["Vault is sealed"]}"#)
    case .seal:
      _ = try? server.request("POST", "sys/seal")
      return .pass
    case .revokeToken: return .answer(403, body: #"{"errors":["permission denied"]}"#)
    }
  }

  private func takeTurn() -> BaoServer? {
    state.withLock { state in
      guard state.isArmed, !state.isDone else { return nil }
      state.countdown -= 1
      state.isDone = state.countdown < 0
      return state.isDone ? state.server : nil
    }
  }

  /// What people do before the next run: a sealed server is unsealed.
  func mend() throws {
    guard fault == .seal, let server = state.withLock(\.server) else { return }
    let log = server.scratch.read("server.log")
    guard let key = log.firstRange(of: "Unseal Key: ") else { throw FixtureError("no unseal key in the log") }
    let digits = log[key.upperBound...].prefix { !$0.isNewline }
    try server.request("POST", "sys/unseal", "{\"key\":\"\(digits)\"}")
  }
}

extension TortureAttempt {
  /// Whether the server says that the newest version is applied.
  func isComplete() throws -> Bool {
    let entry = try server.data("vault-migrations/data/shop/prod/head")?.at("data.value")?.string ?? ""
    return try entry.contains("\"version\":\(TortureProject.versions)")
      && server.list("ssh/issuers").count == 1
  }
}
