import Platform
import Values
import VaultClient

/// One run at a time per environment: a record in the ledger with owner and expiry, judged by the server's clock.
package final class RunLock {
  private let ledger: Ledger
  private var record: LockRecord
  private var version: Int
  private let serverTime: () -> Int

  private init(ledger: Ledger, record: LockRecord, version: Int, serverTime: @escaping () -> Int) {
    self.ledger = ledger
    self.record = record
    self.version = version
    self.serverTime = serverTime
  }

  /// How to take the lock, and what to do when somebody else holds it.
  struct Request {
    let runID: String
    /// Who runs it, for messages: `ci@runner-7`.
    let holder: String
    /// Seconds after which this lock may be taken over if it is not renewed.
    let ttl: Int
    /// How many seconds to wait for another run.
    let patience: Int
    /// Whether a holder on this machine whose process is gone need not be waited for.
    let asksProcesses: Bool
    /// The server's clock, in seconds since 1970.
    let serverTime: () -> Int
    let cancelled: () -> Bool
    let report: (RunEvent) -> Void
  }

  /// Takes the lock; a dead owner's is taken over.
  ///
  /// - Throws: ``Problem`` (locked) if another run holds it for longer than one is to wait.
  static func take(in ledger: Ledger, _ request: Request) async throws -> RunLock {
    let deadline = request.serverTime() + request.patience
    var waitsFor: String?
    while true {
      let now = request.serverTime()
      let entry = try await ledger.read(.lock)
      let other = LockRecord(entry?.value).flatMap { $0.isReleased ? nil : $0 }
      if let other, other.isHeld(at: now), !(request.asksProcesses && other.process?.isGone ?? false) {
        guard now < deadline, !request.cancelled() else { throw other.problem(at: now) }
        if waitsFor != other.runID { request.report(.waitingForLock(other)) }
        waitsFor = other.runID
        // Several that wait must not all ask at once.
        let pause = Int.random(in: 200...1_000)
        try await _Concurrency.Task.sleep(for: .milliseconds(min(pause, max(50, (deadline - now) * 1_000))))
        continue
      }
      let lock = RunLock(
        ledger: ledger,
        record: LockRecord(
          runID: request.runID,
          holder: request.holder,
          process: .own(),
          since: now,
          ttl: request.ttl
        ),
        version: entry?.version ?? 0,
        serverTime: request.serverTime
      )
      guard try await lock.isWritten(at: now) else {
        // Another run was a moment faster: it is waited for like any other.
        guard now < deadline else { throw Self.lost }
        continue
      }
      if let other { request.report(.lockTakenOver(from: other.holder)) }
      return lock
    }
  }

  /// Makes sure that the lock is ours still, and renews it when a quarter of its time is over; called before every write.
  ///
  /// - Throws: ``Problem`` (locked) when another run took it.
  package func hold() async throws {
    let now = serverTime()
    let isOurs =
      now - record.renewedAt < record.ttl / 4
      ? try await ledger.version(.lock) == version : try await isWritten(at: now)
    guard isOurs else { throw Self.lost }
  }

  /// Until when requests may be started after ``hold()``: with the time that the last of them may take, it is over before
  /// the lock can be another's.
  var workingTime: Duration { .milliseconds(record.ttl * 1_000 / 4) }

  /// Gives the lock back; one that was lost is left to its new owner.
  package func release() async {
    record.isReleased = true
    _ = try? await ledger.replace(.lock, JSON.text(record.value), version: version)
  }

  /// Writes the lock as ours, unless it is another's.
  private func isWritten(at now: Int) async throws -> Bool {
    record.renewedAt = now
    guard let new = try await ledger.replace(.lock, JSON.text(record.value), version: version) else {
      return false
    }
    version = new
    return true
  }

  private static var lost: Problem {
    Problem(
      .locked,
      "another run took the lock of this environment, or somebody broke it",
      hint: "nothing more is written; run the command again when the other run has ended"
    )
  }
}

extension RunLock {
  /// Breaks the lock of one run, of which somebody knows that it is dead; any other lock stays.
  ///
  /// Returns whose it was, or `nil` if nobody held it. Throws ``Problem`` (locked) if another run holds it.
  package static func release(
    of runID: String,
    in ledger: Ledger,
    at time: Int
  ) async throws -> LockRecord? {
    guard let entry = try await ledger.read(.lock), var record = LockRecord(entry.value), !record.isReleased
    else {
      return nil
    }
    guard record.runID == runID else {
      var problem = record.problem(at: time)
      problem.message = "the lock is not that of run \(runID): \(problem.message)"
      throw problem
    }
    record.isReleased = true
    let written = try await ledger.replace(.lock, JSON.text(record.value), version: entry.version)
    guard written != nil else {
      throw Problem(
        .locked,
        "run \(runID) renewed its lock just now: it is alive",
        hint: "look again with \"vault-migrations unlock\""
      )
    }
    return record
  }
}

extension LockRecord {
  func problem(at time: Int) -> Problem {
    let hint =
      isHeld(at: time)
      ? "wait for it with --lock-timeout 5m; if it is dead, its lock is taken over in \(expiresAt - time) s, or broken with \"vault-migrations unlock \(runID)\""
      : "it has expired: the next run takes it over"
    return Problem(.locked, "\(holder) is running on this environment (run \(runID))", hint: hint)
  }
}
