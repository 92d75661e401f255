package import Values

/// What servers say about the fields that can be written: `fields.yaml`, distilled from their OpenAPI
/// documents.
///
/// A hint, not the truth: servers have fields that they do not list, and plugins may have any.
package struct FieldTable: Sendable {
  /// By section, as in ``Catalogue``, and first segment, `""` for any; the most specific path first.
  private let sections: [String: [String: [Row]]]
  /// What a mount or auth method may have under `config`.
  package let mountSettings: KnownFields

  private struct Row: Sendable {
    let template: PathTemplate
    /// What the carried table has; `nil` for an endpoint that only the server at hand knows.
    var content: Value?
    /// What the server at hand says.
    var server: Value?

    var first: String {
      if case .literal(let text)? = template.parts.first { text } else { "" }
    }
  }

  /// The table that the binary carries; read when it is first asked for.
  package static let builtIn = CarriedTable.load("fields.yaml", FieldTable.init(parsing:file:))

  /// Reads a table from YAML.
  ///
  /// - Throws: ``CatalogueError`` for text that is not YAML, or not in the form of the table.
  package init(parsing bytes: [UInt8], file: String) throws(CatalogueError) {
    var top = try Fields(CarriedTable.content(of: bytes, file: file), at: "fields")
    mountSettings = try KnownFields(top.take("mounts") ?? [:], at: "mounts")
    let rows = try Self.templates(.object(top.rest())).mapValues { templates in
      templates.map { Row(template: PathTemplate($0.key), content: $0.value) }
    }
    sections = rows.mapValues(Self.sorted)
  }

  /// Whether a server was asked.
  package private(set) var isOfServer = false

  private init(_ rows: [String: [Row]], mountSettings: KnownFields) {
    isOfServer = true
    sections = rows.mapValues(Self.sorted)
    self.mountSettings = mountSettings
  }

  /// The same table with what the server at hand says about itself, which counts where it says anything.
  ///
  /// Fields that servers have and leave out of their specifications stay known. Takes what ``Specification`` gives; throws
  /// ``CatalogueError`` for anything that is not in the form of the table.
  package func with(server distilled: Value) throws(CatalogueError) -> FieldTable {
    var rows = sections.mapValues { $0.values.flatMap { $0 } }
    for (section, templates) in try Self.templates(distilled) {
      var positions: [String: Int] = [:]
      for (index, row) in (rows[section] ?? []).enumerated() { positions[row.template.shape] = index }
      for (text, content) in templates {
        let template = PathTemplate(text)
        _ = try KnownFields(content, at: "\(section) / \(text)")
        if let index = positions[template.shape] {
          rows[section]?[index].server = content
        } else {
          rows[section, default: []].append(Row(template: template, server: content))
        }
      }
    }
    return FieldTable(rows, mountSettings: mountSettings)
  }

  private static func templates(_ content: Value) throws(CatalogueError) -> [String: [String: Value]] {
    guard let sections = content.object else { throw CatalogueError(at: "fields", "needs a map of sections") }
    var found: [String: [String: Value]] = [:]
    for (section, content) in sections {
      guard let templates = content.object else { throw CatalogueError(at: section, "needs a map of paths") }
      found[section] = templates
    }
    return found
  }

  private static func sorted(_ rows: [Row]) -> [String: [Row]] {
    Dictionary(grouping: rows.sorted { $0.template < $1.template }, by: \.first)
  }

  /// How many paths there are.
  package var count: Int { sections.values.flatMap(\.values).reduce(0) { $0 + $1.count } }

  /// The fields of an endpoint, those that only the catalogue names included.
  ///
  /// - Returns: `nil` where the servers do not tell: for a plugin, for data of users, and where the type of
  ///   the mount was guessed from a name that is not just that type's.
  package func fields(of endpoint: Endpoint) -> KnownFields? {
    var cache = Cache()
    return fields(of: endpoint, &cache)
  }

  /// The same, for many endpoints: those of one family share their fields.
  package func fields(of endpoint: Endpoint, _ cache: inout Cache) -> KnownFields? {
    guard !endpoint.isGuess || Self.isNamedAfterItsType(endpoint) else { return nil }
    let known = fields(of: endpoint, at: endpoint.relative, &cache)
    return known ?? endpoint.lookup.flatMap { fields(of: endpoint, at: $0.create, &cache) }
  }

  private func fields(of endpoint: Endpoint, at relative: String, _ cache: inout Cache) -> KnownFields? {
    let segments = relative.split(separator: "/", omittingEmptySubsequences: false)
    guard let rows = sections[endpoint.section], let first = segments.first else { return nil }
    for row in (rows[String(first)] ?? []) + (rows[""] ?? []) {
      guard let bindings = row.template.match(segments) else { continue }
      let key = [endpoint.section, row.template.text, endpoint.family]
      if let known = cache.fields[key] { return known }
      guard var known = try? known(row) else { return nil }
      // What the path names may be repeated in the body.
      for name in endpoint.namedFields.union(bindings.keys) where known.types[name] == nil {
        known.types[name] = .any
      }
      cache.fields[key] = known
      return known
    }
    return nil
  }

  private func known(_ row: Row) throws(CatalogueError) -> KnownFields {
    let carried = try row.content.map { content throws(CatalogueError) in
      try KnownFields(content, at: row.template.text)
    }
    let server = try row.server.map { content throws(CatalogueError) in
      try KnownFields(content, at: row.template.text)
    }
    guard let server else { return carried ?? KnownFields(types: [:]) }
    return carried?.corrected(by: server) ?? server
  }

  /// What was looked up before.
  package struct Cache {
    fileprivate var fields: [[String]: KnownFields] = [:]

    package init() {}
  }

  private static func isNamedAfterItsType(_ endpoint: Endpoint) -> Bool {
    guard let name = endpoint.prefix.split(separator: "/").last else { return false }
    return endpoint.section.hasSuffix("/\(name)")
  }

  /// What a mount or auth method of a type may have under `options`.
  ///
  /// - Parameter type: As ``MountTable/type(from:)`` gives it.
  /// - Returns: `nil` where any key may be right.
  package static func mountOptions(ofType type: String) -> KnownFields? {
    ["kv", "kv-v2"].contains(type) ? KnownFields(types: ["version": .integer, "upgrade": .boolean]) : nil
  }

  /// - Throws: ``CatalogueError`` if an entry is not in the form of the table; so tests check all of it.
  package func check() throws(CatalogueError) {
    for (section, rows) in sections {
      for row in rows.values.joined() {
        _ = try KnownFields(row.content ?? [:], at: "\(section) / \(row.template.text)")
      }
    }
  }
}

