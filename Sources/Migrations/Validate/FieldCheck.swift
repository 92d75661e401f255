package import Catalogue
import Configuration
package import Values

/// Finds misspelt keys and wrong types before anything is written: a server ignores a key that it does not
/// know, and says nothing.
package struct FieldCheck {
  private let table: FieldTable
  private let catalogue: Catalogue
  private let paths: Set<VaultPath>?
  /// How sure the table is.
  private let source: String
  private var cache = FieldTable.Cache()
  private var warnings: [Problem] = []

  private init(_ table: FieldTable, _ catalogue: Catalogue, _ paths: Set<VaultPath>?) {
    self.table = table
    self.catalogue = catalogue
    self.paths = paths
    source = table.isOfServer ? "as far as the server tells" : "as far as is known"
  }

  /// A warning for each field that no known server has, and for each value that it would refuse; in the order
  /// of the files.
  ///
  /// - Parameters:
  ///   - schema: What is declared.
  ///   - table: The fields of known servers, or of the one at hand.
  ///   - catalogue: What is known about endpoints.
  ///   - paths: The entries to look at; `nil` for all.
  /// - Returns: Warnings, each with its place.
  package static func warnings(
    about schema: Schema,
    _ table: FieldTable,
    catalogue: Catalogue,
    only paths: Set<VaultPath>? = nil
  ) -> [Problem] {
    var check = FieldCheck(table, catalogue, paths)
    check.run(on: schema)
    func place(_ problem: Problem) -> (String, Int, Int) {
      (problem.location?.file ?? "", problem.location?.line ?? 0, problem.location?.column ?? 0)
    }
    return check.warnings.sorted { place($0) < place($1) }
  }

  private mutating func run(on schema: Schema) {
    let mounts = schema.mounts
    for (path, declaration) in schema.declarations where paths?.contains(path) ?? true {
      if path.isMount || path.isAuthMethod {
        let type = MountTable.type(from: declaration.value) ?? ""
        check("config", table.mountSettings, declaration, path)
        check("options", FieldTable.mountOptions(ofType: type), declaration, path)
      } else if let known = table.fields(of: catalogue.endpoint(for: path, mounts: mounts), &cache) {
        check(declaration.value, known, declaration, path)
      }
    }
  }

  /// A mount's settings inside one of its maps.
  private mutating func check(
    _ group: String,
    _ known: KnownFields?,
    _ declaration: Schema.Declaration,
    _ path: VaultPath
  ) {
    guard let known, let settings = declaration.value[group] else { return }
    check(settings, known, declaration, path, group: group)
  }

  private mutating func check(
    _ value: Value,
    _ known: KnownFields,
    _ declaration: Schema.Declaration,
    _ path: VaultPath,
    group: String = ""
  ) {
    for (name, value) in value.object ?? [:] {
      let place = declaration.places[group.isEmpty ? name : "\(group).\(name)"] ?? declaration.location
      let owner = group.isEmpty ? path.description : "\(group) of \(path)"
      guard let complaint = complaint(name, value, known, owner) else { continue }
      warnings.append(
        Problem(
          .schemaInvalid,
          complaint.message,
          at: place,
          path: path.description,
          hint: complaint.hint,
          isWarning: true
        )
      )
    }
  }

  private func complaint(
    _ name: String,
    _ value: Value,
    _ known: KnownFields,
    _ owner: String
  ) -> (message: String, hint: String?)? {
    guard let type = known.types[name] else {
      if known.isOpen { return nil }
      return ("\(owner) has no field \"\(name)\", \(source)", Self.hint(name, known.names))
    }
    guard type.accepts(value, isUnknown: Self.hasReference) else {
      // Of a text only the content is wrong, and it may be secret.
      let found = value.string == nil ? ", not \(value.kind)" : ""
      return ("\(name) of \(owner) must be \(type.description)\(found)", nil)
    }
    guard let choices = known.choices[name], let text = value.string, !text.isEmpty, !Self.hasReference(text),
      !choices.contains(text.lowercased())
    else { return nil }
    let words = choices.filter { !$0.isEmpty }
    let near = Suggestion.nearest(to: text.lowercased(), among: words)
    return (
      "\(name) of \(owner) must be one of \(words.joined(separator: ", "))",
      near.map { "did you mean \"\($0)\"?" }
    )
  }

  /// A list of all names helps only where it is short.
  private static func hint(_ name: String, _ known: [String]) -> String {
    if let near = Suggestion.nearest(to: name, among: known) { return "did you mean \"\(near)\"?" }
    let ignored = "servers ignore what they do not know"
    return known.isEmpty || known.count > 12
      ? ignored : "\(ignored); known fields: \(known.joined(separator: ", "))"
  }

  /// Nobody knows yet what a reference stands for; a bad one is told by the schema.
  private static func hasReference(_ text: String) -> Bool {
    guard text.holds("$"), let template = try? Template(text) else { return false }
    return !template.references.isEmpty
  }
}
