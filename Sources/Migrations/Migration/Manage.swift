import Catalogue
import Configuration
package import Values
import YAML

/// How an entry shares its object with others; without one the entry owns all of it.
package enum Manage: Hashable, Sendable {
  /// Written where it is missing; what others make of it afterwards is theirs.
  case createOnly
  /// Only these fields are ours: written, compared and watched for drift. Inside a mount's settings `config.NAME`.
  case fields(Set<String>)
  /// The server changes these fields by itself: they are sent when the object is made, and never again.
  case server(Set<String>)

  private static let createOnlyWord = "create-only"

  /// The key under which schemas and migrations hold it.
  package var key: String {
    if case .server = self { Self.ownerKey } else { Self.manageKey }
  }

  static let manageKey = "manage"
  static let ownerKey = "owner"

  /// As schemas and migrations hold it.
  package var value: Value {
    switch self {
    case .server(let names): .object(Dictionary(names.map { ($0, "server") }, uniquingKeysWith: { $1 }))
    case .createOnly: .string(Self.createOnlyWord)
    case .fields(let names): ["fields": .array(names.sorted().map(Value.string))]
    }
  }

  /// In words, for plans.
  package var words: String {
    switch self {
    case .createOnly: "only created"
    case .fields(let names): "only \(names.sorted().joined(separator: ", "))"
    case .server(let names): "the server's: \(names.sorted().joined(separator: ", "))"
    }
  }

  /// Reads `manage: create-only` or `manage: {fields: [a, b]}`.
  ///
  /// - Returns: `nil` after an error, which is in `diagnostics`.
  static func read(_ node: Node, of path: VaultPath, _ diagnostics: Diagnostics) -> Manage? {
    if node.value.string == createOnlyWord { return .createOnly }
    let names = node.value["fields"]?.array ?? []
    let texts = names.compactMap(\.string)
    if node.value.object?.count == 1, !texts.isEmpty, texts.count == names.count {
      return .fields(Set(texts))
    }
    diagnostics.error(
      "manage of \(path) must be create-only, or name fields",
      at: node.location,
      path: path.description,
      hint: "for example \"manage: create-only\" or \"manage: {fields: [token_policies]}\""
    )
    return nil
  }

  /// Reads `owner: {password: server}`.
  ///
  /// - Returns: `nil` after an error, which is in `diagnostics`.
  static func readOwner(_ node: Node, of path: VaultPath, _ diagnostics: Diagnostics) -> Manage? {
    if let members = node.value.object, !members.isEmpty, members.values.allSatisfy({ $0 == "server" }) {
      return .server(Set(members.keys))
    }
    diagnostics.error(
      "owner of \(path) must say which fields the server changes by itself",
      at: node.location,
      path: path.description,
      hint: "for example \"owner: {password: server}\"; for a whole object \"manage: create-only\""
    )
    return nil
  }

  // MARK: - Restricting

  /// A declaration without what the server has changed since, or may have.
  func withoutServers(_ declared: Value) -> Value {
    guard case .server(let names) = self, case .object(let members) = declared else { return declared }
    return .object(members.filter { !names.contains($0.key) })
  }

  /// The part of an answer that is ours.
  func restrict(_ live: Value, _ endpoint: Endpoint) -> Value {
    if case .server(let names) = self, case .object(let members) = live {
      let theirs = Set(names.flatMap(endpoint.readNames))
      return .object(members.filter { !theirs.contains($0.key) })
    }
    guard case .fields(let names) = self, live.object != nil else { return live }
    // What a mount is, others cannot change.
    let isMount = endpoint.kind == .mount || endpoint.kind == .authMethod
    var kept = Value.object([:])
    for name in names.union(isMount ? ["type", "options.version"] : []) {
      for readName in endpoint.readNames(of: name) {
        let keys = readName.split(separator: ".").map(String.init)
        if let value = live.member(at: keys[...]) { kept = kept.setting(value, at: keys[...]) }
      }
    }
    return kept
  }

  /// Whether the entry may declare a field.
  func owns(_ field: String) -> Bool {
    guard case .fields(let names) = self else { return true }
    return names.contains { $0 == field || $0.hasPrefix(field + ".") }
  }
}

extension Value {
  fileprivate func member(at keys: ArraySlice<String>) -> Value? {
    guard let key = keys.first else { return self }
    guard let member = object?[key] else { return nil }
    return member.member(at: keys.dropFirst())
  }

  fileprivate func setting(_ value: Value, at keys: ArraySlice<String>) -> Value {
    guard let key = keys.first else { return value }
    var members = object ?? [:]
    members[key] = (members[key] ?? [:]).setting(value, at: keys.dropFirst())
    return .object(members)
  }
}
