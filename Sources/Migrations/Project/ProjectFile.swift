package import Git

/// A file of the project, wherever it was read from.
package struct ProjectFile: Hashable, Sendable {
  /// As shown to users: relative to the repository's root.
  package let path: String
  package let bytes: [UInt8]

  package init(path: String, bytes: [UInt8]) {
    self.path = path
    self.bytes = bytes
  }
}

/// Where a project's files are read from: the work tree, or a commit in the object database.
package protocol ProjectSource {
  /// The bytes of a file; `nil` if there is none. The path is relative to the folder of `config.yaml`.
  func bytes(at path: String) throws -> [UInt8]?

  /// The names in a folder, sorted, sub-folders with a slash at the end; `nil` if there is no such folder.
  func names(in folder: String) throws -> [String]?

  /// The ids that files have as blobs; `nil` for what is not there.
  func ids(of paths: [String], in repository: Repository) throws -> [ObjectID?]

  /// How a path is shown to users.
  func shown(_ path: String) -> String
}

extension ProjectSource {
  package func ids(of paths: [String], in repository: Repository) throws -> [ObjectID?] {
    try paths.map { try bytes(at: $0).map(Repository.blobID) }
  }

  /// The YAML files of a path that is one file or a folder of files, at any depth.
  package func files(at path: String) throws -> [ProjectFile]? {
    if let bytes = try bytes(at: path) { return [ProjectFile(path: shown(path), bytes: bytes)] }
    guard let names = try names(in: path) else { return nil }
    var found: [ProjectFile] = []
    for name in names {
      if name.hasSuffix("/") {
        found += try files(at: "\(path)/\(name.dropLast())") ?? []
      } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
        guard let bytes = try bytes(at: "\(path)/\(name)") else { continue }
        found.append(ProjectFile(path: shown("\(path)/\(name)"), bytes: bytes))
      }
    }
    return found
  }
}
