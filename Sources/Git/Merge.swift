import CGit2

/// What became of a merge in memory: the files by path, or the paths that a person has to decide about.
package enum TreeMerge: Hashable, Sendable {
  case merged([String: ObjectID])
  case conflicts([String])
}

extension Repository {
  /// Merges two trees on top of a third, as git would merge branches; neither index nor work tree is touched.
  ///
  /// Uses `git_merge_trees`, which writes merged files as blobs.
  ///
  /// - Parameters:
  ///   - ours: One side; nil for no files.
  ///   - theirs: The other one.
  ///   - base: What both began with.
  /// - Returns: The files of the result, or what conflicts.
  /// - Throws: ``GitError`` when an object is missing.
  package func merge(
    _ ours: ObjectID?,
    with theirs: ObjectID?,
    base: ObjectID?
  ) throws(GitError) -> TreeMerge {
    let trees = try [base, ours, theirs].map { (id) throws(GitError) in try lookUpTree(id) }
    defer { for tree in trees { git_tree_free(tree) } }
    var options = git_merge_options()
    git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION))
    // A file that one side renamed and the other edited is a question for a person.
    options.flags = 0
    let index = try make("merge") { git_merge_trees(&$0, pointer, trees[0], trees[1], trees[2], &options) }
    defer { git_index_free(index) }
    let conflicts = try conflicts(in: index)
    return conflicts.isEmpty ? .merged(entries(of: index)) : .conflicts(conflicts)
  }

  private func lookUpTree(_ id: ObjectID?) throws(GitError) -> OpaquePointer? {
    guard let id, id != .emptyTree else { return nil }
    try complete(id)
    var oid = id.oid
    return try make("read tree \(id)") { git_tree_lookup(&$0, pointer, &oid) }
  }

  private func conflicts(in index: OpaquePointer) throws(GitError) -> [String] {
    guard git_index_has_conflicts(index) == 1 else { return [] }
    let iterator = try make("list conflicts") { git_index_conflict_iterator_new(&$0, index) }
    defer { git_index_conflict_iterator_free(iterator) }
    var paths: Set<String> = []
    var (ancestor, ours, theirs): (UnsafePointer<git_index_entry>?, _, _) = (
      nil, UnsafePointer<git_index_entry>?.none, UnsafePointer<git_index_entry>?.none
    )
    while git_index_conflict_next(&ancestor, &ours, &theirs, iterator) == 0 {
      if let path = (ours ?? theirs ?? ancestor)?.pointee.path { paths.insert(String(cString: path)) }
    }
    return paths.sorted()
  }

  /// The files of an index.
  func entries(of index: OpaquePointer, below folder: String = "") -> [String: ObjectID] {
    let prefix = folder.isEmpty ? "" : folder + "/"
    var start = 0
    if !prefix.isEmpty, git_index_find_prefix(&start, index, prefix) != 0 { return [:] }
    var files: [String: ObjectID] = [:]
    for position in start..<git_index_entrycount(index) {
      guard let entry = git_index_get_byindex(index, position)?.pointee, let path = entry.path else { break }
      let name = String(cString: path)
      guard name.hasPrefix(prefix) else { break }
      files[String(name.dropFirst(prefix.count))] = ObjectID(entry.id)
    }
    return files
  }
}
