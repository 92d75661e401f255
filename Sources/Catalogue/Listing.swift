package import Values

/// Where the names of a family's objects are listed, relative to the mount.
package struct Listing: Hashable, Sendable {
  /// The path to list; empty for the mount itself.
  package var path: String
  /// The names are the keys of a GET instead: of this member, or of the whole answer if it is empty.
  package var members: String?
  /// A list with all content in one answer, where a server has it.
  package var whole: String?
  /// The field of a list's `key_info` that names what is listed by its id.
  package var named: String?
  /// The field that references use as a name, although the path has the id.
  package var knownAs: String?
  /// The field that holds the id of what is listed by its name.
  package var identifier: String?
  /// Whether names that end in a slash are folders with more names.
  package var isDeep = false
  /// Whether these are data of users, which nobody wants unless they are asked for.
  package var isData = false
  /// Names of objects that a server makes by itself.
  package var except = NamePatterns()
  /// The only fields that no other family of the same objects has; `nil` for all.
  package var only: Set<String>?

  init(path: String) {
    self.path = path
  }

  /// Whether it lists every object by the name that its path has.
  var isPlain: Bool {
    members == nil && named == nil && knownAs == nil && !isDeep && !isData && only == nil && !path.isEmpty
  }
}

/// One family of a mount, as a walk through a server meets it.
package struct ListedFamily: Sendable {
  /// The template of its paths, relative to the mount: `role/{role_name}`.
  package let template: String
  package let endpoint: Endpoint
  /// `nil` for a single object, whose template is its path.
  package let listing: Listing?

  /// What every path of the family starts with, relative to the mount.
  package var literalPrefix: String { String(template.prefix { $0 != "{" }) }

  /// The path of the object with this name, relative to the mount.
  package func path(of name: String) -> String {
    guard let open = template.firstIndex(of: "{"), let close = template[open...].firstIndex(of: "}") else {
      return template
    }
    return template[..<open] + name + template[template.index(after: close)...]
  }
}

extension Catalogue {
  /// Whether anything is known about the content of this type of mount, which starts at `pki/`, `auth/approle/` or `sys/`.
  package func knowsContent(prefix: String, type: String) -> Bool {
    families[section(prefix: prefix, type: type)] != nil
  }

  /// The families of a mount whose objects can be found and read: those that are listed, and single ones.
  package func listedFamilies(prefix: String, type: String) -> [ListedFamily] {
    let all = families[section(prefix: prefix, type: type)]?.all ?? []
    return all.compactMap { template, endpoint in
      guard endpoint.kind != .action, !endpoint.isUnlisted, endpoint.read != .nothing else { return nil }
      let isSingle = !template.text.contains("{")
      guard isSingle || endpoint.listing != nil else { return nil }
      return ListedFamily(template: template.text, endpoint: endpoint, listing: endpoint.listing)
    }.sorted { $0.template < $1.template }
  }

  /// The states of a mount that no request shows, so that a walk cannot find them.
  package func hiddenFamilies(prefix: String, type: String) -> [String] {
    let all = families[section(prefix: prefix, type: type)]?.all ?? []
    return all.filter { _, endpoint in
      endpoint.kind != .action && endpoint.read == .nothing && !endpoint.isUnlisted
    }.map(\.0.text).sorted()
  }

  /// What shows that one-off actions made the content of a mount, each with their names.
  package func traces(prefix: String, type: String) -> [(probe: Probe, actions: [String])] {
    let all = families[section(prefix: prefix, type: type)]?.all ?? []
    var found: [Probe: [String]] = [:]
    for (template, endpoint) in all where endpoint.kind == .action && endpoint.order <= Self.lastCreation {
      var endpoint = endpoint
      endpoint.prefix = prefix
      // What one object shows is no trace of the others.
      guard let probe = endpoint.probe(for: VaultPath(prefix + template.text)), !probe.path.path.contains("{")
      else { continue }
      found[probe, default: []].append(template.text)
    }
    return found.map { ($0.key, $0.value.sorted()) }.sorted { $0.probe.path < $1.probe.path }
  }

  /// The rank of issuers and keys, which is what actions make.
  private static let lastCreation = 52
}

extension Endpoint {
  /// Where an object of this family is listed by the name that its path ends in, and what it is called there.
  ///
  /// `nil` for single objects, and for lists that tell more or less than names.
  package func listed(_ path: VaultPath) -> (list: VaultPath, whole: VaultPath?, key: String)? {
    guard let listing = self.listing, listing.isPlain, bindings.count == 1,
      let name = bindings.values.first, relative == "\(listing.path)/\(name)"
    else { return nil }
    return (
      path.with(path: prefix + listing.path), listing.whole.map { path.with(path: prefix + $0) },
      self.lowercasesName ? name.lowercased() : name
    )
  }

  /// What a field has on an object that nobody configured; `nil` for nothing, or where nobody knows.
  package func untouchedValue(field: String) -> Value? {
    self.defaults[field] ?? resetValue(field: field)
  }

  /// The fields that never come back and must be asked for, given what came back.
  package func askedFields(_ live: [String: Value]) -> [String] {
    self.asked.filter { _, needs in needs == "always" || !(live[needs]?.isZero ?? true) }.keys.sorted()
  }
}

extension Fields {
  /// The listing of an entry: a path, or a map with more about it.
  static func listing(_ value: Value, at place: String) throws(CatalogueError) -> Listing {
    if let path = value.string { return Listing(path: path) }
    var fields = try Fields(value, at: place + " / list")
    guard let path = try fields.text("of") else { throw CatalogueError(at: fields.place, "needs of") }
    var listing = Listing(path: path)
    if let members = fields.take("members") { listing.members = members.bool == true ? "" : members.string }
    listing.whole = try fields.text("whole")
    listing.named = try fields.text("named")
    listing.knownAs = try fields.text("known_as")
    listing.identifier = try fields.text("id")
    listing.isDeep = try fields.flag("deep")
    listing.isData = try fields.flag("data")
    if let pattern = try fields.text("except") { listing.except = NamePatterns([pattern]) }
    let only = try fields.names("only")
    listing.only = only.isEmpty ? nil : only
    try fields.finish()
    return listing
  }
}
