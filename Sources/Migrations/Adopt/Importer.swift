package import Catalogue
import Configuration
import Values

/// Turns what was found on a server into what a person would have declared: pure, values in, entries out.
package struct Importer {
  private let catalogue: Catalogue
  private let table: FieldTable
  private let found: Discovered
  private var cache = FieldTable.Cache()
  private var result = Imported()
  private var names: Set<String> = []
  /// Which entries refer to which, so that none waits for itself.
  private var references: [VaultPath: Set<VaultPath>] = [:]

  private init(_ found: Discovered, _ catalogue: Catalogue, _ table: FieldTable) {
    self.found = found
    self.catalogue = catalogue
    self.table = table
  }

  /// The entries for everything that was found and is not declared already.
  ///
  /// - Parameters:
  ///   - found: What a walk through the server gave.
  ///   - declared: The paths that the schema has; they are left as they are.
  ///   - catalogue: What is known about endpoints.
  ///   - table: What is known about fields.
  /// - Returns: Entries, the variables in them, and what could not be told in entries.
  package static func entries(
    for found: Discovered,
    except declared: Set<VaultPath> = [],
    catalogue: Catalogue,
    table: FieldTable
  ) -> Imported {
    var importer = Importer(found, catalogue, table)
    importer.result.notices = found.notices
    for path in found.live.keys.sorted() where !declared.contains(path) {
      guard let members = found.live[path]?.object else { continue }
      importer.add(path, members)
    }
    return importer.result
  }

  private mutating func add(_ path: VaultPath, _ live: [String: Value]) {
    let endpoint = catalogue.endpoint(for: path, mounts: found.mounts)
    if let complaint = PathRules.complaint(about: path.path) {
      result.notices.append(Discovered.Notice(path, "cannot be declared: \(complaint.message)"))
      return
    }
    var written = endpoint.writtenForm(of: live, known: table.fields(of: endpoint, &cache))
    if let only = found.only[path] { written = written.filter { only.contains($0.key) } }
    let asked = endpoint.askedFields(live)
    // What is there from the start, or only as a number, needs no entry unless something was set.
    if written.isEmpty, asked.isEmpty, !deservesEmptyEntry(path, endpoint) { return }
    var entry: [String: Value] = [:]
    for (name, value) in written.sortedByKey { entry[name] = declared(value, name, path, endpoint) }
    for name in asked { entry[name] = variable(for: name, path) }
    for name in endpoint.mayHide.sorted() where entry[name] == nil {
      result.notices.append(Discovered.Notice(path, "\(name) never comes back: add it if it is set"))
    }
    result.entries[path] = .object(entry)
  }

  private func deservesEmptyEntry(_ path: VaultPath, _ endpoint: Endpoint) -> Bool {
    if path.isMount || path.isAuthMethod { return true }
    guard let listing = endpoint.listing else { return false }
    return !listing.isData && listing.only == nil && !found.unnamed.contains(path)
  }

  // MARK: - Values

  private mutating func declared(_ value: Value, _ field: String, _ path: VaultPath, _ endpoint: Endpoint)
    -> Value
  {
    switch value {
    case .array(let elements):
      return .array(
        elements.enumerated().filter { $0.element != .null }
          .map { declared($0.element, "\(field).\($0.offset)", path, endpoint) }
      )
    case .object(let members):
      var mapped: [String: Value] = [:]
      for (key, member) in members.sortedByKey where member != .null {
        mapped[key] = declared(member, "\(field).\(key)", path, endpoint)
      }
      return .object(mapped)
    case .string(let text):
      if !text.isEmpty, endpoint.isSecret(field: field) { return variable(for: field, path) }
      guard let mask = endpoint.maskedPassword(in: text, field: field) else {
        return .string(withReferences(text, path))
      }
      let name = name(for: field, path)
      return .string(Self.escaped(text).replacing(":\(mask)@", with: ":${\(name)}@"))
    case .secret: return variable(for: field, path)
    default: return value
    }
  }

  // MARK: - Secrets

  private mutating func variable(for field: String, _ path: VaultPath) -> Value {
    .string("${\(name(for: field, path))}")
  }

  /// A name after path and field that no other field has.
  private mutating func name(for field: String, _ path: VaultPath) -> String {
    let wanted = LiteralSecrets.variableName(for: field, of: path)
    var name = wanted
    var number = 2
    while !names.insert(name).inserted {
      name = "\(wanted)_\(number)"
      number += 1
    }
    result.variables.append(Imported.Variable(name: name, path: path, field: field))
    return name
  }

  // MARK: - References

  /// The text with references in the place of what the server gave to other objects.
  private mutating func withReferences(_ text: String, _ holder: VaultPath) -> String {
    guard let known = found.references[holder.namespace], text.utf8.count >= 8 else {
      return Self.escaped(text)
    }
    var result = ""
    var word = ""
    func isPart(_ character: Character) -> Bool {
      character.isASCII && (character.isLetter || character.isNumber || "-_.".contains(character))
    }
    for character in text + "\n" {
      if isPart(character) {
        word.append(character)
        continue
      }
      if let reference = known[word], refer(from: holder, to: reference) {
        result += reference
      } else {
        result += word
      }
      word = ""
      result.append(character)
    }
    result.removeLast()
    return Self.escaped(result, sparing: known)
  }

  /// Whether an entry may refer to an object: not if that waits for this entry in turn.
  private mutating func refer(from holder: VaultPath, to reference: String) -> Bool {
    guard case .reference(.given(let given))? = (try? Template(reference))?.segments.first else {
      return false
    }
    let object = GivenObject(given, in: holder.namespace).path
    if object == holder || leads(from: object, to: holder) { return false }
    references[holder, default: []].insert(object)
    return true
  }

  private func leads(from start: VaultPath, to end: VaultPath) -> Bool {
    var open = [start]
    var seen: Set<VaultPath> = []
    while let path = open.popLast() {
      if path == end { return true }
      if seen.insert(path).inserted { open += references[path] ?? [] }
    }
    return false
  }

  /// A literal `${` is written `$${`.
  private static func escaped(_ text: String, sparing known: [String: String] = [:]) -> String {
    guard text.holds("${") else { return text }
    var result = ""
    var remainder = text[...]
    while let open = remainder.firstRange(of: "${") {
      result += remainder[..<open.lowerBound]
      let tail = remainder[open.lowerBound...]
      let reference = tail.firstIndex(of: "}").map { String(tail[...$0]) } ?? ""
      result += known.values.contains(reference) ? "${" : "$${"
      remainder = remainder[open.upperBound...]
    }
    return result + remainder
  }
}
