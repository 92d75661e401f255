import Values

/// What the tool knows about endpoints: `catalogue.yaml`, one entry per family.
package struct Catalogue: Sendable {
  /// The entries by the kind of mount that they are for: `secrets/pki`, `auth/approle`, `sys`, `identity`.
  var families: [String: Families]
  /// The entries as they were written, by the same key and by path.
  var source: [String: [String: Value]]
  /// The families that a project extends or adds.
  package internal(set) var ownFamilies: Set<String> = []
  let reader: EntryReader
  let mount: Endpoint
  let authMethod: Endpoint
  let anywhere: Endpoint.Anywhere
  /// What mounts of a type hold that can be counted, by kind of mount, then by noun.
  let holdings: [String: [String: String]]
  /// Other names of mount types: `auth/oidc` for `auth/jwt`.
  let synonyms: [String: String]
  let actionNames: ActionNames
  /// What the server says about the endpoints that no entry is about; `nil` until it was asked.
  package var serverFields: FieldTable?

  /// The catalogue that the binary carries.
  package static let builtIn = CarriedTable.load("catalogue.yaml", Catalogue.init(parsing:file:))

  /// Reads a catalogue from YAML.
  ///
  /// - Throws: ``CatalogueError`` for text that is not YAML, or an entry with an unknown key or a bad value.
  package init(parsing bytes: [UInt8], file: String) throws(CatalogueError) {
    try self.init(CarriedTable.content(of: bytes, file: file))
  }

  /// How many entries there are, mounts and auth methods included.
  package var count: Int { families.values.reduce(2) { $0 + $1.count } }

  /// The names of all entries, sorted.
  package var familyNames: [String] {
    ([mount.family, authMethod.family] + families.values.flatMap(\.names)).sorted()
  }
}

// MARK: - Finding

extension Catalogue {
  /// What is known about the endpoint of a path.
  ///
  /// - Parameters:
  ///   - path: As in a schema: a mount, an auth method, or a resource; an action may carry a tag,
  ///     `…/internal#2027`.
  ///   - mounts: What is mounted; where it knows nothing, the type is guessed from the name of the mount.
  /// - Returns: The entry, bound to the path; where there is none, what holds for any endpoint.
  package func endpoint(for path: VaultPath, mounts: MountTable) -> Endpoint {
    if path.isAuthMethod || path.isMount {
      var endpoint = path.isMount ? mount : authMethod
      endpoint.prefix = path.contentPrefix ?? ""
      let inside = path.with(path: endpoint.prefix)
      if let (prefix, type) = mounts.mount(holding: inside), prefix == endpoint.prefix {
        if let counts = holdings[section(prefix: prefix, type: type)] {
          endpoint.amend { $0.counts = counts }
        }
      }
      return endpoint
    }
    let place = mounts.mount(holding: path)
    guard let (prefix, type) = place ?? guess(path) else { return unknown(path, prefix: "") }
    let key = section(prefix: prefix, type: type)
    let relative = Substring(path.path.utf8.dropFirst(prefix.utf8.count))
    var endpoint = families[key]?.endpoint(for: relative) ?? unknown(path, prefix: prefix)
    endpoint.prefix = prefix
    endpoint.bindAlias()
    // Whoever knows the id needs no name.
    if endpoint.bindings.values.contains(where: \.isUUID) {
      endpoint.amend { $0.lookup = nil }
    }
    endpoint.isGuess = place == nil
    endpoint.section = key
    // `config/ca#2` is the second time of `config/ca`.
    let tag = endpoint.kind == .action ? relative.lastIndex(of: "#") : nil
    endpoint.relative = String(relative[..<(tag ?? relative.endIndex)])
    if !endpoint.isKnown, let fields = serverFields?.fields(of: endpoint) {
      endpoint.amend { $0.types = fields.types }
    }
    return endpoint
  }

  /// The kind of a mount, as entries are grouped by it.
  func section(prefix: String, type: String) -> String {
    switch type {
    case "system": return "sys"
    case "identity": return "identity"
    default:
      let name = (prefix.hasPrefix("auth/") ? "auth/" : "secrets/") + type
      return synonyms[name] ?? name
    }
  }

  /// The type of an unknown mount, from its name: `pki-prod/…` is a `pki`.
  private func guess(_ path: VaultPath) -> (prefix: String, type: String)? {
    let segments = path.path.split(separator: "/", omittingEmptySubsequences: false)
    let isAuth = segments.first == "auth"
    let depth = isAuth ? 1 : 0
    guard segments.count > depth + 1 else { return nil }
    let name = String(segments[depth])
    let prefix = (isAuth ? "auth/" : "") + name + "/"
    let stem = String(name.prefix { $0 != "-" && $0 != "_" && $0 != "." })
    let looksVersioned = !isAuth && segments.count > 2 && ["data", "metadata"].contains(segments[1])
    for type in [name, stem] where families[section(prefix: prefix, type: type)] != nil {
      if type == "kv", looksVersioned { break }
      return (prefix, type)
    }
    return looksVersioned ? (prefix, "kv-v2") : nil
  }

  /// What holds for any endpoint.
  private func unknown(_ path: VaultPath, prefix: String) -> Endpoint {
    var family = Family(family: path.path)
    family.isKnown = false
    family.anywhere = anywhere
    var segments = path.path.dropFirst(prefix.count).split(separator: "/").map(String.init)
    // Of a mount that nobody knows, the name is most often one segment.
    if prefix.isEmpty { segments.removeFirst(min(segments.count, path.path.hasPrefix("auth/") ? 2 : 1)) }
    if actionNames.match(segments) {
      family.kind = .action
      family.order = 98
    } else if prefix == "sys/" || segments.contains("config") {
      family.order = prefix == "sys/" ? 35 : 40
    } else if prefix == "identity/" {
      family.order = 90
    }
    var endpoint = Endpoint(family)
    endpoint.prefix = prefix
    return endpoint
  }
}
