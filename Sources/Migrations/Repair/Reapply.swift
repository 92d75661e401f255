import Catalogue
import Configuration
import Git
import StateTracker
import Values
import VaultClient

extension Runner {
  /// Applies again what a server lost that was restored from a snapshot, from the version that its ledger knows.
  ///
  /// The branch keeps its history, and gets one commit that says so.
  package func reapply(from version: Int) async throws -> [Int] {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      try requireCause(standing, [.branchAhead], "--reapply-from")
      let known = standing.head?.version ?? 0
      guard version == known, let last = standing.history.last else {
        throw Problem(
          .usage,
          "the ledger \(known == 0 ? "knows of no version" : "ends at \(Migration.label(known))"), not at \(Migration.label(version))",
          hint: "pass --reapply-from \(known)"
        )
      }
      let lost = project.migrations.filter { $0.version > known && $0.version <= last.version }
      guard let base = try baseState(standing, known), lost.count == last.version - known else {
        throw Problem(
          .worldChanged,
          "the state branch does not have version \(Migration.label(known)), or this checkout not all that follow it",
          hint: "check out what is applied; \"repair --accept\" trusts the branch instead"
        )
      }
      return try await reapply(lost, on: base, standing, lock)
    }
  }

  /// The state that the ledger's head recorded, else the newest of its version.
  private func baseState(_ standing: Standing, _ known: Int) throws -> RecordedState? {
    if let tree = standing.head?.tree, let exact = try target.tracker.lostState(withTree: tree) {
      return exact
    }
    return try standing.recorded.at(version: known)
  }

  private func reapply(
    _ lost: [Migration],
    on base: RecordedState,
    _ standing: Standing,
    _ lock: RunLock
  ) async throws -> [Int] {
    let context = try await context(base, lock)
    let end = lost[lost.count - 1]
    var record = RunRecord(runID: identity.runID, version: end.version, checksum: RunRecord.reapply)
    if let run = standing.run, run.checksum == RunRecord.reapply { record.steps = run.steps }
    let journal = RunJournal(record, in: target.ledger, entryVersion: standing.runEntryVersion)
    var fold = try fold(upTo: lost[0].version - 1)
    for migration in lost {
      context.report(
        .versionStarted(label: migration.label, name: migration.name, tasks: migration.tasks.count)
      )
      var mounts = try target.mounts(declaredBy: fold)
      var after = fold
      try after.apply(migration, environment: target.environment.name)
      mounts.insert(contentsOf: after.mounts)
      let preflight = Preflight(context, mounts: mounts)
      try preflight.checkCapabilities(target.tasks(of: [migration]))
      let run = VersionRun(migration, on: fold, context, journal: journal, mounts: mounts)
      do {
        let outcomes = try await run.execute()
        try await journal.record([:])
        let readBack = ReadBack(context: context, mounts: mounts, reader: run.reader)
        context.layers.apply(try readBack.change(for: migration, keeping: outcomes.kept))
      } catch {
        target.client.ignoreCancellation()
        try? await journal.record([:])
        throw run.explaining(error)
      }
      fold = after
    }
    var change = try difference(from: StateLayers(standing.recorded), to: context.layers)
    change.summary = "apply \(lost[0].label) to \(end.label) again after a restore"
    change.trailers = [Trailer(key: "Reapplied", value: lost.map(\.label).joined(separator: ", "))]
    var recorder = recorder(standing)
    try await recorder.recordAside(change, at: (end.version, end.checksum), journal, lock)
    return lost.map(\.version)
  }

  /// What a commit on one state must change to say another.
  private func difference(from old: StateLayers, to new: StateLayers) throws -> StateChange {
    var change = StateChange(summary: "")
    for path in Set(old.sent.keys).union(new.sent.keys) where old.sent[path] != new.sent[path] {
      change.sent[path] = .some(new.sent[path])
    }
    for path in Set(old.observed.keys).union(new.observed.keys) where old.observed[path] != new.observed[path]
    {
      change.observed[path] = .some(new.observed[path])
    }
    for path in Set(old.kept.keys).union(new.kept.keys) where old.kept[path] != new.kept[path] {
      change.kept[path] = .some(new.kept[path])
    }
    return change
  }
}
