import Digests
import Values
import VaultClient

/// One run at a time per environment: a record in the ledger with owner and expiry, judged by the server's clock.
package final class RunLock {
  private let ledger: Ledger
  private let owner: Value
  private let ttl: Int
  private var version: Int
  /// Seconds of the server's clock at the last renewal.
  private var renewedAt: Int
  private let serverTime: () throws -> Int

  private init(
    ledger: Ledger,
    owner: Value,
    ttl: Int,
    version: Int,
    renewedAt: Int,
    serverTime: @escaping () throws -> Int
  ) {
    self.ledger = ledger
    self.owner = owner
    self.ttl = ttl
    self.version = version
    self.renewedAt = renewedAt
    self.serverTime = serverTime
  }

  /// Takes the lock; a dead owner's is taken over.
  ///
  /// - Parameters:
  ///   - ledger: Where the lock is recorded.
  ///   - runID: Of this run.
  ///   - holder: Who runs it, for messages: `ci@runner-7`.
  ///   - ttl: Seconds after which this lock may be taken over if it is not renewed.
  ///   - serverTime: The server's clock, in seconds since 1970.
  ///   - takenOver: Told about the dead owner.
  /// - Returns: The lock, held.
  /// - Throws: ``Problem`` (locked) if another run holds it.
  package static func take(
    in ledger: Ledger,
    runID: String,
    holder: String,
    ttl: Int,
    serverTime: @escaping () throws -> Int,
    takenOver: (String) -> Void
  ) throws -> RunLock {
    let now = try serverTime()
    let entry = try ledger.read(.lock)
    if let entry, entry.value["released"] != true {
      let expires = (entry.value["renewed_at"]?.integer ?? 0) + (entry.value["ttl"]?.integer ?? ttl)
      let other = entry.value["holder"]?.string ?? "somebody"
      guard now >= expires else {
        throw Problem(
          .locked,
          "\(other) is running on this environment (run \(entry.value["run"]?.string ?? "unknown"))",
          hint: "wait for it to end; if it is dead, its lock is taken over in \(expires - now) s"
        )
      }
      takenOver(other)
    }
    let owner: Value = ["run": .string(runID), "holder": .string(holder), "ttl": .number(Number(ttl))]
    let lock = RunLock(
      ledger: ledger,
      owner: owner,
      ttl: ttl,
      version: entry?.version ?? 0,
      renewedAt: now,
      serverTime: serverTime
    )
    try lock.write(at: now)
    return lock
  }

  /// Renews the lock when a third of its time is over, which fails if it is no longer ours; called before every group of writes.
  ///
  /// - Throws: ``Problem`` (locked) when another run took it.
  package func hold() throws {
    let now = try serverTime()
    if now - renewedAt >= ttl / 3 { try write(at: now) }
  }

  /// Who holds a lock as it is recorded, at a time of the server's clock; `nil` if it is free.
  static func holder(of record: Value, at time: Int) -> String? {
    guard record["released"] != true, let renewed = record["renewed_at"]?.integer,
      let ttl = record["ttl"]?.integer,
      time < renewed + ttl
    else { return nil }
    return record["holder"]?.string ?? "somebody"
  }

  /// Gives the lock back; one that was lost is left to its new owner.
  package func release() {
    guard case .object(var members) = owner else { return }
    members["released"] = true
    _ = try? ledger.write(.lock, .object(members), replacing: version)
  }

  private func write(at now: Int) throws {
    guard case .object(var members) = owner else { return }
    members["renewed_at"] = .number(Number(now))
    do throws(VaultError) {
      version = try ledger.write(.lock, .object(members), replacing: version)
      renewedAt = now
    } catch {
      guard error.kind == .casMismatch else { throw error }
      throw Problem(
        .locked,
        "another run took the lock of this environment",
        hint: "nothing more is written; run the command again when the other run has ended"
      )
    }
  }
}
