import Catalogue
import Configuration
import Values

/// Finds secrets that are written into the schema, and so into git.
enum LiteralSecrets {
  /// The fields that hold one, sorted; literals in the data of a KV secret are the user's decision.
  static func fields(in value: Value, _ endpoint: Endpoint) -> [String] {
    if endpoint.kind == .kvData || endpoint.family.hasPrefix("secrets/kv ") { return [] }
    var found: Set<String> = []
    value.forEachLeaf { leaf, keys in
      // A bad reference is told by the schema.
      guard let text = leaf.string, !text.isEmpty, let template = try? Template(text) else { return }
      let field = keys.joined(separator: ".")
      // An escaped "$${" refers to nothing.
      if endpoint.isSecret(field: field), template.references.isEmpty { found.insert(field) }
      if holdsPassword(text) { found.insert(field) }
    }
    return found.sorted()
  }

  /// The name of a variable that could stand in a field's place.
  static func variableName(for field: String) -> String {
    String(field.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }

  /// A name that says which object's field it is for: `AUTH_USERPASS_USERS_ALICE_PASSWORD`.
  static func variableName(for field: String, of path: VaultPath) -> String {
    var name = ""
    for character in "\(path)/\(field)".uppercased() {
      if character.isASCII, character.isLetter || character.isNumber {
        name.append(character)
      } else if !name.isEmpty, !name.hasSuffix("_") {
        name.append("_")
      }
    }
    if name.hasSuffix("_") { name.removeLast() }
    return name.first?.isLetter == true ? name : "SECRET_\(name)"
  }

  /// Whether a URL holds a password in its own words: `scheme://user:password@host`.
  static func holdsPassword(_ text: String) -> Bool {
    guard text.holds("://"), let start = text.firstRange(of: "://") else { return false }
    let authority = text[start.upperBound...].prefix { !"/?#\n ".contains($0) }
    guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
      return false
    }
    let password = authority[authority.index(after: colon)..<at]
    return !password.isEmpty && !password.hasPrefix("{{") && !password.contains("${")
  }
}
