import Catalogue
import Logging
import Values
import VaultClient

/// The log lines of a run: each with the run's id and environment, and once it began, the migration.
final class RunLog {
  private(set) var logger: Logger
  /// The newest write at each API path, until the task that sent it is told.
  private var writes: [VaultPath: Exchange] = [:]
  private var started = ContinuousClock.now

  init(_ logger: Logger, _ identity: RunIdentity, environment: String) {
    self.logger = logger
    self.logger[metadataKey: "run"] = "\(identity.runID)"
    self.logger[metadataKey: "environment"] = "\(environment)"
  }

  /// A request that was answered, or not.
  func note(_ exchange: Exchange) {
    guard logger.logLevel <= .info else { return }
    let isRead = ["GET", "LIST", "SCAN"].contains(exchange.method)
    if !isRead { writes[exchange.path] = exchange }
    guard logger.logLevel <= .debug else { return }
    var details = Self.details(exchange)
    details["method"] = "\(exchange.method)"
    details["path"] = "\(exchange.path)"
    details["status"] = exchange.status.map { "\($0)" } ?? "none"
    if exchange.tries > 1 { details["tries"] = "\(exchange.tries)" }
    logger.debug("request", metadata: details)
  }

  func note(_ event: RunEvent) {
    switch event {
    case .waitingForLock(let other):
      logger.notice(
        "waiting for another run",
        metadata: ["holder": "\(other.holder)", "other": "\(other.runID)"]
      )
    case .lockTakenOver(let other):
      logger.warning("took over the lock of a dead run", metadata: ["holder": "\(other)"])
    case .versionStarted(let label, let name, _):
      logger[metadataKey: "migration"] = "\(label)-\(name)"
      logger[metadataKey: "version"] = "\(label)"
      started = .now
      logger.info("version started")
    case .taskFinished(let path, let outcome, let action):
      var details: Logger.Metadata = ["path": "\(path)", "action": "\(action)", "outcome": "\(outcome)"]
      if let exchange = write(at: path) { details.merge(Self.details(exchange)) { $1 } }
      logger.info("task finished", metadata: details)
    case .notice(let text, let path):
      logger.notice("\(text)", metadata: path.map { ["path": "\($0)"] } ?? [:])
    case .warning(let problem): logger.warning("\(problem.message)")
    case .versionApplied(_, let tag):
      let took = Self.milliseconds(started.duration(to: .now))
      logger.info("version applied", metadata: ["tag": "\(tag)", "duration_ms": "\(took)"])
    case .refreshed(let path): logger.info("refreshed", metadata: ["path": "\(path)"])
    case .reverted(let path): logger.info("reverted", metadata: ["path": "\(path)"])
    }
  }

  /// What was sent for a task: mounts are written elsewhere than they lie.
  private func write(at path: VaultPath) -> Exchange? {
    guard logger.logLevel <= .info else { return nil }
    var candidates = [path, path.withoutActionName]
    if let name = path.mountName?.dropLast() {
      let base = path.isMount ? "sys/mounts/" : "sys/auth/"
      candidates += [path.with(path: base + name), path.with(path: base + name + "/tune")]
    }
    for candidate in candidates {
      if let exchange = writes.removeValue(forKey: candidate) { return exchange }
    }
    return nil
  }

  private static func details(_ exchange: Exchange) -> Logger.Metadata {
    var details: Logger.Metadata = [:]
    if let duration = exchange.duration { details["duration_ms"] = "\(milliseconds(duration))" }
    if let id = exchange.requestID { details["request_id"] = "\(id)" }
    return details
  }

  private static func milliseconds(_ duration: Duration) -> Int {
    Int(duration.components.seconds) * 1_000 + Int(duration.components.attoseconds / 1_000_000_000_000_000)
  }
}
