package import Values

/// Another object that a field names, as the catalogue knows it.
package struct NamedObject: Hashable, Sendable {
  package let field: String
  /// As it is written.
  package let name: String
  /// The paths that could be meant; of a mount, with and without the slash at its end.
  package let paths: [VaultPath]
  /// Where the objects of its kind lie: `database/config/`; empty for mounts.
  package let folder: String
  /// Whether what names it does not work without it; otherwise servers merely look for it when they need it.
  package let isNeeded: Bool
}

extension Endpoint {
  /// The objects that the fields of a declared value name, by field and name.
  ///
  /// Patterns, references and Vault's own templates name nothing that could be looked for.
  package func namedObjects(in value: Value, at path: VaultPath) -> [NamedObject] {
    guard !self.refers.isEmpty || !names.isEmpty, let members = value.object else { return [] }
    var found: [NamedObject] = []
    for (fields, isNeeded) in [(self.refers, true), (names, false)] {
      for (field, template) in fields.sorted(by: { $0.key < $1.key }) {
        for name in Self.names(in: members[field]) {
          found.append(namedObject(name, field, template, isNeeded, path))
        }
      }
    }
    return found
  }

  private func namedObject(
    _ name: String,
    _ field: String,
    _ template: String,
    _ isNeeded: Bool,
    _ path: VaultPath
  ) -> NamedObject {
    let start = template.hasPrefix("/") ? String(template.dropFirst()) : prefix + template
    let parts = start.utf8.split(separator: UInt8(ascii: "{"), maxSplits: 1, omittingEmptySubsequences: false)
    let folder = String(Substring(parts[0]))
    let text = parts.count == 1 ? start : folder + name + Substring(parts[1].dropFirst())
    // The catalogue writes "/{}" for a mount, of which people leave out the slash.
    let bare = text.hasSuffix("/") ? String(text.dropLast()) : text
    let texts = folder.isEmpty ? [bare + "/", bare] : [text]
    return NamedObject(
      field: field,
      name: name,
      paths: texts.map { path.with(path: $0) },
      folder: folder,
      isNeeded: isNeeded
    )
  }

  private static func names(in value: Value?) -> [String] {
    let texts =
      value?.array?.compactMap(\.string) ?? value?.string.map { $0.split(separator: ",").map(String.init) }
      ?? []
    return texts.map { text in
      var text = text[...]
      while text.first == " " { text.removeFirst() }
      while text.last == " " { text.removeLast() }
      return String(text)
    }.filter { !$0.isEmpty && !$0.holds("*") && !$0.holds("{") }
  }
}
