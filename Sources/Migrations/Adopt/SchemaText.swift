package import Catalogue
import Configuration
package import Values
import YAML

/// Writes entries as a schema file, sorted and grouped by mount.
package enum SchemaText {
  /// A whole file.
  package static func file(_ entries: [VaultPath: Value], _ mounts: MountTable) -> String {
    block(entries, mounts, namespace: "", indent: "")
  }

  private static func block(
    _ entries: [VaultPath: Value],
    _ mounts: MountTable,
    namespace: String,
    indent: String
  ) -> String {
    let own = entries.filter { $0.key.namespace == namespace }
    var text = ""
    if !own.isEmpty { text += "\(indent)desired_state:\n" + state(own, mounts, indent: indent + "  ") }
    let children = children(of: namespace, in: entries)
    if !children.isEmpty {
      text += "\(text.isEmpty ? "" : "\n")\(indent)namespaces:\n"
      for (name, full) in children {
        text += indented(YAML.emit([name: [:]]).replacing(" {}", with: ""), by: indent + "  ")
        text += block(entries, mounts, namespace: full, indent: indent + "    ")
      }
    }
    return text
  }

  /// The namespaces right below one that hold something, by name.
  private static func children(of parent: String, in entries: [VaultPath: Value]) -> [(
    name: String, full: String
  )] {
    let prefix = parent.isEmpty ? "" : parent + "/"
    let names = Set(
      entries.keys.map(\.namespace).filter { !$0.isEmpty && $0 != parent && $0.hasPrefix(prefix) }
        .map { String($0.dropFirst(prefix.count).prefix { $0 != "/" }) }
    )
    return names.sorted().map { ($0, prefix + $0) }
  }

  /// Entries of one namespace; an empty line stands between two mounts.
  package static func state(_ entries: [VaultPath: Value], _ mounts: MountTable, indent: String) -> String {
    func group(_ path: VaultPath) -> String {
      path.contentPrefix ?? mounts.mount(holding: path)?.prefix ?? path.path
    }
    let sorted = entries.sorted { (group($0.key), $0.key) < (group($1.key), $1.key) }
    var text = ""
    var last: String?
    for (path, value) in sorted {
      if let last, last != group(path) { text += "\n" }
      last = group(path)
      text += indented(YAML.emit([path.path: value], keyOrder: ["type"]), by: indent)
    }
    return text
  }

  private static func indented(_ text: String, by indent: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
      .map { $0.isEmpty ? "\n" : "\(indent)\($0)\n" }.joined()
  }

  /// The text of an edited file with more entries of the root namespace behind its own.
  ///
  /// - Returns: `nil` if the file is not laid out in a way that entries could be added to.
  package static func adding(_ entries: [VaultPath: Value], to text: String, _ mounts: MountTable) -> String?
  {
    guard entries.keys.allSatisfy(\.namespace.isEmpty) else { return nil }
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let start = lines.firstIndex(where: { $0 == "desired_state:" }) else { return nil }
    func isOutside(_ line: String) -> Bool { line.first.map { $0 != " " && $0 != "#" } ?? false }
    let end = lines[(start + 1)...].firstIndex(where: isOutside) ?? lines.count
    guard
      let first = lines[(start + 1)..<end].first(where: { line in
        let content = line.drop { $0 == " " }
        return !content.isEmpty && !content.hasPrefix("#")
      }), let last = lines[..<end].lastIndex(where: { !$0.isEmpty })
    else { return nil }
    let indent = String(first.prefix { $0 == " " })
    lines.insert("\n" + state(entries, mounts, indent: indent).dropLast(), at: last + 1)
    return lines.joined(separator: "\n")
  }
}

private func < (left: (String, VaultPath), right: (String, VaultPath)) -> Bool {
  left.0 == right.0 ? left.1 < right.1 : left.0 < right.0
}
