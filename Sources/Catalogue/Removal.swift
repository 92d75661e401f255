package import Values

/// A body that also undoes what the schema no longer has.
package struct Completion: Hashable, Sendable {
  /// What to send: everything declared, and a value for each removed field that would keep its old one.
  package let body: [String: Value]
  /// The removed fields that the body resets, by name.
  package let reset: [String]
  /// The removed fields that keep their value, because nothing is known that would reset them, by name.
  package let unresettable: [String]
}

/// A change to a field that is fixed at creation.
package struct ImmutableChange: Hashable, Sendable {
  /// The field.
  package let name: String
  /// What the server does with the change.
  package let mutability: Endpoint.Mutability
}

extension Endpoint {
  /// Completes a body, so that fields which were removed from the schema are really reset.
  ///
  /// - Parameters:
  ///   - new: What is declared now; empty to write defaults where there is no DELETE.
  ///   - old: What was declared before.
  /// - Returns: The body, and what it cannot reset. Where a write replaces, nothing needs to be added.
  package func completing(_ new: [String: Value], replacing old: [String: Value]) -> Completion {
    var removal = Removal(endpoint: self)
    let body = removal.complete(new, replacing: old, below: "")
    return Completion(body: body, reset: removal.reset.sorted(), unresettable: removal.unresettable.sorted())
  }

  /// The fields fixed at creation that differ between two declarations, by name.
  package func immutableChanges(from old: [String: Value], to new: [String: Value]) -> [ImmutableChange] {
    guard !self.immutable.isEmpty else { return [] }
    return Set(old.keys).union(new.keys).sorted().compactMap { name in
      guard let mutability = mutability(field: name) else { return nil }
      let agreement = Agreement(field: name, endpoint: self)
      let (before, after) = ((old[name] ?? .null).revealed, (new[name] ?? .null).revealed)
      if agreement.holds(before, after) || before.isZero && after.isZero { return nil }
      return ImmutableChange(name: name, mutability: mutability)
    }
  }

  /// The maps whose keys a write sets one by one: those with reset values of their own.
  fileprivate var mergingMaps: Set<String> {
    Set(self.resetValues.keys.compactMap { key in key.firstIndex(of: ".").map { String(key[..<$0]) } })
  }
}

/// Collects what is missing from a body.
private struct Removal {
  let endpoint: Endpoint
  let mergingMaps: Set<String>
  var reset: [String] = []
  var unresettable: [String] = []

  init(endpoint: Endpoint) {
    self.endpoint = endpoint
    mergingMaps = endpoint.mergingMaps
  }

  mutating func complete(
    _ new: [String: Value],
    replacing old: [String: Value],
    below parent: String
  ) -> [String: Value] {
    var body = new
    for (key, before) in old.sorted(by: { $0.key < $1.key }) {
      let name = parent + key
      if mergingMaps.contains(name), let members = before.object {
        let inner = complete(new[key]?.object ?? [:], replacing: members, below: name + ".")
        if !inner.isEmpty { body[key] = .object(inner) }
      } else if new[key] == nil, !isSpoken(for: key, in: new), !endpoint.transient.matches(name) {
        if let value = endpoint.resetValue(field: name) {
          body[key] = value
          reset.append(name)
        } else if endpoint.isMerge != false || endpoint.cannotReset.matches(name) {
          unresettable.append(name)
        }
      }
    }
    return body
  }

  /// Whether another name of the same setting is in the body: a reset would undo what that one sets.
  private func isSpoken(for key: String, in body: [String: Value]) -> Bool {
    if let newer = endpoint.twins[key], body[newer] != nil { return true }
    return endpoint.twins.contains { $0.value == key && body[$0.key] != nil }
  }
}
