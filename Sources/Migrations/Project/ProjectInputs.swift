package import Configuration
import Digests
package import Git

/// Everything that a project is read from, named by git's ids: where they are the same, so is all that follows from them.
package struct ProjectInputs: Hashable {
  /// A digest of all names and ids.
  package let digest: String
  /// The newest version that there is a file of; 0 for none.
  package let newestVersion: Int

  /// Finds out what there is, by what `config.yaml` says; files that git knows to be unchanged are not read.
  ///
  /// - Returns: `nil` where something is missing or not named as it should be, which reading the project tells.
  /// - Throws: ``GitError``.
  package init?(of source: any ProjectSource, _ settings: Settings, in repository: Repository) throws {
    let migrations = try source.names(in: settings.migrations) ?? []
    var newest = 0
    for name in migrations where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      guard let version = MigrationFile.parts(ofName: name)?.version else { return nil }
      newest = max(newest, version)
    }
    let paths =
      try ["config.yaml"] + source.paths(at: settings.schema) + source.paths(at: Overlay.folder)
      + migrations.filter { !$0.hasSuffix("/") }.map { "\(settings.migrations)/\($0)" }
    let ids = try source.ids(of: paths, in: repository)
    var text = "\(settings.schema)\n\(settings.migrations)\n"
    for (path, id) in zip(paths, ids) {
      guard let id else { return nil }
      text += "\(id) \(path)\n"
    }
    digest = Digests.sha256(text.utf8)
    newestVersion = newest
  }
}

extension ProjectSource {
  /// The paths of a file, or of the files of a folder, at any depth.
  fileprivate func paths(at path: String) throws -> [String] {
    guard let names = try names(in: path) else { return try bytes(at: path) == nil ? [] : [path] }
    return try names.flatMap { name in
      name.hasSuffix("/") ? try paths(at: "\(path)/\(name.dropLast())") : ["\(path)/\(name)"]
    }
  }
}
