package import Catalogue
import Configuration
package import Logging
import StateTracker
import Values
import VaultClient

/// Replays migrations on a server that nobody needs: up, version by version, down again, and up once more, each step
/// compared with what is declared.
package struct Verifier {
  /// What was tried, and what could not be.
  package struct Report: Sendable {
    package var versions = 0
    /// The version from which on each was tried for itself.
    package var first = 1
    /// The version that the way down ended at.
    package var downTo = 0
    /// Why it went no further, if it did not reach the first one.
    package var obstacle: String?
    package var leftOut: [VaultPath: String] = [:]
    package var unconnected: [VaultPath] = []
    /// What cannot be taken back, in words.
    package var notices: [Undo.Notice] = []
    package var serverVersion = ""
  }

  private let project: Project
  private let trial: TrialProject
  private let first: Int
  private let identity: RunIdentity
  private let logger: Logger
  private let connect: () throws -> Target
  private let report: (String) -> Void

  /// Prepares a replay.
  ///
  /// - Parameters:
  ///   - project: The project that the trial is of.
  ///   - trial: Its migrations as they can be tried.
  ///   - first: The first version to try for itself.
  ///   - identity: In whose name.
  ///   - logger: Where the runs log to.
  ///   - connect: Gives the throw-away server, as if seen for the first time.
  ///   - report: Is told each step, for progress.
  package init(
    project: Project,
    trial: TrialProject,
    from first: Int,
    identity: RunIdentity,
    logger: Logger,
    connect: @escaping () throws -> Target,
    report: @escaping (String) -> Void
  ) {
    self.project = project
    self.trial = trial
    self.first = first
    self.identity = identity
    self.logger = logger
    self.connect = connect
    self.report = report
  }

  /// Replays everything.
  ///
  /// - Throws: ``Problem`` or ``Problems`` for the first step that fails, or after which the server is not as declared.
  package func run() async throws -> Report {
    var result = Report()
    let versions = trial.migrations.map(\.version)
    result.versions = versions.count
    result.first = first
    result.leftOut = trial.leftOut
    result.unconnected = trial.unconnected.sorted()
    guard let last = versions.last else { return result }
    result.serverVersion = try connect().server.version
    for version in versions where version >= first - 1 {
      report("up to \(Migration.label(version))")
      _ = try await runner(upTo: version).run()
      try await compare(from: version - 1, to: version, "after \(Migration.label(version)) was applied")
    }
    try await compare(from: 0, to: last, "after all versions were applied")
    try await expectNoDrift()
    try await goDown(from: last, &result)
    guard result.downTo < last else { return result }
    report("up to \(Migration.label(last)) again")
    _ = try await runner(upTo: last).release()
    try await compare(from: 0, to: last, "after it was taken back and applied again")
    return result
  }

  private func goDown(from last: Int, _ result: inout Report) async throws {
    result.downTo = last
    for version in (max(first - 1, 0)..<last).reversed() {
      report("down to \(Migration.label(version))")
      let undone: RollbackReport
      do {
        undone = try await runner(upTo: last).rollBackNow(to: version, acceptsLosses: true)
      } catch let problem as Problem where problem.code == .usage {
        result.obstacle = problem.message
        return
      }
      result.downTo = version
      result.notices += undone.undo.notices.filter { !result.notices.contains($0) }
      try await compare(
        from: version + 1,
        to: version,
        "after \(Migration.label(version + 1)) was taken back",
        except: undone.undo.abandoned
      )
    }
  }

  private func runner(upTo version: Int) throws -> Runner {
    Runner(
      target: try connect(),
      project: project.tried(trial.migrations.filter { $0.version <= version }),
      identity: identity,
      logger: logger
    )
  }

  // MARK: - Comparing

  private func fold(to version: Int, _ environment: String) throws(Problem) -> Fold {
    try Fold(trial.migrations.filter { $0.version <= version }, environment: environment)
  }

  /// Compares the server with what is declared at a version and was not so at another.
  private func compare(from: Int, to: Int, _ when: String, except abandoned: Set<VaultPath> = []) async throws
  {
    let target = try connect()
    let name = target.environment.name
    var before = try fold(to: from, name)
    for path in abandoned { before.forget(path) }
    let after = try fold(to: to, name)
    do throws(Problems) {
      try await target.expect(after, insteadOf: before, of: project.tried(trial.migrations))
    } catch {
      throw Problems(items: error.items.map { explained($0, when) })
    }
  }

  /// Right after everything was written, nobody has changed anything.
  private func expectNoDrift() async throws {
    let target = try connect()
    let plan = try await Inspector(target: target, project: project.tried(trial.migrations)).plan()
    guard let drift = plan.drift.first else { return }
    throw Problem(
      .migrationInvalid,
      "\(drift.path) reads differently right after it was written: \(drift.fields.map(\.name).sorted().joined(separator: ", "))",
      path: drift.path.description,
      hint: "tell the catalogue what the server does with it: \"catalogue:\" in config.yaml"
    )
  }

  private func explained(_ problem: Problem, _ when: String) -> Problem {
    Problem(
      .migrationInvalid,
      "\(problem.message), \(when)",
      at: problem.location,
      path: problem.path,
      hint: "look at the migration: is a value one that servers understand otherwise?"
    )
  }
}

extension Target {
  /// Makes sure that the server has what one fold declares and another does not.
  fileprivate func expect(_ after: Fold, insteadOf before: Fold, of project: Project) async throws(Problems) {
    do {
      let comparison = try BaselineComparison(
        target: self,
        project: project,
        before: before,
        after: after,
        accepted: [],
        fingerprints: Fingerprints(key: try await ledger.fingerprintKey())
      )
      _ = try comparison.findings()
    } catch let error as Problems {
      throw error
    } catch let error as Problem {
      throw Problems(items: [error])
    } catch let error as VaultError {
      throw Problems(items: [error.problem])
    } catch {
      throw Problems(items: [Problem(.operationFailed, "\(error)")])
    }
  }
}

extension Project {
  /// The same with other migrations.
  fileprivate func tried(_ migrations: [Migration]) -> Project {
    Project(
      settings: settings,
      catalogue: catalogue,
      schema: schema,
      migrations: migrations,
      chain: chain,
      migrationsFolder: migrationsFolder,
      schemaFiles: schemaFiles,
      warnings: []
    )
  }
}
