import Catalogue
import Configuration
import Values

/// Looks at references to accessors, ids and saved answers without any server: whether the schema declares what they name, and whether
/// there is an order in which the objects can be made.
struct GivenReferenceCheck {
  private let project: Project

  init(_ project: Project) {
    self.project = project
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
    let content = project.schema.content(in: environment)
    // An action that ran may leave the schema; what it saved stays.
    let past = (try? Fold(project.migrations, environment: environment))?.terms ?? [:]
    let entries = content.resources.merging(content.actions) { first, _ in first }
    var references: [VaultPath: Set<GivenObject>] = [:]
    for (path, value) in entries { references[path] = value.givenObjects(in: path.namespace) }
    let mounts = content.mounts
    let names = entries.reduce(into: [:]) { names, entry in
      names[entry.key] = project.catalogue.neededObjects(in: entry.value, at: entry.key, mounts)
    }
    guard references.values.contains(where: { !$0.isEmpty }) || names.values.contains(where: { !$0.isEmpty })
    else { return [] }
    var makers: [VaultPath: [VaultPath]] = [:]
    for (path, value) in entries {
      for made in GivenObject.made(by: path, value, content.terms[path], mounts) {
        makers[made, default: []].append(path)
      }
    }
    var found: [Problem] = []
    var needs: [VaultPath: [VaultPath]] = [:]
    for (path, objects) in references.sorted(by: { $0.key < $1.key }) {
      for object in objects.sorted(by: { $0.given.description < $1.given.description }) {
        if let named = object.makers.lazy.compactMap({ makers[$0] }).first {
          needs[path, default: []] += named.sorted()
        } else if object.given.kind == .saved {
          let names = Self.savedNames(content.terms).union(Self.savedNames(past))
          if !names.contains(object.given.path) { found.append(unsaved(object, path, names)) }
        } else if object.given.kind == .vault {
          // Values lie wherever somebody keeps them.
          if let problem = strange(object, path) { found.append(problem) }
        } else if !object.isBuiltIn(project.catalogue, mounts),
          !content.actions.keys.contains(where: { object.mayBeMade(by: $0, mounts) })
        {
          found.append(undeclared(object, path))
        }
      }
    }
    for (path, named) in names {
      needs[path, default: []] += named.flatMap { object in object.paths.flatMap { makers[$0] ?? [] } }
        .sorted()
    }
    return found + circles(needs)
  }

  /// Somebody else may keep it, so that this is no error.
  private func undeclared(_ object: GivenObject, _ holder: VaultPath) -> Problem {
    Problem(
      .schemaInvalid,
      "\(holder) refers to \(object.given), but the schema does not declare \(object.path) where it does \(holder)",
      at: project.schema.declaration(at: holder)?.location,
      path: holder.description,
      hint: "declare it, or make sure that it is on every server before",
      isWarning: true
    )
  }

  /// An environment that nobody can read from.
  private func strange(_ object: GivenObject, _ holder: VaultPath) -> Problem? {
    guard let name = object.given.place.environment else { return nil }
    let environments = project.settings.environments
    let what: String
    var hint: String?
    if let other = environments[name] {
      guard other.server == .embedded else { return nil }
      what = "whose private server nobody else can read"
      hint = "refer to an environment with an address"
    } else {
      what = "which config.yaml does not have"
      hint = Suggestion.hint(for: name, among: environments.keys.sorted())
    }
    return Problem(
      .schemaInvalid,
      "\(holder) refers to \(object.given) of the environment \"\(name)\", \(what)",
      at: project.schema.declaration(at: holder)?.location,
      path: holder.description,
      hint: hint
    )
  }

  private static func savedNames(_ terms: [VaultPath: ActionTerms]) -> Set<String> {
    Set(
      terms.values.flatMap { $0.save.values }.compactMap {
        if case .name(let name) = $0 { name } else { nil }
      }
    )
  }

  private func unsaved(_ object: GivenObject, _ holder: VaultPath, _ names: Set<String>) -> Problem {
    let near = Suggestion.nearest(to: object.given.path, among: names.sorted())
    return Problem(
      .schemaInvalid,
      "\(holder) refers to \(object.given), but no action saves anything as \(object.given.path) where it is declared",
      at: project.schema.declaration(at: holder)?.location,
      path: holder.description,
      hint: near.map { "did you mean ${saved:\($0)}?" }
        ?? "add \"save: {FIELD: \(object.given.path)}\" to the action whose answer it is"
    )
  }

  private func circles(_ needs: [VaultPath: [VaultPath]]) -> [Problem] {
    var found: [Problem] = []
    var finished: Set<VaultPath> = []
    func visit(_ path: VaultPath, _ way: [VaultPath]) {
      if let start = way.firstIndex(of: path) {
        found.append(circle(Array(way[start...])))
        return
      }
      guard !finished.contains(path) else { return }
      for next in needs[path] ?? [] { visit(next, way + [path]) }
      finished.insert(path)
    }
    for path in needs.keys.sorted() { visit(path, []) }
    return found
  }

  private func circle(_ paths: [VaultPath]) -> Problem {
    let shown = (paths + paths.prefix(1)).map(\.description).joined(separator: " → ")
    return Problem(
      .schemaInvalid,
      "entries wait for each other in a circle: \(shown)",
      at: paths.first.flatMap { project.schema.declaration(at: $0)?.location },
      path: paths.first?.description,
      hint: "remove one of the references; a second entry or a later migration can add what it was for"
    )
  }
}
