package import Git

/// Files that are known by their blobs alone: what is staged, or what a merge would give.
package struct BlobSource: ProjectSource {
  private let repository: Repository
  private let blobs: [String: ObjectID]
  private let shownFolder: String

  /// Reads blobs, whose paths are relative to the folder of `config.yaml`.
  package init(_ blobs: [String: ObjectID], in repository: Repository, shownAs folder: String) {
    self.repository = repository
    self.blobs = blobs
    shownFolder = folder
  }

  package func bytes(at path: String) throws -> [UInt8]? {
    try blobs[path].map { try repository.blob($0) }
  }

  package func names(in folder: String) throws -> [String]? {
    let prefix = folder + "/"
    let names = Set(
      blobs.keys.filter { $0.hasPrefix(prefix) }.map { path in
        let rest = path.dropFirst(prefix.count)
        return rest.firstIndex(of: "/").map { String(rest[...$0]) } ?? String(rest)
      }
    )
    return names.isEmpty ? nil : names.sorted()
  }

  package func ids(of paths: [String], in repository: Repository) -> [ObjectID?] { paths.map { blobs[$0] } }

  package func shown(_ path: String) -> String {
    shownFolder.isEmpty ? path : "\(shownFolder)/\(path)"
  }
}
