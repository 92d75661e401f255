import Catalogue
import Configuration
package import Values

/// What belongs to this environment, said before it is written and put right after.
struct RunClaims {
  private let target: Target
  private var paths: Set<VaultPath>
  private var version: Int

  /// Makes sure that nothing pending belongs to somebody else, and claims it.
  ///
  /// Two runs of different projects may do this at once: both look again after they have claimed, and give back what both
  /// want. Throws ``Problem`` (world changed) naming the other one.
  init(of standing: Standing, applied: Fold, in target: Target) throws {
    self.target = target
    let tasks = target.tasks(of: standing.pending)
    try target.checkClaims(tasks)
    (paths, version) = try target.ledger.ownClaims()
    let before = paths
    try claim(applied.paths.union(tasks.map(\.path)))
    guard paths != before, !tasks.isEmpty else { return }
    do {
      try target.checkClaims(tasks)
    } catch {
      try claim(before)
      throw error
    }
  }

  /// Records what belongs to the environment when everything was applied.
  mutating func settle(_ fold: Fold) throws {
    try claim(fold.paths)
  }

  private mutating func claim(_ wanted: Set<VaultPath>) throws {
    guard wanted != paths else { return }
    version = try target.ledger.claim(wanted, replacing: version)
    paths = wanted
  }
}

extension Target {
  func tasks(of migrations: [Migration]) -> [Task] {
    migrations.flatMap(\.tasks).filter { $0.scope.includes(environment.name) }
  }

  /// - Throws: ``Problem`` (world changed) for the first task that writes what belongs to somebody else.
  func checkClaims(_ tasks: [Task]) throws {
    guard !tasks.isEmpty, let problem = Claims.conflict(of: tasks, with: try ledger.othersClaims()) else {
      return
    }
    throw problem
  }
}

extension Claims {
  /// The first declared path of an environment that belongs to somebody else on its server.
  package static func conflict(
    of project: Project,
    in environment: String,
    with others: [Claims]
  ) -> Problem? {
    let declared = project.schema.content(in: environment).paths.sorted()
    let tasks = declared.map { Task(path: $0, action: .write([:])) }
    guard var problem = conflict(of: tasks, with: others) else { return nil }
    problem.location = declared.first { $0.description == problem.path }.flatMap {
      project.schema.declaration(at: $0, in: environment)?.location
    }
    return problem
  }
}

extension Fold {
  /// Everything that is declared or has run.
  var paths: Set<VaultPath> { Set(resources.keys).union(actions.keys) }
}
