package import Values

extension Catalogue {
  /// The catalogue with an entry of the user's own, over the built-in one if there is one.
  ///
  /// A key of the entry takes the place of the built-in one's, the members of a map one by one; without a value it takes
  /// the built-in one's away. Names of secrets only add up: what is secret stays so, unless `not_secret` names it.
  ///
  /// - Parameters:
  ///   - section: As in ``sectionNames``; also `system`.
  ///   - type: The type of the mount, for `secrets` and `auth`; `nil` for the others.
  ///   - path: The path inside the mount, with placeholders.
  ///   - entry: In the form of `catalogue.yaml`.
  /// - Returns: Another catalogue.
  /// - Throws: ``CatalogueError`` for an unknown key or a bad value.
  package func adding(
    section: String,
    type: String? = nil,
    path: String,
    entry: Value
  ) throws(CatalogueError) -> Catalogue {
    let name = type.map { "\(section)/\($0)" } ?? section
    let key = synonyms[name] ?? (section == "system" ? "sys" : name)
    guard let own = entry.object ?? (entry == .null ? [:] : nil) else {
      throw CatalogueError(at: "\(name) \(path)", "needs a map, and has \(entry.kind)")
    }
    let shape = PathTemplate(path).shape
    var entries = source[key] ?? [:]
    let existing = entries.keys.first { PathTemplate($0).shape == shape }
    entries[existing ?? path] = .object(
      Self.merged(own, over: existing.flatMap { entries[$0]?.object } ?? [:])
    )
    var extended = self
    extended.families[key] = try reader.families(.object(entries), section: key)
    extended.source[key] = entries
    extended.ownFamilies.insert("\(key) \(existing ?? path)")
    return extended
  }

  private static func merged(_ own: [String: Value], over base: [String: Value]) -> [String: Value] {
    base.merging(own) { old, new in
      if case .object(let members) = old, case .object(let others) = new {
        return .object(members.merging(others) { $1 })
      }
      return new
    }.merging(secrets(own, base)) { $1 }.filter { $0.value != .null }
  }

  private static func secrets(_ own: [String: Value], _ base: [String: Value]) -> [String: Value] {
    guard let names = base["secret"]?.array, let more = own["secret"]?.array else { return [:] }
    return ["secret": .array(names + more.filter { !names.contains($0) })]
  }

  /// The sections of `catalogue.yaml` that hold entries.
  package static let sectionNames = ["secrets", "auth", "sys", "identity"]
}
