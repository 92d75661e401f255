package import Values

/// The OpenAPI document of a server (`sys/internal/specs/openapi`), distilled into the form of ``FieldTable``.
///
/// As `scripts/distill-openapi` does it, but from the document alone. It tells only about the mounts that the token
/// which asked for it may see.
package struct Specification {
  private let document: Value
  private let mounts: MountTable
  private let catalogue: Catalogue

  /// - Parameters:
  ///   - document: What the server answered.
  ///   - mounts: What is mounted there; what the table does not know is left out.
  ///   - catalogue: Tells the sections that mounts belong to, and which endpoints hold data of users.
  package init(_ document: Value, mounts: MountTable, catalogue: Catalogue) {
    self.document = document
    self.mounts = mounts
    self.catalogue = catalogue
  }

  /// By section and path inside the mount the fields of each type; empty where the server describes no requests.
  ///
  /// - Returns: `nil` if the document is no specification at all.
  package var distilled: Value? {
    guard let paths = document["paths"]?.object else { return nil }
    var sections: [String: [String: Value]] = [:]
    for (path, item) in paths {
      let full = VaultPath(String(path.drop { $0 == "/" }))
      guard let place = mounts.mount(holding: full) else { continue }
      let section = catalogue.section(prefix: place.prefix, type: place.type)
      let template = Self.template(full.path.dropFirst(place.prefix.count))
      guard !template.isEmpty, !holdsUserData(section, template),
        let fields = fields(of: item), !fields.isEmpty
      else { continue }
      // Two mounts of a type say the same.
      sections[section, default: [:]][template] = .object(fields)
    }
    return .object(sections.mapValues(Value.object))
  }

  /// Placeholders that stand for more than one segment; the table calls those `{path}`.
  private static let rests: Set<String> = ["{path}", "{prefix}", "{url_lease_id}"]

  private static func template(_ relative: Substring) -> String {
    relative.split(separator: "/", omittingEmptySubsequences: false)
      .map { rests.contains(String($0)) ? "{path}" : String($0) }.joined(separator: "/")
  }

  private func holdsUserData(_ section: String, _ template: String) -> Bool {
    guard let endpoint = catalogue.families[section]?.endpoint(for: template[...]) else { return false }
    return endpoint.shape.exact && endpoint.kind != .kvData
  }

  // MARK: - Fields

  private func fields(of item: Value) -> [String: Value]? {
    guard let post = item["post"], let schema = schema(of: post),
      let properties = schema["properties"]?.object
    else { return nil }
    var names: [FieldType: [String]] = [:]
    var choices: [String: Value] = [:]
    for (name, property) in properties where Self.isName(name) {
      names[Self.type(of: property), default: []].append(name)
      let words = property["enum"]?.array?.compactMap(\.text) ?? []
      if !words.isEmpty { choices[name] = .array(words.map(Value.string)) }
    }
    // What is captured from the path may be repeated in the body.
    let parameters = (item["parameters"]?.array ?? []) + (post["parameters"]?.array ?? [])
    for name in Set(parameters.compactMap { $0["name"]?.string })
    where properties[name] == nil && Self.isName(name) { names[.any, default: []].append(name) }
    var fields: [String: Value] = [:]
    for (type, names) in names { fields[type.rawValue] = .string(names.sorted().joined(separator: " ")) }
    if !choices.isEmpty { fields["enum"] = .object(choices) }
    return fields
  }

  private func schema(of operation: Value) -> Value? {
    let contents = operation["requestBody"]?["content"]?.object ?? [:]
    for (_, content) in contents.sorted(by: { $0.key < $1.key }) {
      guard let schema = content["schema"] else { continue }
      guard let reference = schema["$ref"]?.string else { return schema }
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      return document["components"]?["schemas"]?[name]
    }
    return nil
  }

  /// Names are joined with spaces.
  private static func isName(_ name: String) -> Bool {
    !name.isEmpty && !name.contains(where: \.isWhitespace)
  }

  private static func type(of property: Value) -> FieldType {
    let format = property["format"]?.string
    switch property["type"]?.string {
    case "integer": return format == "seconds" ? .duration : .integer
    case "number": return .number
    case "boolean": return .boolean
    case "string": return .string
    case "array":
      let elements = property["items"]?["type"]?.string
      return elements == "string" || elements == "integer" ? .list : .any
    case "object": return format == "map" ? .map : format == "kvpairs" ? .pairs : .any
    default: return .any
    }
  }
}
