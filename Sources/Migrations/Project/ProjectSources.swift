import FoundationEssentials
package import Git
import Values

/// The files as they are on disk.
package struct WorkTreeSource: ProjectSource {
  /// The folder of `config.yaml`.
  package let folder: String
  private let shownFolder: String
  /// Whether links may lead nowhere else.
  private let isConfined: Bool

  /// Reads below a folder, which is called something shorter in messages, for example `.vault-migrations`.
  ///
  /// Confined, it reads nothing outside, wherever a link leads: for files that somebody else proposes.
  package init(folder: String, shownAs: String, isConfined: Bool = false) {
    self.folder = folder
    self.shownFolder = shownAs
    self.isConfined = isConfined
  }

  private func full(_ path: String) throws(Problem) -> String {
    let full = "\(folder)/\(path)"
    guard isConfined else { return full }
    let real = { URL(filePath: $0).resolvingSymlinksInPath().path(percentEncoded: false) }
    guard (real(full) + "/").hasPrefix(real(folder) + "/") else {
      throw Problem(
        .configurationInvalid,
        "\(shown(path)) leads outside of the project, and is not read with --base",
        at: SourceLocation(file: shown(path)),
        hint: "put the file itself there, in the place of the link"
      )
    }
    return full
  }

  package func bytes(at path: String) throws -> [UInt8]? {
    let full = try full(path)
    var isFolder = false
    guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), !isFolder else { return nil }
    return try [UInt8](Data(contentsOf: URL(filePath: full)))
  }

  package func names(in folder: String) throws -> [String]? {
    let full = try full(folder)
    var isFolder = false
    guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), isFolder else { return nil }
    return try FileManager.default.contentsOfDirectory(atPath: full).map { name in
      var isFolder = false
      _ = FileManager.default.fileExists(atPath: "\(full)/\(name)", isDirectory: &isFolder)
      return isFolder ? name + "/" : name
    }.sorted()
  }

  package func ids(of paths: [String], in repository: Repository) throws -> [ObjectID?] {
    let known = repository.cleanFiles(paths.map { "\(folder)/\($0)" })
    return try zip(paths, known).map { path, id in try id ?? bytes(at: path).map(Repository.blobID) }
  }

  package func shown(_ path: String) -> String {
    shownFolder.isEmpty ? path : "\(shownFolder)/\(path)"
  }
}

/// The files as a commit has them.
package struct RevisionSource: ProjectSource {
  private let repository: Repository
  package let commit: ObjectID
  private let folder: String
  private let name: String

  /// Reads a commit, in which the folder of `config.yaml` is relative to the root; the name is the revision's in messages.
  package init(repository: Repository, commit: ObjectID, folder: String, name: String) {
    self.repository = repository
    self.commit = commit
    self.folder = folder
    self.name = name
  }

  package func bytes(at path: String) throws -> [UInt8]? {
    try repository.file("\(folder)/\(path)", at: commit)
  }

  package func names(in folder: String) throws -> [String]? {
    guard let entry = try repository.entry("\(self.folder)/\(folder)", at: commit), entry.kind == .tree else {
      return nil
    }
    return try repository.tree(entry.id).map { $0.kind == .tree ? $0.name + "/" : $0.name }.sorted()
  }

  package func ids(of paths: [String], in repository: Repository) throws -> [ObjectID?] {
    try paths.map { try repository.entry("\(folder)/\($0)", at: commit)?.id }
  }

  package func shown(_ path: String) -> String {
    "\(name):\(folder)/\(path)"
  }
}
