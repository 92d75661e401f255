import Catalogue
import Configuration
import Values

/// Looks for names of objects that are not there, without any server: those that a migration takes away while something
/// still names them, and those that were never declared although others beside them are.
struct DanglingCheck {
  private let project: Project
  private let catalogue: Catalogue

  init(_ project: Project) {
    self.project = project
    catalogue = project.catalogue
  }

  /// Everything that is found, each thing once, whatever environments it is found in.
  var problems: [Problem] {
    var found: [Problem] = []
    for environment in project.differingEnvironments {
      for problem in problems(in: environment) where !found.contains(problem) { found.append(problem) }
    }
    return found
  }

  private func problems(in environment: String) -> [Problem] {
    // What does not follow from what came before is told elsewhere.
    guard let fold = try? Fold(project.migrations, environment: environment) else { return [] }
    let content = project.schema.content(in: environment)
    let removed = removals(fold, content, environment)
    let declared = Declared(content, catalogue)
    var mounts = fold.mounts
    mounts.insert(contentsOf: content.mounts)
    var found: [Problem] = []
    for (path, value) in content.resources.sorted(by: { $0.key < $1.key }) {
      let endpoint = catalogue.endpoint(for: path, mounts: mounts)
      for object in endpoint.namedObjects(in: value, at: path)
      where !object.paths.contains(where: declared.has) {
        if let removal = removed.first(where: { removal in object.paths.contains { removal.takes($0) } }) {
          found.append(dangling(object, path, removal))
        } else if object.isNeeded, declared.shouldHave(object), !isBuiltIn(object, mounts) {
          found.append(unknown(object, path, declared))
        }
      }
      for object in value.givenObjects(in: path.namespace)
      where !object.makers.contains(where: declared.has) {
        guard let removal = removed.first(where: { removal in removal.takes(object.path) }) else { continue }
        found.append(problem("refers to \(object.given)", path, field: nil, removal, isWarning: false))
      }
      if endpoint.deleteIsRefused,
        let removal = removed.first(where: { path.path.hasPrefix($0.path.path + "/") && $0.isBeside(path) })
      {
        found.append(problem("is a setting of \(removal.path)", path, field: nil, removal, isWarning: false))
      }
    }
    return found
  }

  // MARK: - Removals

  /// An object that was declared and is no longer.
  private struct Removal {
    let path: VaultPath
    /// Which migration takes it away; `nil` for none yet.
    let migration: Migration?
    /// The last one that wrote it.
    let writer: Migration?

    func takes(_ other: VaultPath) -> Bool { path.folded == other.folded || path.contains(other) }

    func isBeside(_ other: VaultPath) -> Bool {
      path.namespace == other.namespace && !path.isMount && !path.isAuthMethod
    }
  }

  /// What the schema no longer has, and what the newest migration deletes; an older one's doing is done.
  private func removals(_ fold: Fold, _ content: Fold, _ environment: String) -> [Removal] {
    func writer(of path: VaultPath) -> Migration? {
      project.migrations.last { migration in
        migration.tasks.contains { $0.path == path && $0.action != .delete && $0.scope.includes(environment) }
      }
    }
    var removals = fold.resources.keys.filter { content.resources[$0] == nil }.sorted().map {
      Removal(path: $0, migration: nil, writer: writer(of: $0))
    }
    if let newest = project.migrations.last {
      for task in newest.tasks
      where task.action == .delete && task.scope.includes(environment) && content.resources[task.path] == nil
      {
        removals.append(Removal(path: task.path, migration: newest, writer: writer(of: task.path)))
      }
    }
    return removals
  }

  // MARK: - What is declared

  private struct Declared {
    private let paths: Set<VaultPath>
    private let content: Fold
    private let mounts: MountTable

    init(_ content: Fold, _ catalogue: Catalogue) {
      self.content = content
      mounts = content.mounts
      var paths: Set<VaultPath> = []
      for (path, value) in content.resources.merging(content.actions, uniquingKeysWith: { $1 }) {
        paths.formUnion(GivenObject.made(by: path, value, content.terms[path], mounts).map(\.folded))
      }
      self.paths = paths
    }

    func has(_ path: VaultPath) -> Bool { paths.contains(path.folded) }

    /// Whether objects of its kind are declared here, so that this one would be, too.
    func shouldHave(_ object: NamedObject) -> Bool {
      guard let path = object.paths.first, !object.folder.isEmpty, object.name != "default" else {
        return false
      }
      let mayBeMade = content.actions.contains { action, arguments in
        mounts.mount(holding: action).map { path.path.hasPrefix($0.prefix) } == true
          && GivenObject.made(by: action, arguments, nil, mounts).count == 1
      }
      return !mayBeMade && !names(beside: object).isEmpty
    }

    func names(beside object: NamedObject) -> [String] {
      let namespace = object.paths.first?.namespace
      return paths.filter { $0.namespace == namespace && $0.path.hasPrefix(object.folder) }
        .map { String($0.path.dropFirst(object.folder.count)) }.filter { !$0.contains("/") }.sorted()
    }
  }

  private func isBuiltIn(_ object: NamedObject, _ mounts: MountTable) -> Bool {
    object.paths.contains { catalogue.endpoint(for: $0, mounts: mounts).isBuiltIn($0) }
  }

  // MARK: - Problems

  private func dangling(_ object: NamedObject, _ holder: VaultPath, _ removal: Removal) -> Problem {
    problem(
      "names \(object.paths.first { removal.takes($0) } ?? removal.path)",
      holder,
      field: object.field,
      removal,
      isWarning: !object.isNeeded
    )
  }

  private func problem(
    _ what: String,
    _ holder: VaultPath,
    field: String?,
    _ removal: Removal,
    isWarning: Bool
  ) -> Problem {
    let declaration = project.schema.declaration(at: holder)
    let subject = field.map { "\($0) of \(holder)" } ?? "\(holder)"
    let writer = removal.writer.map { " (written by \(project.location(of: $0).file))" } ?? ""
    let how =
      removal.migration.map { "which \(project.location(of: $0).file) deletes" }
      ?? "which was removed from the schema\(writer)"
    return Problem(
      .schemaInvalid,
      "\(subject) \(what), \(how)",
      at: field.flatMap { declaration?.places[$0] } ?? declaration?.location,
      path: holder.description,
      hint: "change or remove \(holder) as well, or keep \(removal.path)",
      isWarning: isWarning
    )
  }

  private func unknown(_ object: NamedObject, _ holder: VaultPath, _ declared: Declared) -> Problem {
    let declaration = project.schema.declaration(at: holder)
    let nearest = Suggestion.nearest(to: object.name, among: declared.names(beside: object))
    return Problem(
      .schemaInvalid,
      "\(object.field) of \(holder) names \(object.paths[0]), which the schema does not declare",
      at: declaration?.places[object.field] ?? declaration?.location,
      path: holder.description,
      hint: nearest.map { "did you mean \($0)?" }
        ?? "declare it, or make sure that it is on every server before",
      isWarning: true
    )
  }
}

extension VaultPath {
  /// The same for all ways to write a name that servers do not tell apart.
  fileprivate var folded: VaultPath {
    path.hasPrefix("sys/policies/acl/") ? with(path: path.lowercased()) : self
  }
}
