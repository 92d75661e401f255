import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// Writes again what a changed variable or secret, or an object that was made again, makes different from what was sent.
///
/// The same rules hold as for a version, and the record is a commit without version or tag.
struct RefreshStep {
  let context: RunContext
  /// What is declared and applied.
  let fold: Fold
  /// The run that ended before it was recorded, if there is one.
  let interrupted: RunRecord?

  /// Refreshes what is due, and records it.
  ///
  /// - Returns: The paths that were written again.
  func apply(recording recorder: inout StateRecorder, as identity: RunIdentity) async throws -> [VaultPath] {
    let target = context.target
    let due = try target.refreshes(of: fold, context.layers, context.fingerprints).map(\.path)
    // What somebody else changed is written again where the user asks for it, also without a migration.
    let reverted = context.options.revert.filter { fold.resources[$0] != nil }
    let paths = Set(due).union(reverted).sorted()
    guard !paths.isEmpty else { return [] }
    let mounts = try target.mounts(declaredBy: fold)
    let migration = migration(paths, recorder.version, mounts)
    try Preflight(context, mounts: mounts).checkCapabilities(migration.tasks)
    let journal = RunJournal(
      record(of: migration, as: identity),
      in: target.ledger,
      entryVersion: recorder.runEntryVersion
    )
    do {
      let run = VersionRun(migration, on: fold, context, journal: journal, mounts: mounts)
      let outcomes = try run.execute()
      let isUnchanged = outcomes.allSatisfy { $0.outcome == RunRecord.Progress.adopted.rawValue }
      if due.isEmpty, isUnchanged { return [] }
      let change = try ReadBack(context: context, mounts: mounts, reader: run.reader).change(for: migration)
      try await recorder.recordRefresh(change, paths: paths, journal, context.lock)
      context.layers.apply(change)
    } catch {
      target.client.ignoreCancellation()
      throw error
    }
    for path in paths { context.report(.refreshed(path: path)) }
    return paths
  }

  /// The tasks that write these paths once more.
  private func migration(_ paths: [VaultPath], _ version: Int, _ mounts: MountTable) -> Migration {
    let tasks = paths.compactMap { path in
      fold.resources[path].map {
        Task(path: path, action: .write($0), was: .value($0), manage: fold.manages[path])
      }
    }
    let order = TaskOrder(catalogue: context.target.catalogue, mounts: mounts)
    return Migration(version: version, name: "refresh", parent: nil, tasks: order.sorted(tasks))
  }

  /// After an interrupted refresh any of the paths may hold the new value already.
  private func record(of migration: Migration, as identity: RunIdentity) -> RunRecord {
    var record = RunRecord(runID: identity.runID, version: migration.version, checksum: RunRecord.refresh)
    guard let interrupted, interrupted.isRefresh else { return record }
    for task in migration.tasks {
      record.steps[task.path] = RunRecord.Step(
        progress: .intended,
        before: context.layers.observed[task.path]
      )
    }
    return record
  }
}

extension Target {
  /// What a changed variable or secret, or an object that was made again, makes different from what was sent.
  ///
  /// What refers to an object that is not there cannot be refreshed, and waits until it is.
  func refreshes(of fold: Fold, _ layers: StateLayers, _ fingerprints: Fingerprints) throws -> [Change] {
    let resolved = try fingerprinted(fold.resources, try mounts(declaredBy: fold), fingerprints)
    return Planner.refreshes(applied: resolved, sent: layers.sent)
  }

  /// Declared values, resolved, as they are recorded under `sent/`.
  private func fingerprinted(
    _ declared: [VaultPath: Value],
    _ mounts: MountTable,
    _ fingerprints: Fingerprints
  ) throws -> [VaultPath: Value] {
    var values: [VaultPath: Value] = [:]
    var objects: [VaultPath: Set<GivenObject>] = [:]
    for (path, value) in declared { objects[path] = value.givenObjects(in: path.namespace) }
    let given = try GivenValues(
      of: objects.values.reduce(into: []) { $0.formUnion($1) },
      from: self,
      mounts: mounts
    )
    for (path, value) in declared where objects[path]?.allSatisfy(given.contains) ?? true {
      let resolved = try resolver.resolve(value, path: path.description, lookUp: given.lookUp(for: path))
      values[path] = fingerprints.replacingSecrets(
        in: resolved,
        at: path,
        catalogue.endpoint(for: path, mounts: mounts)
      )
    }
    return values
  }
}
