import Catalogue
import Configuration
import FoundationEssentials
import Git
import StateTracker
import Values

/// What is wrong with an environment's records, as `repair` shows it.
package struct Diagnosis {
  package let standing: Standing
  /// Of an interrupted run, if there is one.
  package let survey: Survey?
  /// Versions whose tag is missing, or names another commit than the branch's.
  package let wrongTags: [Int]

  package var isSound: Bool {
    standing.disagreement == nil && standing.run == nil && standing.hold == nil && wrongTags.isEmpty
  }
}

extension Runner {
  /// Looks at everything that a repair could be for; nothing is written.
  package func diagnose() async throws -> Diagnosis {
    let standing = try await target.examine(project, acceptsServer: options.acceptsServer)
    var survey: Survey?
    if let run = standing.run, run.resumes, standing.version < run.version,
      let migration = project.migrations.first(where: { $0.version == run.version })
    {
      survey = try target.survey(run, of: migration, in: project, StateLayers(standing.recorded))
    }
    return Diagnosis(standing: standing, survey: survey, wrongTags: try wrongTags(standing))
  }

  private func wrongTags(_ standing: Standing) throws -> [Int] {
    let tagged = try target.tracker.taggedCommits()
    return try standing.history.map(\.version).filter { version in
      guard let named = tagged[version] else { return true }
      // A tag that was never fetched cannot be judged.
      guard let named else { return false }
      return try standing.recorded.commit(recording: version)?.id != named
    }
  }

  // MARK: - Interrupted runs

