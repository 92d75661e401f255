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
  package func files(below folder: String, at root: ObjectID) throws -> [String: ObjectID] {
    guard let entry = try entry(folder, at: root), entry.kind == .tree else { return [:] }
    var files: [String: ObjectID] = [:]
    try forEachFile(below: entry.id) { files[$0] = $1 }
    return files
  }

  /// Visits every file below a tree, in git's order, with its path inside of it.
  ///
  /// - Throws: ``GitError`` when an object is missing, and what the body throws.
  package func forEachFile(
    below tree: ObjectID,
    prefix: String = "",
    _ body: (String, ObjectID) throws -> Void
  ) throws {
    for entry in try self.tree(tree) {
      if entry.kind == .tree {
        try forEachFile(below: entry.id, prefix: "\(prefix)\(entry.name)/", body)
      } else {
        try body(prefix + entry.name, entry.id)
      }
    }
  }
}
