import Configuration
import Values

/// The `chain` file: one line per migration with number, name, checksum and the id of the schema it stands for.
///
/// Two branches that both add a version touch its same last line, so that git itself reports the conflict.
package struct Chain: Hashable, Sendable {
  package struct Link: Hashable, Sendable {
    package let version: Int
    package let name: String
    package let checksum: String
    /// The git tree id of the schema's files.
    package let schema: String

    package init(version: Int, name: String, checksum: String, schema: String) {
      self.version = version
      self.name = name
      self.checksum = checksum
      self.schema = schema
    }
  }

  package static let fileName = "chain"

  package var links: [Link]

  package init(links: [Link] = []) {
    self.links = links
  }

  package var text: String {
    links.map { "\(Migration.label($0.version)) \($0.name) \($0.checksum) \($0.schema)\n" }.joined()
  }

  /// Reads what can be read of a chain, for a look at another branch's.
  package static func read(_ bytes: [UInt8]) -> Chain {
    read(ProjectFile(path: fileName, bytes: bytes), Diagnostics(.migrationInvalid))
  }

  /// Reads a chain file; empty lines are skipped.
  static func read(_ file: ProjectFile, _ diagnostics: Diagnostics) -> Chain {
    var links: [Link] = []
    // By bytes: neither a line end of Windows nor an accent behind a blank may join what it stands between.
    let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let parts = bytes.split { " \t\r".utf8.contains($0) }.map { String(decoding: $0, as: UTF8.self) }
      guard let line = parts.first else { continue }
      let location = SourceLocation(file: file.path, line: index + 1)
      if line.hasPrefix("<<<<<<<") || line.hasPrefix("=======") || line.hasPrefix(">>>>>>>") {
        diagnostics.error(
          "the chain holds an unresolved merge conflict",
          at: location,
          hint:
            "two branches added the same version: run \"vault-migrations rebase\", then git add and commit"
        )
        return Chain()
      }
      guard parts.count == 4, let version = Int(parts[0]), 1...Migration.highestVersion ~= version else {
        diagnostics.error(
          "a line of the chain does not hold number, name, checksum and schema",
          at: location,
          hint: "the chain is written by generate; restore it with git"
        )
        continue
      }
      links.append(
        Link(version: version, name: parts[1], checksum: parts[2], schema: parts[3])
      )
    }
    return Chain(links: links)
  }
}
