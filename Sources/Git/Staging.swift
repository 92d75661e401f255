import CGit2
import FoundationEssentials

extension Repository {
  /// The files below a folder as they are staged for the next commit, by path inside of it.
  ///
  /// Uses `git_index_open`, with the index that git names to a hook: `git commit FILE` has one of its own.
  ///
  /// - Throws: ``GitError`` when the index cannot be read.
  package func staged(
    below folder: String,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(GitError) -> [String: ObjectID] {
    var path = environment["GIT_INDEX_FILE"] ?? "\(gitDirectory)/index"
    // It is relative to the root of the work tree.
    if !path.hasPrefix("/"), let workTree { path = "\(workTree)/\(path)" }
    let index = try make("read the index") { git_index_open(&$0, path) }
    defer { git_index_free(index) }
    return entries(of: index, below: folder)
  }

  /// The files below a folder of a commit, by path inside of it; none if there is no such folder.
  ///
  /// - Throws: ``GitError`` when an object is missing.
  package func files(below folder: String, at root: ObjectID) throws(GitError) -> [String: ObjectID] {
    guard let entry = try entry(folder, at: root), entry.kind == .tree else { return [:] }
    var files: [String: ObjectID] = [:]
    try collect(entry.id, "", &files)
    return files
  }

  private func collect(_ tree: ObjectID, _ prefix: String, _ files: inout [String: ObjectID]) throws(GitError)
  {
    for entry in try self.tree(tree) {
      if entry.kind == .tree {
        try collect(entry.id, "\(prefix)\(entry.name)/", &files)
      } else {
        files[prefix + entry.name] = entry.id
      }
    }
  }
}