  /// Takes an interrupted version back, as far as its journal knows what was there before.
  package func undoInterrupted() async throws {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      let (run, migration) = try interrupted(standing)
      try Undo.refuseMoves([migration], environment: target.environment.name)
      let context = try await context(standing.recorded, lock)
      try context.settle(run)
      let to = try fold(upTo: migration.version - 1)
      var from = to
      try from.apply(migration, environment: target.environment.name)
      var record = RunRecord(runID: identity.runID, version: run.version, checksum: RunRecord.undo)
      record.steps = run.steps
      // What lay in a mount that was taken away comes back with it.
      for path in run.steps.keys where from.resources[path] == nil {
        for inside in to.content(of: path).keys where record.steps[inside] == nil {
          record.steps[inside] = RunRecord.Step(progress: .intended, before: context.layers.observed[inside])
        }
      }
      let undo = Undo(from: from, to: to, paths: Set(record.steps.keys), catalogue: target.catalogue) {
        path in
        record.steps[path]?.before.map(Undo.Before.there) ?? .nothing
      }
      let journal = RunJournal(
        record,
        in: target.ledger,
        entryVersion: standing.runEntryVersion,
        isCorrection: true
      )
      let step = UndoStep(
        context: context,
        undo: undo,
        fold: from,
        version: run.version,
        name: "undo-\(migration.name)"
      )
      var change = try await step.perform(journal)
      change.summary = "undo interrupted \(migration.label) \(migration.name)"
      change.trailers = [Trailer(key: "Undo", value: "\(migration.label)-\(migration.name)")]
      guard let last = standing.history.last else { return try await journal.clear() }
      var recorder = recorder(standing)
      try await recorder.recordAside(change, at: (last.version, last.checksum), journal, lock)
    }
  }

  /// Records an interrupted version as applied, with what is there: tasks that were not done are kept as they are.
  package func recordInterrupted() async throws -> RunReport.Version {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      let (run, migration) = try interrupted(standing)
      let context = try await context(standing.recorded, lock)
      try context.settle(run)
      let survey = try target.survey(run, of: migration, in: project, context.layers)
      let fold = try fold(upTo: migration.version - 1)
      var after = fold
      try after.apply(migration, environment: target.environment.name)
      var mounts = try target.mounts(declaredBy: fold)
      mounts.insert(contentsOf: after.mounts)
      let outcomes = survey.entries.map { entry in
        HistoryRecord.Outcome(
          path: entry.path,
          action: entry.action.rawValue,
          outcome: (entry.finding == .done ? RunRecord.Progress.done : .kept).rawValue,
          before: run.steps[entry.path]?.before
        )
      }
      let reader = target.reader(for: after.resources)
      let change = try ReadBack(context: context, mounts: mounts, reader: reader)
        .change(for: migration, keeping: outcomes.kept)
      let journal = RunJournal(run, in: target.ledger, entryVersion: standing.runEntryVersion)
      var recorder = recorder(standing)
      return try await recorder.record(migration, change, outcomes, journal, lock)
    }
  }

  private func interrupted(_ standing: Standing) throws -> (run: RunRecord, migration: Migration) {
    try standing.requireAgreement()
    guard let run = standing.run, run.resumes, run.version > standing.version else {
      throw Problem(
        .usage,
        "no interrupted version is left open in \(target.environment.name)",
        hint: standing.run == nil
          ? "\"repair\" shows what is wrong, if anything is"
          : "what the interrupted run did is recorded, or was no version: \"repair --finish\" finishes it"
      )
    }
    guard let migration = project.migrations.first(where: { $0.version == run.version }) else {
      throw Problem(
        .worldChanged,
        "the interrupted version \(Migration.label(run.version)) is not in this checkout",
        hint: "check out the commit that has it"
      )
    }
    return (run, migration)
  }

  func recorder(_ standing: Standing) -> StateRecorder {
    StateRecorder(target: target, project: project, identity: identity, standing: standing)
  }

  // MARK: - Branch and ledger

  /// Believes the branch: the ledger is told what the branch says, and nothing else is written.
  package func acceptBranch() async throws {
    try await locked(acceptsServer: true) { standing, lock in
      try requireCause(standing, [.branchAhead, .otherState, .ledgerAhead], "--accept")
      guard let last = standing.history.last, let commit = standing.recorded.commit else {
        throw Problem(
          .usage,
          "the state branch records no version that could be accepted",
          hint: "\"repair --rebuild\" makes it anew from the ledger and the server"
        )
      }
      try await lock.hold()
      let head = Head(version: last.version, checksum: last.checksum, tree: commit.tree.description)
      _ = try await target.ledger.move(head, replacing: standing.headEntryVersion)
      if let run = standing.run {
        try await RunJournal(run, in: target.ledger, entryVersion: standing.runEntryVersion).clear()
      }
    }
  }

  /// How a state branch came back.
  package enum Rebuilt: Sendable, Hashable {
    /// This commit was still there.
    case found(commit: String)
    /// Nothing was: it was read from the server.
    case fromServer
  }

  /// Believes the ledger: the branch gets the commit that the ledger names, or one that says what the server has.
  package func rebuildBranch() async throws -> Rebuilt {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      try requireCause(standing, [.ledgerAhead, .otherState], "--rebuild")
      guard let head = standing.head else {
        throw Problem(.usage, "the ledger records no version", hint: "\"repair\" shows what is wrong")
      }
      if let lost = try target.tracker.lostState(withTree: head.tree), let commit = lost.commit {
        try await lock.hold()
        try await target.tracker.restore(lost, over: standing.recorded)
        return .found(commit: commit.id.description)
      }
      guard let migration = project.migrations.first(where: { $0.version == head.version }),
        migration.checksum == head.checksum
      else {
        throw Problem(
          .worldChanged,
          "the ledger's version \(Migration.label(head.version)) is not in this checkout, so that its state cannot be rebuilt",
          hint: "check out the commit that has it"
        )
      }
      let context = try await context(standing.recorded, lock)
      var change = try stateFromServer(context, version: head.version)
      change.earlierRecords = rebuiltHistory(standing, upTo: head.version)
      change.summary = "rebuild the state of \(migration.label) from the server"
      change.trailers = [Trailer(key: "Rebuilt", value: migration.label)]
      let journal = RunJournal(
        RunRecord(runID: identity.runID, version: head.version, checksum: RunRecord.reapply),
        in: target.ledger,
        entryVersion: standing.runEntryVersion
      )
      var recorder = recorder(standing)
      try await recorder.recordAside(change, at: (head.version, head.checksum), journal, lock)
      return .fromServer
    }
  }

  private func stateFromServer(_ context: RunContext, version: Int) throws -> StateChange {
    let fold = try fold(upTo: version)
    let tasks = fold.resources.sorted { $0.key < $1.key }.map { Task(path: $0.key, action: .write($0.value)) }
    let all = Migration(version: version, name: "rebuild", parent: nil, tasks: tasks)
    let readBack = ReadBack(
      context: context,
      mounts: try target.mounts(declaredBy: fold),
      reader: target.reader(for: fold.resources)
    )
    var change = try readBack.change(for: all)
    for path in Set(context.layers.sent.keys).union(context.layers.observed.keys)
    where fold.resources[path] == nil {
      change.sent[path] = .some(nil)
      change.observed[path] = .some(nil)
    }
    change.schema = Dictionary(project.schemaFiles.map { ($0.name, $0.bytes) }, uniquingKeysWith: { $1 })
    return change
  }

  private func rebuiltHistory(_ standing: Standing, upTo version: Int) -> [HistoryRecord] {
    let known = Set(standing.history.map(\.version))
    return project.migrations.filter { $0.version <= version && !known.contains($0.version) }.map {
      migration in
      HistoryRecord(
        version: migration.version,
        name: migration.name,
        checksum: migration.checksum,
        appliedAt: Date().formatted(.iso8601),
        appliedBy: "rebuilt by \(identity.appliedBy)",
        runID: identity.runID,
        sourceCommit: identity.sourceCommit,
        server: target.server,
        tasks: []
      )
    }
  }

  func requireCause(_ standing: Standing, _ causes: Set<Disagreement.Cause>, _ flag: String) throws {
    guard let found = standing.disagreement, causes.contains(found.cause) else {
      throw Problem(
        .usage,
        "\(flag) is not for this: \(standing.disagreement?.problem.message ?? "branch and ledger agree")",
        hint: standing.disagreement?.problem.hint ?? "\"repair\" shows what is wrong, if anything is"
      )
    }
  }

  // MARK: - Tags

  /// Makes the tags of the branch's versions anew where they are missing or name another commit.
  package func repairTags() async throws -> [String] {
    try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      let commits = try wrongTags(standing).compactMap { version in
        try standing.recorded.commit(recording: version).map { (label: Migration.label(version), commit: $0) }
      }
      guard !commits.isEmpty else { return [] }
      try await lock.hold()
      try await target.tracker.retag(commits)
      return commits.map { target.tracker.tagName($0.label) }
    }
  }
}
