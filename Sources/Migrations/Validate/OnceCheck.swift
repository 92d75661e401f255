import Catalogue
import Values

/// Looks at tasks that are done once: they lie outside of what is declared, and must not touch it.
struct OnceCheck {
  private let project: Project

  init(_ project: Project) {
    self.project = project
  }

  /// What is wrong with those of all migrations.
  var problems: [Problem] { project.migrations.flatMap(problems) }

  /// What is wrong with those of one migration, which may be about to be written.
  func problems(of migration: Migration) -> [Problem] {
    let once = migration.tasks.filter(\.once)
    guard !once.isEmpty else { return [] }
    var found: [Problem] = []
    for environment in Validator.environments(of: project.settings) {
      let declared = declaredPaths(around: migration, environment)
      for task in once where task.scope.includes(environment) {
        guard let path = declared.first(where: { task.path == $0 || task.touches($0) }) else { continue }
        let problem = touching(path, task, migration)
        if !found.contains(problem) { found.append(problem) }
      }
    }
    for task in once {
      let endpoint = project.catalogue.endpoint(for: task.path, mounts: project.schema.mounts)
      for field in task.content.map({ LiteralSecrets.fields(in: $0, endpoint) }) ?? [] {
        let hint = "put a reference in its place, for example ${\(LiteralSecrets.variableName(for: field))}"
        found.append(
          problem(task, migration, "\(field) of \(task.path) is a secret, and is written out", hint)
        )
      }
    }
    var seen: Set<VaultPath> = []
    for task in once where !seen.insert(task.path).inserted {
      found.append(
        problem(
          task,
          migration,
          "\(task.path) is written or deleted once by two tasks",
          "keep one of the two"
        )
      )
    }
    return found
  }

  /// Before the version and after it.
  private func declaredPaths(around migration: Migration, _ environment: String) -> [VaultPath] {
    let earlier = project.migrations.filter { $0.version < migration.version }
    guard let before = try? Fold(earlier, environment: environment) else { return [] }
    var after = before
    // What does not follow is told elsewhere.
    try? after.apply(migration, environment: environment)
    return Set(before.resources.keys).union(after.resources.keys).union(after.actions.keys).sorted()
  }

  private func touching(_ path: VaultPath, _ task: Task, _ migration: Migration) -> Problem {
    let place = project.schema.declaration(at: path).map { " (\($0.location))" } ?? ""
    return problem(
      task,
      migration,
      "\(task.path) is done once, and touches \(path), which is declared\(place)",
      "change what is declared in the schema; once is for data that the schema does not know"
    )
  }

  private func problem(_ task: Task, _ migration: Migration, _ what: String, _ hint: String) -> Problem {
    Problem(
      .migrationInvalid,
      "migration \(migration.label): \(what)",
      at: project.location(of: migration),
      path: task.path.description,
      hint: hint
    )
  }
}

extension Task {
  /// Whether it takes another path away with its own.
  fileprivate func touches(_ other: VaultPath) -> Bool { action == .delete && path.contains(other) }
}
