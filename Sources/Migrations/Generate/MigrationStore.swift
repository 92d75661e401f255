import Configuration
import FoundationEssentials
import Values

/// Writes a new migration and its line of the chain into the work tree.
package struct MigrationStore {
  private let folder: String
  private let chain: Chain

  /// Writes below the folder of `config.yaml`.
  package init(folder: String, project: Project) {
    self.folder = "\(folder)/\(project.settings.migrations)"
    self.chain = project.chain
  }

  /// Writes both files; if the second cannot be written, the first is taken back.
  ///
  /// - Parameters:
  ///   - migration: The next one.
  ///   - link: Its line of the chain.
  ///   - comment: What stands at the head of the file; no part of the checksum.
  /// - Returns: The path of the migration's file.
  /// - Throws: ``Problem`` if a file is in the way or cannot be written.
  package func write(_ migration: Migration, _ link: Chain.Link, comment: String? = nil) throws -> String {
    let path = "\(folder)/\(migration.fileName)"
    guard !FileManager.default.fileExists(atPath: path) else {
      throw Problem(
        .operationFailed,
        "there is a file at \(path) already",
        hint: "remove it, then run generate again"
      )
    }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      try Data(MigrationFile.text(migration, comment: comment).utf8).write(
        to: URL(filePath: path),
        options: .atomic
      )
      var chain = chain
      chain.links.append(link)
      try Data(chain.text.utf8).write(to: URL(filePath: "\(folder)/\(Chain.fileName)"), options: .atomic)
    } catch {
      try? FileManager.default.removeItem(atPath: path)
      throw Problem(
        .operationFailed,
        "the migration cannot be written to \(folder)",
        hint: "check the folder's permissions and space"
      )
    }
    return path
  }
}
