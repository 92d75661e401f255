import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// What every step of a run works with.
struct RunContext {
  let project: Project
  let target: Target
  var options: RunOptions
  let lock: RunLock
  let layers: StateLayers
  let fingerprints: Fingerprints
  /// Whether the user wants the run to end.
  let cancelled: () -> Bool
  let report: (RunEvent) -> Void
}

/// One migration on its way into one environment.
///
/// Its tasks are done in levels that do not depend on each other, each intended in the ledger before it is sent.
final class VersionRun {
  let context: RunContext
  let migration: Migration
  let journal: RunJournal
  let mounts: MountTable
  let reader: LiveReader
  /// What is declared before it.
  let fold: Fold
  /// Every step of a task asks for its endpoint.
  private var endpoints: [VaultPath: Endpoint] = [:]
  /// Indices into the migration's tasks.
  private let levels: [[Int]]
  private var outcomes: [Int: HistoryRecord.Outcome] = [:]
  /// Fields of reverted paths that nothing known puts back.
  var lost: [VaultPath: [String]] = [:]

  /// Prepares the tasks of a migration on top of what is declared before it.
  init(
    _ migration: Migration,
    on fold: Fold,
    _ context: RunContext,
    journal: RunJournal,
    mounts: MountTable
  ) {
    self.context = context
    self.migration = migration
    self.journal = journal
    self.mounts = mounts
    self.fold = fold
    let target = context.target
    reader = target.reader(
      for: fold.resources.merging(migration.writes) { $1 },
      sharing: fold.manages.merging(migration.manages) { $1 }
    )
    levels = TaskOrder(catalogue: target.catalogue, mounts: mounts)
      .levels(of: migration.tasks, environment: target.environment.name)
  }

  /// Runs every task that is not done.
  ///
  /// - Returns: What became of each, in the migration's order.
  /// - Throws: ``Problem`` at the first task that cannot be done; what is done stays recorded.
  func execute() async throws -> [HistoryRecord.Outcome] {
    try followMoves()
    if levels.count > 1 { try lookAhead() }
    for level in levels {
      if context.cancelled() {
        throw Problem(
          .operationFailed,
          "interrupted after \(progress)",
          hint: "what was done is recorded; the next run goes on from here"
        )
      }
      switch (level.count, migration.tasks[level[0]].action) {
      case (1, .run(let arguments)): try await run(level[0], arguments)
      case (1, .move(let from)):
        try await move(level[0], MountMove(from: from, to: migration.tasks[level[0]].path))
      default: try await write(level)
      }
    }
    return outcomes.keys.sorted().compactMap { outcomes[$0] }
  }

  /// How far it got, for messages.
  private var progress: String {
    "\(outcomes.count) of \(levels.joined().count) tasks of \(migration.label)"
  }

  /// Stops for what somebody else changed anywhere in the version, while nothing of it is written yet.
  ///
  /// All of it at once, as a first run against a configured server meets many differences.
  private func lookAhead() throws {
    var problems: [Problem] = []
    let ahead = LookAhead(levels.joined().sorted().map { ($0, migration.tasks[$0]) })
    let live = try reader.read(ahead.roots, mounts: mounts)
    for view in try views(of: ahead.visible(inside: Set(live.keys)), absent: .placeholder) {
      switch TaskDecision.decide(view, context.options) {
      case .stop(let problem): problems.append(problem)
      // A request that cannot be built is better known now, too.
      case .send: if problems.isEmpty { _ = try request(for: view) }
      case .adopt, .keep: continue
      }
    }
    if let only = problems.first, problems.count == 1 { throw only }
    guard !problems.isEmpty else { return }
    throw Problems(items: problems.summarised(Self.shownProblems))
  }

  /// More differences than this nobody reads.
  private static let shownProblems = 50

  func endpoint(of task: Task) -> Endpoint { endpoint(at: task.path) }

  func endpoint(at path: VaultPath) -> Endpoint {
    if let known = endpoints[path] { return known }
    let endpoint = context.target.catalogue.endpoint(for: path, mounts: mounts)
    endpoints[path] = endpoint
    return endpoint
  }

