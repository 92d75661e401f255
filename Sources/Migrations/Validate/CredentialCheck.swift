import Catalogue
import Configuration
import Values

/// Warns about literals that look like credentials, wherever they stand; what is one for sure, `LiteralSecrets` refuses.
struct CredentialCheck {
  private let project: Project
  private let accepted: [(path: PathGlob, field: PathGlob)]

  init(_ project: Project) {
    self.project = project
    accepted = project.settings.notSecret.compactMap { text in
      let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
      return parts.count == 2 ? (PathGlob(parts[0]), PathGlob(parts[1])) : nil
    }
  }

  /// A warning for each field of the schema, and of tasks that are done once, which no schema holds.
  var problems: [Problem] {
    var found: [Problem] = []
    for (path, declaration) in project.schema.declarations {
      for (field, what) in fields(in: declaration.value, path) {
        let place = field.split(separator: ".").first.flatMap { declaration.places[String($0)] }
        found.append(warning(path, field, what, "the schema", place ?? declaration.location))
      }
    }
    for migration in project.migrations {
      for task in migration.tasks where task.once {
        for (field, what) in task.content.map({ fields(in: $0, task.path) }) ?? [] {
          let place = project.location(of: migration)
          found.append(warning(task.path, field, what, "migration \(migration.label)", place))
        }
      }
    }
    return found
  }

  private func warning(
    _ path: VaultPath,
    _ field: String,
    _ what: String,
    _ where: String,
    _ location: SourceLocation
  ) -> Problem {
    Problem(
      .schemaInvalid,
      "\(field) of \(path) looks like \(what), and is written into \(`where`)",
      at: location,
      path: path.description,
      hint:
        "put a reference in its place, for example ${\(LiteralSecrets.variableName(for: field))}; if it is no secret, add \"\(path)#\(field)\" to not_secret in config.yaml",
      isWarning: true
    )
  }

  /// The fields that hold something like a credential, sorted, with what it looks like.
  private func fields(in value: Value, _ path: VaultPath) -> [(String, String)] {
    let endpoint = project.catalogue.endpoint(for: path, mounts: project.schema.mounts)
    let isData = endpoint.kind == .kvData || endpoint.family.hasPrefix("secrets/kv ")
    var found: [String: String] = [:]
    value.forEachLeaf { leaf, keys in
      guard let text = leaf.string, text.utf8.count >= Self.shortest else { return }
      let field = keys.joined(separator: ".")
      guard !isAccepted(field, of: path) else { return }
      if isData, let name = keys.last(where: { Int($0) == nil }), endpoint.hasSecretName(name),
        Self.isPassword(text)
      {
        found[field] = "a secret by its name"
      } else if isData, LiteralSecrets.holdsPassword(text) {
        found[field] = "a URL with a password"
      } else if let shape = CredentialShape.find(in: text, judgesRandomness: !Self.isPublic(field, endpoint))
      {
        found[field] = shape.name
      }
    }
    guard !found.isEmpty else { return [] }
    let refused = Set(LiteralSecrets.fields(in: value, endpoint))
    return found.filter { !refused.contains($0.key) }.sorted { $0.key < $1.key }
  }

  private func isAccepted(_ field: String, of path: VaultPath) -> Bool {
    accepted.contains { $0.path.matches(path) && $0.field.matches(VaultPath(field)) }
  }

  /// What is longer than a word like `none`.
  private static let shortest = 6

  /// Written out.
  private static func isPassword(_ text: String) -> Bool {
    guard let template = try? Template(text) else { return false }
    return template.references.isEmpty && !text.holds("{{")
  }

  /// Fields whose values are long and senseless, and meant for everybody.
  private static func isPublic(_ field: String, _ endpoint: Endpoint) -> Bool {
    if endpoint.family.hasPrefix("sys/policies") || field == "policy" { return true }
    let name = field.lowercased()
    return [
      "pub", "cert", "jwks", "digest", "sha256", "sha_", "checksum", "fingerprint", "thumbprint", "hash",
    ]
    .contains(where: name.contains)
  }
}
