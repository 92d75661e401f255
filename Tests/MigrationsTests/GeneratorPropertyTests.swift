import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values

/// What holds for every pair and every sequence of schemas.
@Suite struct GeneratorPropertyTests {
  @Test(arguments: 0..<16 as Range<UInt64>)
  func `Migrations made in a row give each schema, in every environment`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var workspace = Workspace(environments: RandomSchema.environments)
    for step in 0..<6 {
      workspace.schema = RandomSchema(&generator).text(&generator)
      let before = try workspace.project()
      guard let migration = try workspace.generate() else { continue }
      let project = try workspace.project()
      #expect(project.migrations.last == migration, "what is on disk is what was made")
      for environment in RandomSchema.environments + [""] {
        let fold = try Fold(project.migrations, environment: environment)
        let wanted = project.schema.content(in: environment)
        #expect(fold.resources == wanted.resources, "seed \(seed), step \(step), \(environment)")
        for (path, arguments) in wanted.actions { #expect(fold.actions[path] == arguments) }
        try checkOrder(of: migration, after: Fold(before.migrations, environment: environment), environment)
      }
      #expect(try workspace.problems().isEmpty)
      #expect(try Generator.next(for: project) == nil)
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func `The same inputs give the same bytes, in whatever order they are read`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed &+ 1_000)
    var workspace = Workspace(
      RandomSchema(&generator).text(&generator),
      environments: RandomSchema.environments
    )
    try workspace.generate()
    let next = RandomSchema(&generator)
    let texts = try (0..<6).map { _ in
      workspace.schema = next.text(&generator)
      return try Generator.next(for: try workspace.project(), approvals: ["prod": "yes"]).map(
        MigrationFile.text
      )
    }
    #expect(Set(texts).count == 1)
  }

  /// Replays the tasks as a server would: nothing goes where nothing is.
  private func checkOrder(of migration: Migration, after fold: Fold, _ environment: String) throws {
    var present = Set(fold.resources.keys)
    var hasDeleted = false
    let mounts = Set(migration.tasks.map(\.path)).union(present).filter { $0.contentPrefix != nil }
    let text = MigrationFile.text(migration)
    for task in migration.tasks where task.scope.includes(environment) {
      let place: Comment = "\(environment): \(task.path) in\n\(text)"
      if !task.path.namespace.isEmpty { #expect(present.contains(task.path.ownNamespace), place) }
      if let mount = mounts.first(where: { $0.contains(task.path) }) {
        #expect(present.contains(mount), place)
      }
      if task.action == .delete {
        hasDeleted = true
        present = present.filter { $0 != task.path && !task.path.contains($0) }
      } else {
        // Deletions come last.
        #expect(!hasDeleted, place)
        if case .write = task.action { present.insert(task.path) }
      }
    }
  }
}

extension VaultPath {
  /// The entry that makes this path's namespace.
  fileprivate var ownNamespace: VaultPath {
    let parts = namespace.split(separator: "/")
    return VaultPath("sys/namespaces/\(parts.last ?? "")", in: parts.dropLast().joined(separator: "/"))
  }
}
