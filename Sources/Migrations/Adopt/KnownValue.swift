import Catalogue
import Configuration
import Values

/// A declared value as far as it is known: secrets that nobody has told yet are missing from it.
struct KnownValue {
  /// Resolved; where a secret is missing, with what the server shows, or nothing.
  let value: Value
  /// Where a secret is missing, and whether the server shows it.
  let untold: [[String]: Bool]

  /// The fields that nothing is missing from.
  var complete: [String: Value] {
    let holes = Set(untold.filter { !$0.value }.keys.compactMap(\.first))
    return (value.object ?? [:]).filter { !holes.contains($0.key) }
  }

  /// What is recorded under `sent/`.
  func recorded(_ fingerprints: Fingerprints, at path: VaultPath, _ endpoint: Endpoint) -> Value {
    fingerprints.replacingSecrets(in: value, at: path, endpoint).mapLeaves { leaf, keys in
      guard let isShown = untold[keys] else { return leaf }
      return isShown ? Fingerprints.untold(knownAs: leaf) : .string(Fingerprints.untold)
    }
  }
}

extension Target {
  /// Resolves a declared value, but for secrets whose variables are not set.
  ///
  /// Where the server shows such a secret, what it shows is taken for it.
  ///
  /// - Throws: ``Problem`` for anything else that cannot be resolved.
  func known(
    _ declared: Value,
    at path: VaultPath,
    _ endpoint: Endpoint,
    shown: Value?,
    lookUp: @escaping Resolver.LookUp,
    unset: inout Set<String>
  ) throws(Problem) -> KnownValue {
    var untold: [[String]: Bool] = [:]
    var missing: Set<String> = []
    let value = try declared.mapLeaves { (leaf, keys) throws(Problem) -> Value in
      let names = unsetVariables(in: leaf)
      guard !names.isEmpty, endpoint.mayStayUntold(keys) else {
        return try resolver.resolve(leaf, path: path.description, lookUp: lookUp)
      }
      missing.formUnion(names)
      let text = shown?.member(at: keys)?.string
      untold[keys] = text != nil
      return .secret(Secret(text ?? ""))
    }
    unset.formUnion(missing)
    return KnownValue(value: value.marking(secretsOf: endpoint), untold: untold)
  }

  /// The variables of a text that nobody has set.
  func unsetVariables(in leaf: Value) -> [String] {
    guard case .string(let text) = leaf, let references = (try? Template(text))?.references else { return [] }
    return references.compactMap { reference in
      guard case .variable(let name, _) = reference else { return nil }
      do {
        _ = try resolver.resolve(.string(reference.description))
        return nil
      } catch {
        return name
      }
    }
  }
}

extension Endpoint {
  /// Whether a baseline can do without a field: no read shows it, or what is shown is secret.
  fileprivate func mayStayUntold(_ keys: [String]) -> Bool {
    guard let first = keys.first else { return false }
    return self.kind == .kvData || self.writeOnly.matches(first)
      || isSecret(field: keys.joined(separator: "."))
      || self.shape.maskedURLs.contains(first)
  }
}

extension Value {
  /// What is at a path of keys; an element of a list goes by its index.
  func member(at keys: [String]) -> Value? {
    keys.reduce(Value?.some(self)) { value, key in
      if let elements = value?.array {
        return Int(key).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
      }
      return value?[key]
    }
  }
}
