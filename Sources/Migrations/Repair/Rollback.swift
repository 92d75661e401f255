import Catalogue
import Configuration
import FoundationEssentials
import Git
import StateTracker
import Values

/// What a rollback would do, or did.
package struct RollbackReport {
  package let from: Int
  package let to: Int
  package let undo: Undo
}

extension Runner {
  /// What going back to a version means here, without doing it.
  package func rollbackPlan(to version: Int?) async throws -> RollbackReport {
    let standing = try await target.examine(project, acceptsServer: options.acceptsServer)
    return try rollbackPlan(standing, to: version)
  }

  private func rollbackPlan(_ standing: Standing, to version: Int?) throws -> RollbackReport {
    try standing.requireAgreement()
    guard standing.run == nil || standing.run?.checksum == RunRecord.rollback else {
      throw Problem(
        .worldChanged,
        "a run of \(target.environment.name) was interrupted: it cannot be rolled back before that is settled",
        hint: "\"repair\" shows the ways out"
      )
    }
    let from = standing.hold?.to ?? standing.version
    // A checkpoint did nothing that could be taken back: the version before it is meant.
    let newest = project.migrations.last { $0.version <= from && !$0.isCheckpoint }?.version ?? from
    let to = version ?? newest - 1
    guard to >= 0, to < from else {
      throw Problem(
        .usage,
        from == 0
          ? "nothing is applied to \(target.environment.name)"
          : "\(target.environment.name) is at \(Migration.label(from)): there is no way back to \(Migration.label(to))",
        hint: from == 0 ? nil : "pass --to with a version below \(Migration.label(from))"
      )
    }
    guard project.migrations.contains(where: { $0.version == standing.version }) else {
      throw Problem(
        .worldChanged,
        "this checkout is older than what is applied to \(target.environment.name)",
        hint: "check out the commit that has \(Migration.label(standing.version))"
      )
    }
    let history = try standing.recorded.history().filter { $0.version <= from }
    let name = target.environment.name
    let undone = project.migrations.filter { $0.version > to && $0.version <= from }
    guard !undone.allSatisfy(\.isCheckpoint) else {
      throw Problem(
        .usage,
        "\(Migration.label(from)) is a checkpoint, which changed nothing: there is nothing to take back",
        hint: "pass --to with a version below \(Migration.label(newest)), or leave --to out"
      )
    }
    try Undo.refuseMoves(undone, environment: name)
    var undo = Undo(from: try fold(upTo: from), to: try fold(upTo: to), catalogue: target.catalogue) {
      history.before($0, after: to)
    }
    undo.note(onceTasksOf: undone, environment: name)
    return RollbackReport(from: from, to: to, undo: undo)
  }

  /// Takes versions back at once, and holds the environment there until migrations say the same.
  package func rollBackNow(to version: Int?, acceptsLosses: Bool) async throws -> RollbackReport {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      let plan = try rollbackPlan(standing, to: version)
      if target.environment.isProtected, !acceptsLosses { try requireNoLosses(plan.undo) }
      let hold = Hold(
        from: standing.version,
        to: plan.to,
        since: Date().formatted(.iso8601),
        by: identity.appliedBy
      )
      let (from, to) = (Migration.label(plan.from), Migration.label(plan.to))
      var change = try await perform(
        plan.undo,
        on: fold(upTo: plan.from),
        standing,
        lock,
        name: "rollback-to-\(to)"
      )
      change.change.hold = .some(hold)
      change.change.schema = nil
      change.change.summary = "roll back \(from) to \(to)"
      change.change.trailers = [Trailer(key: "Rollback", value: "\(from) to \(to)")]
      try await record(change, standing, lock)
      return plan
    }
  }

  /// Ends a hold by applying again what was rolled back.
  package func release() async throws -> RollbackReport {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      try standing.requireAgreement()
      guard let hold = standing.hold else {
        throw Problem(
          .usage,
          "\(target.environment.name) is not held",
          hint: "only what \"rollback --now\" took back can be released"
        )
      }
      let (from, to) = (try fold(upTo: hold.to), try fold(upTo: hold.from))
      let undo = Undo(from: from, to: to, runsActions: true, catalogue: target.catalogue) { _ in .nothing }
      let (held, label) = (Migration.label(hold.to), Migration.label(hold.from))
      var change = try await perform(undo, on: from, standing, lock, name: "release")
      change.change.hold = .some(nil)
      change.change.summary = "release: \(held) to \(label) again"
      change.change.trailers = [Trailer(key: "Release", value: "\(held) to \(label)")]
      try await record(change, standing, lock)
      return RollbackReport(from: hold.to, to: hold.from, undo: undo)
    }
  }

  /// Destroying data for good needs a word of its own where the environment is protected.
  private func requireNoLosses(_ undo: Undo) throws(Problem) {
    let mounts = MountTable(
      declaredBy: undo.tasks.compactMap { task in
        if case .value(let value)? = task.was { (task.path, value) } else { nil }
      }
    )
    for task in undo.tasks {
      guard let losses = task.losses(target.catalogue, mounts) else { continue }
      throw Problem(
        .usage,
        "the rollback destroys \(losses.text) at \(task.path), and \(target.environment.name) is protected",
        path: task.path.description,
        hint: "pass --yes if that is meant; nothing was written"
      )
    }
  }

  private func perform(
    _ undo: Undo,
    on fold: Fold,
    _ standing: Standing,
    _ lock: RunLock,
    name: String
  ) async throws -> (change: StateChange, journal: RunJournal) {
    let context = try await context(standing.recorded, lock)
    var record = RunRecord(runID: identity.runID, version: standing.version, checksum: RunRecord.rollback)
    if let run = standing.run, run.checksum == RunRecord.rollback { record.steps = run.steps }
    let journal = RunJournal(
      record,
      in: target.ledger,
      entryVersion: standing.runEntryVersion,
      isCorrection: true
    )
    // Known before the first write, so that nothing else is applied if this is interrupted.
    try await journal.record([:])
    let step = UndoStep(context: context, undo: undo, fold: fold, version: standing.version, name: name)
    do {
      return (try await step.perform(journal), journal)
    } catch {
      // Nothing was intended: there is nothing to finish.
      if journal.run.steps.isEmpty { try? await journal.clear() }
      throw error
    }
  }

  private func record(
    _ done: (change: StateChange, journal: RunJournal),
    _ standing: Standing,
    _ lock: RunLock
  ) async throws {
    guard let last = standing.history.last else { return }
    var recorder = recorder(standing)
    try await recorder.recordAside(done.change, at: (last.version, last.checksum), done.journal, lock)
  }
}
