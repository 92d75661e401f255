import Configuration
import StateTracker
import Values
import VaultClient

/// What works under the lock of an environment: a run, a repair, a rollback.
extension Runner {
  /// Takes the lock, looks again at where the environment stands, and gives the lock back whatever happens.
  func locked<Result>(
    acceptsServer: Bool = false,
    _ body: (Standing, RunLock) async throws -> Result
  ) async throws -> Result {
    if target.environment.server == .embedded { _ = try target.ledger.create() }
    let lock = try await takeLock()
    return try await lock.released(by: target) {
      try await body(try await target.examine(project, acceptsServer: acceptsServer), lock)
    }
  }

  /// What every step of a run works with.
  func context(_ recorded: RecordedState, _ lock: RunLock, _ options: RunOptions? = nil) async throws
    -> RunContext
  {
    RunContext(
      project: project,
      target: target,
      options: options ?? self.options,
      lock: lock,
      layers: try StateLayers(recorded),
      fingerprints: Fingerprints(key: try await target.ledger.fingerprintKey()),
      cancelled: cancelled,
      report: report
    )
  }

  /// What the first migrations declare in this environment.
  func fold(upTo version: Int) throws(Problem) -> Fold {
    try Fold(project.migrations.filter { $0.version <= version }, environment: target.environment.name)
  }
}

extension RunLock {
  /// Gives the lock back when some work has ended, however it did.
  func released<Result>(by target: Target, _ body: () async throws -> Result) async throws -> Result {
    let result: Result
    do {
      result = try await body()
    } catch {
      target.client.ignoreCancellation()
      await release()
      throw error
    }
    target.client.ignoreCancellation()
    await release()
    return result
  }
}
