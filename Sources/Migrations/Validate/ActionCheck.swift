import Catalogue
import Configuration
import Values

/// Looks at what one-off actions say about their answers: what would be lost, and what would be in the way.
struct ActionCheck {
  private let project: Project
  private let catalogue: Catalogue

  init(_ project: Project) {
    self.project = project
    catalogue = project.catalogue
  }

  /// Everything that is found, each thing once, whatever environments it is found in.
  var problems: [Problem] {
    var found: [Problem] = []
    // Each has a ledger of its own, or none, so that each is looked at.
    guard !project.schema.actions.isEmpty else { return [] }
    for environment in Validator.environments(of: project.settings) {
      for problem in problems(in: environment) where !found.contains(problem) { found.append(problem) }
    }
    return found
  }

  private func problems(in environment: String) -> [Problem] {
    let content = project.schema.content(in: environment)
    guard !content.actions.isEmpty else { return [] }
    let done = (try? Fold(project.migrations, environment: environment))?.actions ?? [:]
    let mounts = content.mounts
    var found: [Problem] = []
    var places: [VaultPath: [String: VaultPath]] = [:]
    for path in content.actions.keys.sorted() {
      let terms = content.terms[path] ?? ActionTerms()
      // What is in a migration already cannot be mended any more.
      if done[path] == nil { found += lost(path, terms, mounts) }
      for (field, target) in terms.save.sorted(by: { $0.key < $1.key }) {
        let made = target.made(in: path.namespace)
        if let other = places[made, default: [:]].updateValue(path, forKey: target.field), other != path {
          found.append(savedTwice(target, path, other))
        }
        if let problem = misplaced(field, target, path, content, mounts) { found.append(problem) }
        if case .name(let name) = target, let problem = unkept(name, path, environment) {
          found.append(problem)
        }
      }
    }
    return found
  }

  private func lost(_ path: VaultPath, _ terms: ActionTerms, _ mounts: MountTable) -> [Problem] {
    let fields = catalogue.endpoint(for: path, mounts: mounts).unrepeatableFields
    return fields.filter { terms.save[$0] == nil }.map { field in
      problem(
        path,
        "the answer of \(path) holds \(field), which nobody can ask for again, and nothing says where it goes",
        "add \"save: {\(field): NAME}\" and refer to ${saved:NAME}, or \"save: {\(field): secret/data/PATH#\(field)}\""
      )
    }
  }

  /// Under a name, answers lie in the ledger.
  private func unkept(_ name: String, _ path: VaultPath, _ environment: String) -> Problem? {
    let settings = project.settings
    guard let environment = settings.environments[environment], settings.ledgerMount(of: environment) == nil
    else { return nil }
    let refusal = Ledger.cannotSave(name)
    return problem(path, refusal.message, refusal.hint ?? "")
  }

  private func savedTwice(_ target: SaveTarget, _ path: VaultPath, _ other: VaultPath) -> Problem {
    let place = project.schema.declaration(at: other).map { " (\($0.location))" } ?? ""
    return problem(
      path,
      "\(path) and \(other)\(place) are both saved as \(target)",
      "choose another name, or remove the older entry: an action that has run may leave the schema"
    )
  }

  /// A declared secret would be written over by its entry, and only secrets have fields that can be written alone.
  private func misplaced(
    _ field: String,
    _ target: SaveTarget,
    _ path: VaultPath,
    _ content: Fold,
    _ mounts: MountTable
  ) -> Problem? {
    guard case .secret = target else { return nil }
    let secret = target.made(in: path.namespace)
    if content.resources[secret] != nil {
      let place = project.schema.declaration(at: secret).map { " (\($0.location))" } ?? ""
      return problem(
        path,
        "\(field) of \(path) is saved in \(target), and \(secret) is declared\(place): its next write would take it away",
        "save it in a secret that the schema does not declare"
      )
    }
    if let mount = mounts.mount(holding: secret), !SecretWriter.isSecret(catalogue, secret, mounts) {
      return problem(
        path,
        "\(field) of \(path) is saved in \(target), which is no secret: \(mount.prefix) is of type \(mount.type)",
        mount.type == "kv-v2"
          ? "secrets of this mount lie below \(mount.prefix)data/"
          : "name a path of a KV secrets engine, or a NAME"
      )
    }
    return nil
  }

  private func problem(_ path: VaultPath, _ message: String, _ hint: String) -> Problem {
    Problem(
      .schemaInvalid,
      message,
      at: project.schema.declaration(at: path)?.location,
      path: path.description,
      hint: hint
    )
  }
}

extension SaveTarget {
  fileprivate var field: String {
    if case .secret(_, let field) = self { field } else { "" }
  }
}
