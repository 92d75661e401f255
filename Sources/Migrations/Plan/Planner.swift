package import Catalogue
import Configuration
package import Values

/// Computes what an environment differs in: pure, values in, changes out.
package enum Planner {
  /// The changes that a migration makes in one environment; `nil` for every task, whatever it is limited to.
  package static func changes(
    of migration: Migration,
    for environment: String?,
    catalogue: Catalogue
  ) -> [Change] {
    var mounts = MountTable()
    for task in migration.tasks where task.path.isMount || task.path.isAuthMethod {
      switch (task.action, task.was) {
      case (.write(let value), _), (.delete, .value(let value)): mounts.insert(task.path, declared: value)
      default: break
      }
    }
    return migration.tasks.filter { environment.map($0.scope.includes) ?? true }.map {
      Change($0, version: migration.version, catalogue: catalogue, mounts: mounts)
    }
  }

  /// What the schema says and no migration does yet, for one environment.
  ///
  /// - Throws: ``Problem`` when the migrations contradict each other.
  package static func unwritten(
    in project: Project,
    environment: String
  ) throws -> [Change] {
    guard let next = try Generator.next(for: project) else { return [] }
    return unwritten(next, environment: environment, catalogue: project.catalogue)
  }

  /// The same, of the migration that would be generated.
  package static func unwritten(_ next: Migration, environment: String, catalogue: Catalogue) -> [Change] {
    changes(of: next, for: environment, catalogue: catalogue).map { change in
      var change = change
      change.version = nil
      return change
    }
  }

  /// The paths whose value resolves to something else than was sent: a variable or a secret changed.
  ///
  /// Both are given with fingerprints in the place of secrets: the fold of what is applied, resolved, and what is recorded.
  package static func refreshes(applied: [VaultPath: Value], sent: [VaultPath: Value]) -> [Change] {
    applied.keys.sorted().compactMap { path in
      guard let value = applied[path], let before = sent[path], before != value else { return nil }
      return Change(path: path, action: .refresh, fields: Change.Field.differences(from: before, to: value))
    }
  }

  /// What changed on the server since it was recorded.
  ///
  /// What the applied migrations declare tells declared fields from others.
  package static func drift(
    observed: [VaultPath: Value],
    live: [VaultPath: Value],
    declared: [VaultPath: Value],
    mounts: MountTable,
    fingerprints: Fingerprints,
    catalogue: Catalogue
  ) -> [Change] {
    observed.keys.sorted().compactMap { path -> Change? in
      guard let recorded = observed[path] else { return nil }
      guard let now = live[path] else {
        return Change(path: path, action: .delete, fields: [], isDeclared: true)
      }
      guard recorded != now else { return nil }
      let endpoint = catalogue.endpoint(for: path, mounts: mounts)
      let differences = fingerprints.drift(from: recorded, to: now, at: path, endpoint)
      guard !differences.isEmpty else { return nil }
      let names = Set(declared[path]?.object?.keys.map { $0 } ?? [])
      let isMentioned = differences.contains {
        names.contains($0.name) || names.contains(String($0.name.prefix { $0 != "." }))
      }
      let isDeclared = endpoint.kind == .kvData || isMentioned
      return Change(
        path: path,
        action: .update,
        fields: differences.map { Change.Field(name: $0.name, from: $0.expected, to: $0.live) },
        isDeclared: isDeclared
      )
    }
  }
}
