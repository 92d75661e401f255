import Catalogue
import Configuration
import Git
package import Logging
import StateTracker
import Values
import VaultClient

/// Brings an environment to the newest version: pending migrations in order, then refreshes; each recorded on the state
/// branch, tagged, and known to the ledger (DESIGN section 6).
package final class Runner {
  let target: Target
  let project: Project
  let identity: RunIdentity
  let options: RunOptions
  let logger: Logger
  let cancelled: () -> Bool
  let report: (RunEvent) -> Void

  /// Prepares a run; nothing is asked or written yet.
  ///
  /// `cancelled` is asked between requests: a run that is cancelled stops cleanly and can go on later. `report` is told
  /// what happens, for progress.
  package init(
    target: Target,
    project: Project,
    identity: RunIdentity,
    options: RunOptions = RunOptions(),
    logger: Logger,
    cancelled: @escaping () -> Bool = { false },
    report: @escaping (RunEvent) -> Void = { _ in }
  ) {
    self.target = target
    self.project = project
    self.identity = identity
    self.options = options
    self.cancelled = cancelled
    let log = RunLog(logger, identity, environment: target.environment.name)
    self.logger = log.logger
    target.client.observe(log.note)
    self.report = { event in
      report(event)
      log.note(event)
    }
  }

  /// Applies everything that is pending.
  ///
  /// - Returns: What was done.
  /// - Throws: ``Problem``, ``VaultError`` or ``GitError``; what was done is recorded, and the next run goes on from there.
  package func run() async throws -> RunReport {
    var result = RunReport(environment: target.environment.name)
    try checkOptions()
    let first = try await examine()
    if first.state == .behind {
      result.isBehind = true
      return result
    }
    try checkKept(first)
    _ = try first.requireReleasable(by: project, in: target.environment.name)
    try first.requireNoRollbackUnderWay()
    if options.onlyReverts {
      try checkNothingIsHalfDone(first)
    } else {
      // An unset variable, or a reference to nothing, stops the run before anything is written.
      try target.checkReferences(of: first.pending, in: project, after: first.run)
      try target.refuseOwnGround(first.pending, in: project)
    }
    guard try await hasWork(first) else { return result }
    try checkFields(of: first.pending)
    try await target.tracker.checkSigning()

    return try await locked(acceptsServer: options.acceptsServer) { standing, lock in
      try await self.run(standing, lock)
    }
  }

  private func run(_ found: Standing, _ lock: RunLock) async throws -> RunReport {
    var result = RunReport(environment: target.environment.name)
    // Somebody may have been faster before the lock was ours.
    target.forgetValues()
    var standing = found
    try standing.requireAgreement()
    if let run = standing.run, !run.isOutsideOfVersions, run.version == standing.version {
      try await finishRecord(of: run, standing, lock)
      standing = try await examine()
    }
    var options = options
    options.revert.formUnion(standing.run?.reverted ?? [])
    do {
      try await applyPending(standing, try await context(standing.recorded, lock, options), &result)
    } catch {
      throw error.afterApplying(result.applied)
    }
    return result
  }

  private func applyPending(
    _ standing: Standing,
    _ context: RunContext,
    _ result: inout RunReport
  ) async throws {
    var recorder = StateRecorder(target: target, project: project, identity: identity, standing: standing)
    var fold = try fold(upTo: standing.version)
    var claims = try RunClaims(of: standing, applied: fold, in: target)
    let inverse = try standing.requireReleasable(by: project, in: target.environment.name)
    if !options.onlyReverts, standing.pending.count > 1 {
      // What the last of several may not do stops the first, too.
      let all = try target.mounts(declaredBy: try self.fold(upTo: standing.pending.last?.version ?? 0))
      try Preflight(context, mounts: all).checkCapabilities(target.tasks(of: standing.pending))
    }
    for migration in standing.pending where !options.onlyReverts {
      let version = VersionStep(
        context: context,
        fold: fold,
        migration: migration,
        interrupted: standing.run
      )
      result.applied.append(
        try await version.apply(
          recording: &recorder,
          as: identity,
          endsHold: migration.version == inverse?.version
        )
      )
      try fold.apply(migration, environment: target.environment.name)
    }
    let refresh = RefreshStep(context: context, fold: fold, interrupted: standing.run)
    var written = try await refresh.apply(recording: &recorder, as: identity)
    if !written.reverted.isEmpty, !options.onlyReverts {
      // What was deleted has another id now: only here is it known who refers to it.
      target.forgetValues()
      var rest = context
      rest.options.revert = []
      let step = RefreshStep(context: rest, fold: fold, interrupted: nil)
      written.refreshed += try await step.apply(recording: &recorder, as: identity).refreshed
    }
    result.refreshed = written.refreshed
    result.reverted = written.reverted
    try claims.settle(fold)
    if standing.isOnOtherServer, standing.version > 0, result.applied.isEmpty, written.isEmpty {
      try await recorder.recordServer(context.lock)
    }
  }

  private func examine() async throws -> Standing {
    let standing = try await target.examine(project, acceptsServer: options.acceptsServer)
    try standing.requireAgreement()
    return standing
  }

  /// Whether anything is to be written; most runs of a pipeline have nothing to do, and take no lock.
  private func hasWork(_ standing: Standing) async throws -> Bool {
    if !standing.pending.isEmpty || standing.run != nil || !options.revert.isEmpty
      || standing.isOnOtherServer
    {
      return true
    }
    guard standing.version > 0, let key = try await target.ledger.storedKey() else { return false }
    let (fold, layers, fingerprints) = try (
      fold(upTo: standing.version), StateLayers(standing.recorded), Fingerprints(key: key)
    )
    let isRefreshing = options.refreshes || !target.environment.refreshesByHand
    return try isRefreshing && !target.refreshes(of: fold, layers, fingerprints).isEmpty
      || !target.told(fold, layers, fingerprints).isEmpty
  }

  func takeLock() async throws -> RunLock {
    try await target.takeLock(
      for: identity,
      ttl: project.settings.lockTTL,
      patience: options.lockPatience,
      cancelled: cancelled,
      report: report
    )
  }

  /// The state was published, although the run ended before the ledger knew: the record is finished, nothing is sent.
  private func finishRecord(of run: RunRecord, _ standing: Standing, _ lock: RunLock) async throws {
    guard let last = standing.history.last, let commit = standing.recorded.commit else { return }
    try await lock.hold()
    let head = Head(version: last.version, checksum: last.checksum, tree: commit.tree.description)
    _ = try await target.ledger.move(head, replacing: standing.headEntryVersion)
    try await RunJournal(run, in: target.ledger, entryVersion: standing.runEntryVersion).clear()
    logger.notice(
      "finished the record of \(Migration.label(last.version)), which an interrupted run had applied"
    )
  }

  /// A server answers a misspelt field with success: what it does not describe is told before anything is written.
  private func checkFields(of pending: [Migration]) throws(Problems) {
    let paths = Set(
      pending.flatMap(\.tasks).filter { $0.scope.includes(target.environment.name) }.map(\.path)
    )
    let found = target.fieldWarnings(about: project.schema, only: paths) { report(.notice($0, path: nil)) }
    try Problems.check(Problems.judged(found, strictly: options.isStrict))
    for warning in found { report(.warning(warning)) }
  }

  /// A path that the user decided about must be one of ours: a typing error would decide nothing.
  private func checkOptions() throws(Problem) {
    let known = Set(project.migrations.flatMap { $0.tasks.map(\.path) })
    for path in options.keep.union(options.revert).union(options.ran).union(options.notRun).sorted()
    where !known.contains(path) {
      throw Problem(
        .usage,
        "no migration has a task for \(path)",
        path: path.description,
        hint: Suggestion.nearest(to: path.description, among: known.map(\.description)).map {
          "did you mean \($0)?"
        }
      )
    }
  }

  /// What a version wrote half-way is neither recorded nor anybody else's change.
  private func checkNothingIsHalfDone(_ standing: Standing) throws(Problem) {
    guard let run = standing.run, !run.isRefresh else { return }
    throw Problem(
      .worldChanged,
      "a run of \(Migration.label(run.version)) ended before it was recorded, and must be finished first",
      hint: "run sync, then look at the drift again"
    )
  }

  /// Keeping is a decision about a task: without one there is nothing to decide.
  private func checkKept(_ standing: Standing) throws(Problem) {
    let pending = Set(standing.pending.flatMap { $0.tasks.map(\.path) })
    guard let path = options.keep.subtracting(pending).sorted().first, standing.run == nil else { return }
    throw Problem(
      .usage,
      "nothing is pending for \(path), so there is nothing to keep",
      path: path.description,
      hint: "what somebody else changed stays until a migration writes the path, or --revert \(path) is given"
    )
  }
}

extension Error {
  /// The error of a run that had applied versions before: they stay applied, and status 3 would say that nothing was.
  fileprivate func afterApplying(_ versions: [RunReport.Version]) -> any Error {
    guard let first = versions.first, let last = versions.last else { return self }
    if let problems = self as? Problems {
      return Problems(items: problems.items.map { ($0.afterApplying(versions) as? Problem) ?? $0 })
    }
    guard var problem = (self as? Problem) ?? (self as? VaultError)?.problem else { return self }
    let labels = first == last ? first.label : "\(first.label) to \(last.label)"
    let code = problem.code == .worldChanged ? Problem.Code.operationFailed : problem.code
    problem = Problem(
      code,
      "\(problem.message) (\(labels) \(first == last ? "was" : "were") applied before)",
      at: problem.location,
      path: problem.path,
      hint: problem.hint
    )
    return problem
  }
}

extension RunReport.Version {
  fileprivate var label: String { Migration.label(version) }
}
