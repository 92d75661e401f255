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

  /// The paths that were written again.
  struct Written {
    var refreshed: [VaultPath] = []
    var reverted: [VaultPath] = []

    var isEmpty: Bool { refreshed.isEmpty && reverted.isEmpty }
  }

  /// Refreshes what is due, and records it.
  func apply(recording recorder: inout StateRecorder, as identity: RunIdentity) async throws -> Written {
    let target = context.target
    let isWanted = context.options.refreshes || !target.environment.refreshesByHand
    let due =
      context.options.onlyReverts || !isWanted
      ? [] : try target.refreshes(of: fold, context.layers, context.fingerprints).map(\.path)
    // What somebody else changed is written again where the user asks for it, also without a migration.
    let reverted = context.options.revert.filter { fold.resources[$0] != nil }
    let paths = Set(due).union(reverted).sorted()
    let told = try target.told(fold, context.layers, context.fingerprints).filter { !paths.contains($0.key) }
    guard !paths.isEmpty else {
      if !told.isEmpty, !context.options.onlyReverts { try await record(told, with: &recorder, as: identity) }
      return Written()
    }
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
      let outcomes = try await run.execute()
      let isUnchanged = outcomes.allSatisfy { $0.outcome == RunRecord.Progress.adopted.rawValue }
      if due.isEmpty, isUnchanged { return Written() }
      var change = try ReadBack(context: context, mounts: mounts, reader: run.reader).change(for: migration)
      for (path, value) in told { change.sent[path] = value }
      keepLost(run.lost, in: &change)
      noteActions(in: outcomes)
      try await recorder.recordRefresh(change, due, reverted.sorted(), journal, context.lock)
      context.layers.apply(change)
    } catch {
      target.client.ignoreCancellation()
      throw error
    }
    let refreshed = due.filter { !reverted.contains($0) }
    for path in refreshed { context.report(.refreshed(path: path)) }
    for path in reverted.sorted() { context.report(.reverted(path: path)) }
    return Written(refreshed: refreshed, reverted: reverted.sorted())
  }

  /// A mount that is made anew is empty: what was done in it once is not done again.
  private func noteActions(in outcomes: [HistoryRecord.Outcome]) {
    for outcome in outcomes where outcome.action == Change.Action.create.rawValue {
      let inside = fold.actions.keys.filter { outcome.path.contains($0) }.sorted()
      guard !inside.isEmpty else { continue }
      let listed = inside.map(\.description).joined(separator: ", ")
      context.report(
        .notice("is made anew; what ran in it does not run again: \(listed)", path: outcome.path)
      )
    }
  }

  /// A change that could not be put back stays known as one.
  private func keepLost(_ lost: [VaultPath: [String]], in change: inout StateChange) {
    for (path, fields) in lost {
      change.observed[path] = context.layers.observed[path].map(Optional.some)
      for field in fields {
        context.report(.notice("\(field) is still changed: nothing is known that puts it back", path: path))
      }
    }
  }

  /// Notes what variables stand for that were not set when a baseline took the server as it was; nothing is sent.
  private func record(
    _ told: [VaultPath: Value],
    with recorder: inout StateRecorder,
    as identity: RunIdentity
  ) async throws {
    let run = RunRecord(runID: identity.runID, version: recorder.version, checksum: RunRecord.refresh)
    let journal = RunJournal(run, in: context.target.ledger, entryVersion: recorder.runEntryVersion)
    try await journal.record([:])
    var change = StateChange(summary: "")
    for (path, value) in told { change.sent[path] = value }
    try await recorder.recordRefresh(change, told.keys.sorted(), [], journal, context.lock)
    context.layers.apply(change)
    for path in told.keys.sorted() {
      context.report(.notice("its variables are set now; what they stand for was not sent", path: path))
    }
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
      record.steps[task.path]?.isRevert = context.options.revert.contains(task.path)
    }
    return record
  }
}

extension Target {
  /// What a changed variable or secret, or an object that was made again, makes different from what was sent.
  ///
  /// What refers to an object that is not there cannot be refreshed, and waits until it is.
  func refreshes(of fold: Fold, _ layers: StateLayers, _ fingerprints: Fingerprints) throws -> [Change] {
    let mounts = try mounts(declaredBy: fold)
    let resolved = try fingerprinted(fold.resources, mounts, layers.sent, fingerprints, fold.manages)
    let kept = layers.kept
    return Planner.refreshes(applied: resolved.filter { kept[$0.key] == nil }, sent: layers.sent)
  }

  /// Declared values, resolved, as they are recorded under `sent/`.
  func fingerprinted(
    _ declared: [VaultPath: Value],
    _ mounts: MountTable,
    _ sent: [VaultPath: Value],
    _ fingerprints: Fingerprints,
    _ manages: [VaultPath: Manage]
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
      let endpoint = catalogue.endpoint(for: path, mounts: mounts)
      // What nobody had told when the server was taken as it was is no change, unless it turns out to be another secret.
      let untold = sent[path].map(Fingerprints.untoldLeaves) ?? [:]
      var told = untold.isEmpty ? value : value.mapLeaves { untold[$1] == nil || isSet($0) ? $0 : "" }
      told = manages[path]?.withoutServers(told) ?? told
      let resolved = try resolver.resolve(told, path: path.description, lookUp: given.lookUp(for: path))
      values[path] = fingerprints.replacingSecrets(in: resolved, at: path, endpoint).mapLeaves { leaf, keys in
        guard let mark = untold[keys] else { return leaf }
        let isOther = mark != .string(Fingerprints.untold) && mark != Fingerprints.untold(knownAs: leaf)
        return isOther && !leaf.isEmpty ? leaf : mark
      }
    }
    return values
  }

  private func isSet(_ leaf: Value) -> Bool { unsetVariables(in: leaf).isEmpty }

  /// What is to be recorded as sent from now on, because variables are set that were not when a baseline was recorded.
  func told(
    _ fold: Fold,
    _ layers: StateLayers,
    _ fingerprints: Fingerprints
  ) throws -> [VaultPath: Value] {
    let open = layers.sent.mapValues(Fingerprints.untoldLeaves).filter { !$0.value.isEmpty }
    if open.isEmpty { return [:] }
    let mounts = try mounts(declaredBy: fold)
    var told: [VaultPath: Value] = [:]
    for (path, places) in open {
      guard let declared = fold.resources[path], let sent = layers.sent[path] else { continue }
      let endpoint = catalogue.endpoint(for: path, mounts: mounts)
      let parts = declared.mapLeaves { places[$1] == nil || !isSet($0) ? "" : $0 }
      let resolved = try resolver.resolve(parts, path: path.description, lookUp: Resolver.placeholder)
      let now = fingerprints.replacingSecrets(in: resolved, at: path, endpoint)
      let value = sent.mapLeaves { leaf, keys in
        guard places[keys] != nil, let told = now.member(at: keys), !told.isEmpty else { return leaf }
        return told
      }
      if value != sent { told[path] = value }
    }
    return told
  }
}
