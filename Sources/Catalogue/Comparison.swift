package import Values

/// What was written, compared with what is read, by what servers are known to make of it.
///
/// Needed only where no read-back was recorded: a first run against a configured server, an import, a lost
/// state. Keys that nobody declared are not looked at.
package struct Comparison: Hashable, Sendable {
  /// The declared fields that are otherwise on the server, by name.
  package let differences: [FieldDifference]
  /// The declared fields of which a read cannot tell, by name: write-only ones above all.
  package let unverifiable: [String]

  /// Compares a whole object.
  package init(declared: [String: Value], live: [String: Value], endpoint: Endpoint) {
    var differences: [FieldDifference] = []
    var unverifiable: [String] = []
    for field in DeclaredField.all(of: declared, live: live, endpoint: endpoint) {
      switch field.verdict(endpoint) {
      case .agrees: break
      case .cannotTell: unverifiable.append(field.name)
      case .differs:
        differences.append(
          FieldDifference(
            name: field.name,
            expected: field.declared,
            live: field.live,
            isSecret: endpoint.isSecret(field: field.name)
          )
        )
      }
    }
    self.differences = differences
    self.unverifiable = unverifiable
  }

  /// Whether the server has what was declared for one field, as far as a read can tell.
  ///
  /// - Parameters:
  ///   - declared: As written.
  ///   - live: As read; `nil` if the field is not there.
  ///   - field: Its name, with dots inside a map.
  ///   - endpoint: Of the path that it belongs to.
  /// - Returns: `false` only if it is certain that a write would change something.
  package static func agrees(declared: Value, live: Value?, field: String, endpoint: Endpoint) -> Bool {
    DeclaredField(name: field, declared: declared, live: live).verdict(endpoint) != .differs
  }
}

/// A declared field beside what the server has in its place.
struct DeclaredField {
  enum Verdict {
    case agrees
    case differs
    case cannotTell
  }

  let name: String
  let declared: Value
  let live: Value?

  func verdict(_ endpoint: Endpoint) -> Verdict {
    if endpoint.transient.matches(name) { return .cannotTell }
    if isRedacted { return .cannotTell }
    let isMissing = live?.isEmpty ?? true
    if endpoint.writeOnly.matches(name), isMissing { return .cannotTell }
    if isMissing, !declared.isZero {
      // Of an unknown endpoint nobody can say whether the field is unset or never shown.
      return endpoint.isKnown || live != nil ? .differs : .cannotTell
    }
    if endpoint.shape.resolved.contains(name), becameIdentifier { return .cannotTell }
    return Agreement(field: name, endpoint: endpoint).holds(declared.revealed, live?.revealed ?? .null)
      ? .agrees : .differs
  }

  /// Servers put such a text in the place of what they will not show.
  private var isRedacted: Bool {
    live?.string == "(redacted)"
  }

  /// Whether something that was declared by name reads back by id.
  private var becameIdentifier: Bool {
    let names = declared.array?.compactMap(\.text) ?? declared.text.map { [$0] } ?? []
    let ids = live?.array?.compactMap(\.text) ?? live?.text.map { [$0] } ?? []
    return ids.contains(where: \.isUUID) && names.contains { !$0.isUUID }
  }
}

// MARK: - Finding a field in the read

extension DeclaredField {
  /// Every declared field with its counterpart, by name.
  static func all(of declared: [String: Value], live: [String: Value], endpoint: Endpoint) -> [DeclaredField]
  {
    if endpoint.kind == .mount || endpoint.kind == .authMethod {
      return MountEntry(live).fields(declared)
    }
    let inner = nested(in: live, endpoint: endpoint)
    return declared.keys.sorted().map { name in
      let other = endpoint.shape.renamed[name]
      let found = live[name] ?? other.flatMap { live[$0] } ?? inner[name] ?? other.flatMap { inner[$0] }
      return DeclaredField(name: name, declared: declared[name] ?? .null, live: found)
    }
  }

  private static func nested(in live: [String: Value], endpoint: Endpoint) -> [String: Value] {
    guard let nested = endpoint.shape.nested else { return [:] }
    let key = PathTemplate.fill(nested, with: endpoint.bindings)
    return (live[key] ?? live[key.lowercased()])?.object ?? [:]
  }
}

extension Value {
  /// Empty, `0`, `false` or a duration of nothing: what a server may leave out of its answer.
  package var isZero: Bool {
    if isEmpty { return true }
    switch self {
    case .bool(let flag): return !flag
    case .number(let number): return Double(number.text) == 0
    case .string(let text): return ["0", "false", "0s"].contains(text)
    default: return false
    }
  }
}

extension String {
  /// Whether this has the form of the ids that servers give: `c57a0d39-2ab0-58db-6c62-fcfd0a99954f`.
  var isUUID: Bool {
    guard utf8.count == 36 else { return false }
    let groups = split(separator: "-", omittingEmptySubsequences: false)
    return groups.map(\.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
  }
}
