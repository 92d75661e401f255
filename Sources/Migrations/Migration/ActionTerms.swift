import Catalogue
import Configuration
package import Values
import YAML

/// What an entry says about a one-off action besides its arguments: what becomes of the answer, and when not to run it.
package struct ActionTerms: Hashable, Sendable {
  /// Where fields of the answer go, by their names.
  package var save: [String: SaveTarget] = [:]
  /// What makes it unnecessary.
  package var unless: Condition?
  /// It must not be tried again when nobody knows whether it ran.
  package var atMostOnce = false

  package init() {}

  /// The keys that are no arguments.
  static let keys = ["save", "unless", "at_most_once"]

  package var isEmpty: Bool { self == ActionTerms() }

  /// Something that may be there already, in the namespace of the action.
  package struct Condition: Hashable, Sendable {
    package let path: String
    /// With a value, what a field must hold; without, it is enough that the path can be read.
    package let field: (name: String, value: Value)?

    package init(path: String, field: (name: String, value: Value)? = nil) {
      self.path = path
      self.field = field
    }

    package static func == (left: Condition, right: Condition) -> Bool { left.value == right.value }

    package func hash(into hasher: inout Hasher) { hasher.combine(value) }

    /// As schema and migration hold it.
    var value: Value {
      guard let field else { return .string(path) }
      return ["path": .string(path), "field": .string(field.name), "equals": field.value]
    }
  }

  /// As members of a task.
  var members: [String: Value] {
    var members: [String: Value] = [:]
    if !save.isEmpty { members["save"] = .object(save.mapValues { .string($0.description) }) }
    members["unless"] = unless?.value
    if atMostOnce { members["at_most_once"] = true }
    return members
  }
}

/// Where a field of an answer is kept: under a name in the ledger, or in a field of a KV secret on the same server.
package enum SaveTarget: Hashable, Sendable, CustomStringConvertible {
  case name(String)
  /// In the namespace of the action.
  case secret(path: String, field: String)

  /// - Returns: `nil` for a text that is neither a name nor `PATH#FIELD`.
  package init?(_ text: String) {
    guard let hash = text.lastIndex(of: "#") else {
      guard Template.isName(text) else { return nil }
      self = .name(text)
      return
    }
    let path = String(text[..<hash])
    let field = String(text[text.index(after: hash)...])
    guard !field.isEmpty, PathRules.complaint(about: path) == nil else { return nil }
    let whole = VaultPath(path)
    guard !whole.isMount, !whole.isAuthMethod else { return nil }
    self = .secret(path: path, field: field)
  }

  package var description: String {
    switch self {
    case .name(let name): name
    case .secret(let path, let field): "\(path)#\(field)"
    }
  }

  /// Whatever refers to it refers to this path.
  func made(in namespace: String) -> VaultPath {
    switch self {
    case .name(let name): GivenObject.savedPath(name)
    case .secret(let path, _): VaultPath(path, in: namespace)
    }
  }
}

extension ActionTerms {
  /// Takes the terms out of a map whose other keys are arguments, or those of a task.
  static func take(from map: inout MapReader, of path: VaultPath, _ diagnostics: Diagnostics) -> ActionTerms {
    var terms = ActionTerms()
    if let node = map.node("save"), var fields = MapReader(node, "save of \(path)", diagnostics) {
      for pair in fields.all() {
        guard let target = pair.value.value.string.flatMap(SaveTarget.init) else {
          diagnostics.error(
            "\(pair.key) in save of \(path) must be saved under a name, or in a field of a secret",
            at: pair.value.location,
            path: path.description,
            hint:
              "for example \"\(pair.key): web_\(Self.word(pair.key))\" or \"\(pair.key): secret/data/web#\(pair.key)\""
          )
          continue
        }
        if let other = terms.save.first(where: { $0.value == target }) {
          diagnostics.error(
            "\(other.key) and \(pair.key) of \(path) are saved in one place: \(target)",
            at: pair.value.location,
            path: path.description,
            hint: "give each its own"
          )
        }
        terms.save[pair.key] = target
      }
    }
    terms.unless = condition(&map, path, diagnostics)
    terms.atMostOnce = map.bool("at_most_once") ?? false
    return terms
  }

  private static func word(_ text: String) -> String {
    String(text.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
  }

  private static func condition(
    _ map: inout MapReader,
    _ path: VaultPath,
    _ diagnostics: Diagnostics
  ) -> Condition? {
    guard let node = map.node("unless") else { return nil }
    var target = node.value.string
    var field: (String, Value)?
    if target == nil, var members = MapReader(node, "unless of \(path)", diagnostics) {
      target = members.string("path")
      let name = members.string("field")
      let value = members.value("equals")
      members.finish()
      if let name, let value, value != .null { field = (name, value) }
      if (name == nil) != (value == nil || value == .null) { target = nil }
    }
    guard let target, PathRules.complaint(about: target) == nil else {
      diagnostics.error(
        "unless of \(path) must be a path, or path, field and equals",
        at: node.location,
        path: path.description,
        hint:
          "for example \"unless: pki/issuer/root\", or \"unless: {path: transit/keys/app, field: type, equals: rsa-2048}\""
      )
      return nil
    }
    return Condition(path: target, field: field)
  }
}
