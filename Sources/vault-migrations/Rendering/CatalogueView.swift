import Catalogue
import Configuration
import Migrations
import Values

/// The catalogue as a table, and what is known about one path in words.
struct CatalogueView {
  let catalogue: Catalogue
  let project: Project?

  // MARK: All families

  func text(_ style: Style) -> String {
    let heads = ["MOUNT", "PATH", "ORDER", "WRITE", "READ", "DELETE", "LOSES"]
    let rows = catalogue.entries.map { entry in
      let endpoint = entry.endpoint
      let read = endpoint.kind == .action ? "action" : endpoint.readWord
      return [
        entry.section, entry.path + (entry.isOwn ? " *" : ""), "\(endpoint.order)",
        endpoint.kind == .action ? "" : endpoint.writeWord, read,
        endpoint.kind == .action ? "" : endpoint.deleteIsRefused ? "refused" : "", endpoint.loses ?? "",
      ]
    }
    let widths = heads.indices.map { column in
      ([heads] + rows).map { $0[column].count }.max() ?? 0
    }
    func line(_ cells: [String]) -> String {
      let padded = zip(cells, widths).map { cell, width in
        cell + String(repeating: " ", count: width - cell.count)
      }
      var text = padded.joined(separator: "  ")
      while text.hasSuffix(" ") { text.removeLast() }
      return text + "\n"
    }
    let note = catalogue.ownFamilies.isEmpty ? "" : "\n* from config.yaml\n"
    return style.title(line(heads)) + rows.map(line).joined() + note
  }

  var json: Value {
    [
      "families": .array(
        catalogue.entries.map { entry in
          let path = VaultPath(entry.path)
          var members = entry.endpoint.facts(for: path, fields: nil)
          members["mount"] = .string(entry.section)
          members["path"] = .string(entry.path)
          members["own"] = .bool(entry.isOwn)
          return .object(members)
        }
      )
    ]
  }

  // MARK: One path

  /// What is known about a path.
  ///
  /// - Throws: ``Problem`` for a text that is no path.
  func explanation(of text: String) throws(Problem) -> Value {
    let path =
      project.flatMap { project in project.schema.paths.first { $0.description == text } } ?? VaultPath(text)
    if let complaint = Schema.complaint(about: path) {
      throw Problem(.usage, complaint.message, path: text, hint: complaint.hint)
    }
    let mounts = project?.schema.content(in: "").mounts ?? MountTable()
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    let fields =
      path.isMount || path.isAuthMethod
      ? FieldTable.builtIn.mountSettings : FieldTable.builtIn.fields(of: endpoint)
    var facts = endpoint.facts(for: path, fields: fields)
    facts["path"] = .string(path.description)
    facts["known"] = .bool(endpoint.isKnown)
    facts["entry"] = endpoint.isKnown ? .string(endpoint.family) : .null
    facts["guessed"] = .bool(endpoint.isGuess)
    facts["own"] = .bool(catalogue.ownFamilies.contains(endpoint.family))
    facts["declared"] = .bool(project?.schema.declaration(at: path) != nil)
    return .object(facts)
  }

  static func text(_ facts: Value, _ style: Style) -> String {
    var text = style.title(facts["path"]?.string ?? "") + "\n"
    func line(_ label: String, _ words: String) {
      text += "  \(label)\(String(repeating: " ", count: max(1, 14 - label.count)))\(words)\n"
    }
    line("entry", entry(facts))
    line("is", "\(facts["kind"]?.string ?? ""), created at rank \(facts["order"]?.integer ?? 0)")
    for (label, key, meaning) in labels {
      guard let words = words(facts[key]), let meaning = meaning(facts) else { continue }
      line(label, meaning.replacing("…", with: words))
    }
    guard let fields = facts["fields"]?.object else {
      line("fields", "the servers do not tell")
      return text
    }
    let isMount = facts["kind"] == "mount" || facts["kind"] == "auth method"
    line(
      "fields",
      isMount ? "below config:" : facts["open"] == true ? "these, and any that a plugin has:" : "these:"
    )
    let byType = Dictionary(grouping: fields.keys) { fields[$0]?.string ?? "" }
    for (type, names) in byType.sorted(by: { $0.key < $1.key }) {
      text += "    \(type): \(names.sorted().joined(separator: " "))\n"
    }
    return text
  }

  private static func entry(_ facts: Value) -> String {
    guard let entry = facts["entry"]?.string else {
      return "none: it is read back as it is and remembered, which needs no knowledge"
    }
    let guess = facts["guessed"] == true ? "; the type was guessed from the name of the mount" : ""
    return entry + (facts["own"] == true ? " (config.yaml)" : "") + guess
  }

  private static func words(_ value: Value?) -> String? {
    switch value {
    case nil, .null?: nil
    case .array(let names)?: names.compactMap(\.string).joined(separator: " ")
    case .object(let members)?:
      members.sorted { $0.key < $1.key }.map { "\($0.key): \(JSON.text($0.value))" }.joined(separator: ", ")
    case .string(let text)?: text
    case let value?: JSON.text(value)
    }
  }

  /// How each fact is told; `…` stands for it.
  private static let labels: [(label: String, key: String, meaning: @Sendable (Value) -> String?)] = [
    ("write", "write", writing), ("read", "read", { _ in "…" }), ("", "reads", { _ in "and …" }),
    ("probe", "probe", { _ in "… shows whether it was done" }),
    ("answer", "answer_once", { _ in "… cannot be asked for again, and must be saved" }),
    ("reset", "reset", { _ in "what is sent for a field that was removed: …" }),
    ("", "cannot_reset", { _ in "nothing resets …" }),
    ("check and set", "cas", { _ in "a write says in … which version it is based on" }),
    ("older names", "twins", { _ in "…" }),
    ("write-only", "write_only", { _ in "never read back: …" }),
    ("once", "at_creation", { _ in "only the first write may have …" }),
    ("secret", "secret", { _ in "…" }), ("not secret", "not_secret", { _ in "…" }),
    ("fixed", "immutable", { _ in "after creation: …" }),
    ("volatile", "volatile", { _ in "changed by the server: …" }),
    ("sequence", "sequence", { _ in "the order of … matters" }),
    ("renamed", "renamed", { _ in "in the read: …" }),
    ("delete", "delete", deleting), ("", "loses", { _ in "destroys …" }),
    ("", "deletable_if", { _ in "only while … is true" }),
    ("sudo", "sudo", { _ in "the token needs this capability" }),
    ("name", "lowercase_name", { _ in "is written in lower case by the server" }),
    ("built in", "built_in", { _ in "on every server from the start" }),
  ]

  private static func writing(_ facts: Value) -> String? {
    if facts["kind"] == "action" { return nil }
    return switch facts["write"]?.string {
    case "merge": "merge: a field that is left out keeps its value"
    case "replace": "replace: a field that is left out falls back to its default"
    default: "nobody knows whether a field that is left out keeps its value"
    }
  }

  private static func deleting(_ facts: Value) -> String? {
    if facts["kind"] == "action" { return nil }
    return switch facts["delete"]?.string {
    case "refused": "there is none: defaults are written instead"
    case "mount": "there is none: it goes only with its mount"
    default: "DELETE"
    }
  }
}

extension Endpoint {
  /// How it is read, in a word.
  fileprivate var readWord: String {
    if self.lookup != nil { return "a list" }
    return switch readPath(for: VaultPath("x")) {
    case .itself: "itself"
    case .path: "elsewhere"
    case .member, .named: "a list"
    case .kvMetadata: "its metadata"
    case .nothing: "none"
    }
  }
}
