package import Values

extension Endpoint {
  /// How secrets begin once their fingerprint stands in for them.
  package static let fingerprintPrefix = "hmac-sha256:"

  /// What changed on the server since it was recorded.
  ///
  /// Exact, but for what means nothing: fields that the server changes by itself, empty forms, and the order
  /// of lists that are sets.
  ///
  /// - Parameters:
  ///   - recorded: An earlier read, with fingerprints in the place of secrets.
  ///   - live: The same read, now.
  ///   - fingerprint: What stands in for a secret. The field is its name, inside maps the keys joined with
  ///     dots; elements of a list go by the name of the list.
  /// - Returns: By name, also what appeared and what vanished.
  package func drift(
    recorded: Value,
    live: Value,
    fingerprint: (_ field: String, Value) -> String
  ) -> [FieldDifference] {
    withoutActuallyEscaping(fingerprint) { fingerprint in
      var walk = DriftWalk(endpoint: self, fingerprint: fingerprint)
      walk.compare(recorded, live, at: "")
      return walk.differences
    }
  }

  /// A read with fingerprints in the place of its secrets, fit for recording.
  ///
  /// - Parameters:
  ///   - live: What the server answered.
  ///   - fingerprint: As for ``drift(recorded:live:fingerprint:)``.
  /// - Returns: The same tree; empty values, which tell nothing, stay as they are.
  package func fingerprinted(
    _ live: Value,
    fingerprint: (_ field: String, Value) -> String
  ) -> Value {
    fingerprinted(live, at: "", fingerprint)
  }

  private func fingerprinted(
    _ value: Value,
    at field: String,
    _ fingerprint: (String, Value) -> String
  ) -> Value {
    switch value {
    case .object(var members):
      for (key, member) in members {
        let field = field.isEmpty ? key : "\(field).\(key)"
        switch member {
        case .null, .bool, .number, .string:
          // Nearly all stay what they are, so that nothing is copied for them.
          guard !member.isEmpty, isSecret(field: field) else { continue }
          members[key] = .string(fingerprint(field, member))
        case .secret, .array, .object: members[key] = fingerprinted(member, at: field, fingerprint)
        }
      }
      return .object(members)
    case .array(let elements):
      return .array(elements.map { fingerprinted($0, at: field, fingerprint) })
    case .secret: return .string(fingerprint(field, value))
    default:
      return isSecret(field: field) && !value.isEmpty ? .string(fingerprint(field, value)) : value
    }
  }
}

/// One pass over a recorded tree and a live one.
private struct DriftWalk {
  let endpoint: Endpoint
  let fingerprint: (String, Value) -> String
  var differences: [FieldDifference] = []

  mutating func compare(_ recorded: Value?, _ live: Value?, at field: String) {
    if !field.isEmpty, endpoint.isVolatile(field: field) { return }
    if recorded?.isEmpty ?? true, live?.isEmpty ?? true { return }
    if case .object(let members)? = recorded, case .object(let found)? = live {
      for key in Set(members.keys).union(found.keys).sorted() {
        compare(members[key], found[key], at: field.isEmpty ? key : "\(field).\(key)")
      }
      return
    }
    if let recorded, let live, same(recorded, live, at: field) { return }
    // A fingerprint tells nothing, but what is live must not be shown in its place.
    let isSecret = endpoint.isSecret(field: field) || (recorded.map(Self.holdsFingerprint) ?? false)
    differences.append(FieldDifference(name: field, expected: recorded, live: live, isSecret: isSecret))
  }

  private func same(_ recorded: Value, _ live: Value, at field: String) -> Bool {
    switch (recorded, live) {
    case (.array(let elements), .array(let found)):
      if elements.count != found.count { return false }
      let isSequence = endpoint.shape.isSequence(readAs: field) || endpoint.shape.exact
      return isSequence
        ? zip(elements, found).allSatisfy { same($0, $1, at: field) } : sameSet(elements, found, at: field)
    case (.object, .object):
      var walk = DriftWalk(endpoint: endpoint, fingerprint: fingerprint)
      walk.compare(recorded, live, at: field)
      return walk.differences.isEmpty
    case (.string(let text), _) where text.hasPrefix(Endpoint.fingerprintPrefix):
      return text == live.string || text == fingerprint(field, live)
    default: return recorded.revealed == live.revealed
    }
  }

  private func sameSet(_ recorded: [Value], _ live: [Value], at field: String) -> Bool {
    if !recorded.contains(where: Self.holdsFingerprint) {
      return Self.counted(recorded.map(\.revealed)) == Self.counted(live.map(\.revealed))
    }
    var open = live
    for element in recorded {
      guard let index = open.firstIndex(where: { same(element, $0, at: field) }) else { return false }
      open.remove(at: index)
    }
    return true
  }

  private static func counted(_ elements: [Value]) -> [Value: Int] {
    elements.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  private static func holdsFingerprint(_ value: Value) -> Bool {
    switch value {
    case .string(let text): text.hasPrefix(Endpoint.fingerprintPrefix)
    case .array(let elements): elements.contains(where: holdsFingerprint)
    case .object(let members): members.values.contains(where: holdsFingerprint)
    default: false
    }
  }
}
