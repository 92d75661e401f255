import Catalogue
import Configuration
import Values

extension Target {
  /// Makes sure that everything that pending migrations refer to is known.
  ///
  /// What an object is given can be asked for if it is there already; the others must be made by a task that comes first.
  ///
  /// What an interrupted run has done for good needs nothing any more.
  ///
  /// - Throws: ``Problem`` for the first reference that leads nowhere, and what asking throws.
  func checkReferences(of pending: [Migration], in project: Project, after run: RunRecord?) throws {
    var open: [(object: GivenObject, holder: VaultPath, migration: Migration)] = []
    let fold = try Fold(project.migrations, environment: environment.name)
    var objects = PendingObjects(mounts: fold.mounts)
    for migration in pending {
      let tasks = migration.tasks.filter { $0.scope.includes(environment.name) }
      for task in tasks { objects.add(task) }
      for task in tasks {
        guard let content = task.content, run?.hasDone(task, of: migration) != true else { continue }
        _ = try resolver.resolve(content, path: task.path.description, lookUp: Resolver.placeholder)
        for object in task.givenObjects.sorted(by: { $0.given.description < $1.given.description })
        where !objects.willHave(object) {
          if objects.hasLost(object) {
            throw GivenValues.problem(object, .nothing, task.path, at: location(of: task, migration, project))
          }
          open.append((object, task.path, migration))
        }
      }
      for task in tasks where task.action == .delete { objects.remove(task.path) }
    }
    guard !open.isEmpty else { return }
    let values = try GivenValues(of: Set(open.map(\.object)), from: self, mounts: mounts(declaredBy: fold))
    guard let missing = open.first(where: { !values.contains($0.object) }) else { return }
    let location =
      project.schema.declaration(at: missing.holder)?.location ?? project.location(of: missing.migration)
    throw values.problem(missing.object, missing.holder, at: location)
  }

  private func location(of task: Task, _ migration: Migration, _ project: Project) -> SourceLocation {
    project.schema.declaration(at: task.path)?.location ?? project.location(of: migration)
  }
}

extension RunRecord {
  /// Whether a task was done that is never done again.
  fileprivate func hasDone(_ task: Task, of migration: Migration) -> Bool {
    guard migration.version == version, steps[task.path]?.progress == .done else { return false }
    if case .run = task.action { return true }
    return task.once
  }
}

/// What migrations that are not applied yet make and take away, one after the other.
private struct PendingObjects {
  let mounts: MountTable
  private var made: Set<VaultPath> = []
  private var actions: Set<VaultPath> = []
  private var deleted: Set<VaultPath> = []

  init(mounts: MountTable) {
    self.mounts = mounts
  }

  mutating func add(_ task: Task) {
    if task.move != nil { made.insert(task.path) }
    guard let content = task.content else { return }
    made.formUnion(GivenObject.made(by: task.path, content, task.terms, mounts))
    if case .run = task.action { actions.insert(task.path) }
  }

  mutating func remove(_ path: VaultPath) {
    made = made.filter { $0 != path && !path.contains($0) }
    actions = actions.filter { !path.contains($0) }
    deleted.insert(path)
  }

  func willHave(_ object: GivenObject) -> Bool {
    object.makers.contains(where: made.contains) || actions.contains { object.mayBeMade(by: $0, mounts) }
  }

  func hasLost(_ object: GivenObject) -> Bool {
    deleted.contains { $0 == object.path || $0.contains(object.path) }
  }
}
