package import Values

/// Objects that servers know by an id alone: schemas name them, and the id is looked up in a list that tells names.
package struct IDLookup: Hashable, Sendable {
  /// The list, relative to the mount, whose answer has `key_info`.
  let list: String
  /// What the entry of the object has in that answer, with placeholders.
  let match: [String: String]
  /// Where an object with an id is written and deleted: `{id}`.
  let at: String
  /// Where one that does not exist yet is written.
  let create: String
  /// What the path says of the object, and its body must say too.
  let body: [String: String]

  /// The id and the entry that match in an answer to the list.
  package static func find(_ match: [String: String], in answer: Value) -> (id: String, entry: Value)? {
    let entries = answer["key_info"]?.object ?? [:]
    if let named = match["name"], let entry = entries[named] { return (named, entry) }
    return entries.sorted { $0.key < $1.key }.first { _, entry in
      match.allSatisfy { entry[$0.key]?.string == $0.value }
    }.map { ($0.key, $0.value) }
  }
}

extension Endpoint {
  /// What the body must say because the path says it; references included.
  package var impliedFields: [String: String] {
    self.lookup?.body.mapValues { PathTemplate.fill($0, with: bindings) } ?? [:]
  }

  /// Whether a path of this endpoint names an object whose id must be looked up; `nil` if the path says too little.
  package var isLookedUp: Bool? {
    guard let lookup = self.lookup else { return false }
    let isComplete = lookup.match.values.allSatisfy { !PathTemplate.fill($0, with: bindings).contains("{") }
    return isComplete ? true : nil
  }

  /// Where an object that is looked up is written or deleted.
  ///
  /// - Parameters:
  ///   - path: As in the schema.
  ///   - id: What the server calls it; `nil` for one that is not there.
  /// - Returns: The path of the request; `nil` for endpoints whose paths are requests.
  package func lookedUpPath(for path: VaultPath, id: String?) -> VaultPath? {
    guard let lookup = self.lookup else { return nil }
    let relative = id.map { PathTemplate.fill(lookup.at, with: ["id": $0]) } ?? lookup.create
    return path.with(path: prefix + relative)
  }

  /// Takes `NAME@auth/MOUNT` apart.
  mutating func bindAlias() {
    guard let alias = bindings["alias"], let at = alias.lastRange(of: "@auth/"),
      at.lowerBound != alias.startIndex
    else { return }
    let mount = String(alias[alias.index(after: at.lowerBound)...])
    bindings["name"] = String(alias[..<at.lowerBound])
    bindings["mount"] = mount.hasSuffix("/") ? mount : mount + "/"
    bindings["accessor"] = "${accessor:\(mount)}"
  }
}

extension String {
  fileprivate func lastRange(of text: String) -> Range<String.Index>? {
    ranges(of: text).last
  }
}