/// The fields that an endpoint is known to have.
package struct KnownFields: Sendable {
  package fileprivate(set) var types: [String: FieldType]
  /// The values that a field may have, where servers list them.
  package private(set) var choices: [String: [String]] = [:]
  /// Whether there are more fields than anybody can list.
  package private(set) var isOpen = false
  /// Those that servers have although their specifications leave them out.
  private var unlisted: Set<String> = []

  fileprivate init(types: [String: FieldType]) {
    self.types = types
  }

  fileprivate init(_ content: Value, at place: String) throws(CatalogueError) {
    types = [:]
    var fields = try Fields(content, at: place)
    isOpen = try fields.flag("open")
    unlisted = Set((try fields.text("unlisted") ?? "").split(separator: " ").map(String.init))
    for (name, list) in try fields.map("enum") { choices[name] = list.array?.compactMap(\.string) }
    for (key, names) in try fields.allTexts() {
      guard let type = FieldType(rawValue: key) else {
        throw CatalogueError(at: place, "no type is called \(key)")
      }
      for name in names.split(separator: " ") { types[String(name)] = type }
    }
  }

  /// What one server says of itself counts; only what it never tells is taken from here.
  fileprivate func corrected(by server: KnownFields) -> KnownFields {
    var known = server
    known.isOpen = isOpen || server.isOpen
    for (name, type) in types where unlisted.contains(name) || known.types[name] == .any {
      known.types[name] = type
    }
    // An enumeration that was left out of the table was wrong.
    known.choices = server.choices.filter { types[$0.key] == nil || choices[$0.key] != nil }
    return known
  }

  /// The names of all fields, sorted.
  package var names: [String] { types.keys.sorted() }
}

extension Endpoint {
  /// The fields that the entry of the catalogue names, under the names they are written by.
  fileprivate var namedFields: Set<String> {
    var names = Set(self.resetValues.keys).union(self.twins.keys).union(self.twins.values).union(
      self.immutable.keys
    )
    for patterns in [self.cannotReset, self.transient, self.writeOnly, self.secret] {
      names.formUnion(patterns.patterns)
    }
    names.formUnion(self.readFields.keys)
    names.formUnion(self.shape.renamed.keys)
    names.formUnion(self.shape.rewrites.keys)
    names.formUnion(self.shape.appends.keys)
    for fields in [
      self.shape.sequence, self.shape.foldCase, self.shape.lists, self.shape.durations, self.shape.base64,
      self.shape.adds, self.shape.resolved,
      self.shape.maskedURLs,
    ] { names.formUnion(fields) }
    return names.filter { !$0.contains("*") && !$0.contains(".") }
  }
}
