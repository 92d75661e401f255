import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// Carries out an ``Undo`` on the server, with the same looks and the same journal as a version.
struct UndoStep {
  let context: RunContext
  let undo: Undo
  /// What is declared before it.
  let fold: Fold
  let version: Int
  let name: String

  /// Does every task; what is recorded afterwards is returned, and not written yet.
  func perform(_ journal: RunJournal) async throws -> StateChange {
    for notice in undo.notices { context.report(.notice(notice.text, path: notice.path)) }
    let migration = undo.migration(version: version, name: name)
    var mounts = try context.target.mounts(declaredBy: fold)
    mounts.insert(contentsOf: MountTable(declaredBy: migration.writes.map { ($0.key, $0.value) }))
    try Preflight(context, mounts: mounts).checkCapabilities(migration.tasks)
    context.report(.versionStarted(label: migration.label, name: name, tasks: migration.tasks.count))
    let run = VersionRun(migration, on: fold, context, journal: journal, mounts: mounts)
    do {
      let readBack = ReadBack(context: context, mounts: mounts, reader: run.reader)
      let neighbours = try readBack.neighbours(
        of: migration,
        holders: [],
        isResumed: !journal.run.steps.isEmpty
      )
      let outcomes = try await run.execute()
      try await journal.record([:])
      var change = try readBack.change(for: migration, neighbours: neighbours, keeping: outcomes.kept)
      for (path, value) in undo.declared
      where migration.writes[path] != value && !outcomes.kept.contains(path) {
        change.sent[path] = try readBack.recorded(value, at: path, of: migration)
      }
      for path in undo.abandoned {
        change.sent[path] = .some(nil)
        change.observed[path] = .some(nil)
        change.kept[path] = .some(nil)
      }
      return change
    } catch {
      context.target.client.ignoreCancellation()
      if !journal.run.steps.isEmpty { try? await journal.record([:]) }
      throw run.explaining(error)
    }
  }
}