  /// Notes what became of a task; the ledger learns of it with the journal's next record.
  func finish(_ index: Int, _ action: Change.Action, _ progress: RunRecord.Progress, before: Value?) {
    // What an interrupted run of this version wrote is ours.
    let progress = progress == .adopted && journal.step(migration.tasks[index].path) != nil ? .done : progress
    let path = migration.tasks[index].path
    journal.note(path, progress)
    if progress == .done { context.target.forgetValues(near: path, mounts) }
    outcomes[index] = HistoryRecord.Outcome(
      path: path,
      action: action.rawValue,
      outcome: progress.rawValue,
      before: before
    )
    context.report(.taskFinished(path: path, outcome: progress, action: action))
  }

  /// A server that ignores a field answers with success and a warning: for us that is a failure.
  func check(_ response: VaultResponse, _ task: Task) throws {
    for warning in response.warnings {
      if warning.contains("ignored these unrecognized parameters") {
        if try isStored(warning, task) { continue }
        throw Problem(
          .operationFailed,
          "migration \(migration.label) wrote \(task.path), but the server does not know all of it: \(warning)",
          path: task.path.description,
          hint: "mend the field's name in the schema, and generate the migration again"
        )
      }
      context.report(.notice(warning, path: task.path))
    }
  }

  /// Whether the fields that a warning calls ignored are there nevertheless.
  ///
  /// A database's connection is stored whole, and its plugin's own fields are called unknown as soon as there is anything
  /// else to warn about.
  private func isStored(_ warning: String, _ task: Task) throws -> Bool {
    guard case .write(let declared) = task.action, let open = warning.lastIndex(of: "[") else { return false }
    let names = Set(warning[open...].split { "[], ".contains($0) }.map(String.init))
    let value = try resolved(declared, for: task)
    let fields = (value.object ?? [:]).filter { names.contains($0.key) }
    guard fields.count == names.count,
      let live = try reader.read([task.path], mounts: mounts)[task.path]?.object
    else { return false }
    return Comparison(declared: fields, live: live, endpoint: endpoint(of: task)).differences.isEmpty
  }

  /// An error from anywhere in the version, with how far it got.
  func explaining(_ error: any Error) -> any Error {
    guard let error = error as? VaultError else { return error }
    var problem = error.problem
    problem.message = "migration \(migration.label) stopped after \(progress): \(problem.message)"
    return problem
  }

  /// What a task sends, with what objects were given asked for now.
  func resolved(_ declared: Value, for task: Task) throws -> Value {
    let given = try GivenValues(of: task.givenObjects, from: context.target, mounts: mounts)
    do throws(Problem) {
      return try resolve(declared, for: task, given)
    } catch {
      throw failure(error, at: task)
    }
  }

  func resolve(
    _ declared: Value,
    for task: Task,
    _ given: GivenValues,
    absent: GivenValues.Absence = .refused
  ) throws(Problem) -> Value {
    try context.target.resolver.resolve(
      declared,
      path: task.path.description,
      lookUp: given.lookUp(for: task.path, absent: absent)
    )
  }

  func failure(_ error: VaultError, at task: Task) -> Problem { failure(error.problem, at: task) }

  func failure(_ problem: Problem, at task: Task) -> Problem {
    var problem = problem
    problem.path = task.path.description
    problem.message = "stopped at \(task.path) after \(progress): \(problem.message)"
    problem.hint = [problem.hint, "what was done is recorded; the next run goes on from here"].compactMap(
      \.self
    )
    .joined(separator: "; ")
    return problem
  }
}

extension [Problem] {
  /// The first of them, and how many more there are.
  fileprivate func summarised(_ limit: Int) -> [Problem] {
    guard count > limit else { return self }
    let more = Problem(
      .worldChanged,
      "and \(count - limit) more that are not what the migration writes",
      hint: "import or baseline takes a server as it is"
    )
    return prefix(limit) + [more]
  }
}
