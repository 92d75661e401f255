import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// One pending version, from its checks to its record.
struct VersionStep {
  let context: RunContext
  /// What is declared before it.
  let fold: Fold
  let migration: Migration
  /// The run that ended before its version was recorded, if there is one.
  let interrupted: RunRecord?

  /// Applies the version, and records it.
  func apply(
    recording recorder: inout StateRecorder,
    as identity: RunIdentity,
    endsHold: Bool = false
  ) async throws -> RunReport.Version {
    let target = context.target
    let mounts = try knownMounts()
    let tasks = migration.tasks.filter { $0.scope.includes(target.environment.name) }
    let preflight = Preflight(context, mounts: mounts)
    try preflight.checkApprovals(migration)
    try preflight.checkCapabilities(tasks)
    context.report(.versionStarted(label: migration.label, name: migration.name, tasks: tasks.count))
    let journal = RunJournal(
      record(as: identity),
      in: target.ledger,
      entryVersion: recorder.runEntryVersion,
      isCorrection: resumed.map { $0.checksum != migration.checksum } ?? false
    )
    let run = VersionRun(migration, on: fold, context, journal: journal, mounts: mounts)
    do {
      let readBack = ReadBack(context: context, mounts: mounts, reader: run.reader)
      let neighbours = try readBack.neighbours(
        of: migration,
        holders: holdersOfDeleted,
        isResumed: interrupted?.version == migration.version
      )
      let outcomes = try await run.execute()
      // From here on the ledger knows that everything was sent.
      try await journal.record([:])
      let change = try readBack.change(for: migration, neighbours: neighbours, keeping: outcomes.kept)
      let version = try await recorder.record(
        migration,
        change,
        outcomes,
        journal,
        context.lock,
        endsHold: endsHold
      )
      context.layers.apply(change)
      context.report(.versionApplied(label: migration.label, tag: version.tag))
      return version
    } catch {
      // The steps that were finished since the last record are worth knowing; without any, no run is in progress.
      target.client.ignoreCancellation()
      if !journal.run.steps.isEmpty { try? await journal.record([:]) }
      throw run.explaining(error)
    }
  }

  /// The recorded paths that refer to objects which it deletes: servers take the ids out of them.
  private var holdersOfDeleted: Set<VaultPath> {
    let deleted = migration.tasks.filter {
      $0.action == .delete && $0.scope.includes(context.target.environment.name)
    }.map(\.path)
    guard !deleted.isEmpty else { return [] }
    let holders = fold.resources.filter { path, value in
      value.givenObjects(in: path.namespace).contains { object in
        deleted.contains { $0 == object.path || $0.contains(object.path) }
      }
    }.keys
    return Set(holders.filter { context.layers.observed[$0] != nil })
  }

  /// The mounts before and after it: a deletion still needs the types of those that it takes away.
  private func knownMounts() throws -> MountTable {
    var after = fold
    try after.apply(migration, environment: context.target.environment.name)
    var mounts = try context.target.mounts(declaredBy: fold)
    mounts.insert(contentsOf: after.mounts)
    return mounts
  }

  /// The interrupted run of this version, also when its migration was replaced by this one since.
  private var resumed: RunRecord? {
    interrupted.flatMap { $0.version == migration.version && $0.resumes ? $0 : nil }
  }

  /// Goes on from where the interrupted run ended: what it wrote is ours, and what it ran is not run again.
  private func record(as identity: RunIdentity) -> RunRecord {
    var record = RunRecord(
      runID: identity.runID,
      version: migration.version,
      checksum: migration.checksum
    )
    record.steps = resumed?.steps ?? [:]
    return record
  }
}

extension [HistoryRecord.Outcome] {
  /// The paths that were left as somebody else made them.
  var kept: Set<VaultPath> {
    Set(filter { $0.outcome == RunRecord.Progress.kept.rawValue }.map(\.path))
  }
}
