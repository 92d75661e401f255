import CGit2

/// Which parents a walk follows.
package enum HistoryPath: Sendable {
  /// The line that the branch itself took.
  case firstParents
  /// Merged branches too.
  case everyParent
}

extension Repository {
  /// Commits from one back into the past, newest first.
  ///
  /// Stops without an error where a shallow clone ends.
  ///
  /// - Parameters:
  ///   - start: The first commit.
  ///   - excluding: A commit that ends the walk, with all its ancestors.
  ///   - path: Which parents to follow.
  ///   - limit: How many at most.
  /// - Returns: The commits, copied out of the repository.
  /// - Throws: ``GitError`` when a commit is missing that should be there.
  package func log(
    from start: ObjectID,
    excluding: ObjectID? = nil,
    following path: HistoryPath = .everyParent,
    limit: Int = .max
  ) throws(GitError) -> [Commit] {
    var commits: [Commit] = []
    try walk(from: start, excluding: excluding, following: path) { commit in
      if commits.count < limit { commits.append(commit) }
      return commits.count < limit
    }
    return commits
  }

  /// Commits that changed what is at a path, newest first.
  ///
  /// A commit counts when its entry differs from its first parent's. The last commit of a shallow clone never counts: what it
  /// changed is not known.
  ///
  /// - Parameters:
  ///   - path: A file or a directory.
  ///   - start: The first commit to look at.
  ///   - excluding: A commit that ends the walk, with all its ancestors.
  /// - Returns: The commits, merges included.
  /// - Throws: ``GitError`` when an object is missing that should be there.
  package func commits(
    touching path: String,
    from start: ObjectID,
    excluding: ObjectID? = nil
  ) throws(GitError) -> [Commit] {
    var found: [Commit] = []
    for commit in try log(from: start, excluding: excluding) {
      if shallowBoundary.contains(commit.id) { continue }
      let here = try entry(path, at: commit.tree)
      var before: TreeEntry?
      if let parent = commit.parents.first { before = try entry(path, at: parent) }
      if here?.id != before?.id || here?.mode != before?.mode { found.append(commit) }
    }
    return found
  }

  /// The nearest common ancestor; nil when there is none, or none that a shallow clone has.
  ///
  /// Uses `git_merge_base`, and a walk of our own in a shallow clone.
  ///
  /// - Throws: ``GitError`` when a commit is missing.
  package func mergeBase(_ one: ObjectID, _ other: ObjectID) throws(GitError) -> ObjectID? {
    if isShallow {
      var ancestors: Set<ObjectID> = []
      try walk(from: one) { ancestors.insert($0.id).inserted }
      var found: ObjectID?
      try walk(from: other) { commit in
        if ancestors.contains(commit.id) { found = commit.id }
        return found == nil
      }
      return found
    }
    // libgit2 says of a missing commit what it says of no common ancestor, or worse.
    _ = try (commit(one), commit(other))
    var oid = git_oid()
    var left = one.oid
    var right = other.oid
    let code = git_merge_base(&oid, pointer, &left, &right)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code, "find the merge base of \(one) and \(other)")
    return ObjectID(oid)
  }

  /// Whether a commit is another one, or among its ancestors.
  ///
  /// Uses `git_graph_descendant_of`, and a walk of our own in a shallow clone, where "no" means "not that we can see".
  ///
  /// - Throws: ``GitError`` when a commit is missing.
  package func isAncestor(_ ancestor: ObjectID, of descendant: ObjectID) throws(GitError) -> Bool {
    if ancestor == descendant { return true }
    if isShallow {
      var isFound = false
      try walk(from: descendant) { commit in
        isFound = commit.id == ancestor
        return !isFound
      }
      return isFound
    }
    var ancestorOID = ancestor.oid
    var descendantOID = descendant.oid
    let code = git_graph_descendant_of(pointer, &descendantOID, &ancestorOID)
    return try check(code, "compare \(ancestor) with \(descendant)") == 1
  }

  // libgit2's own walk fails where a shallow clone ends.
  private func walk(
    from start: ObjectID,
    excluding: ObjectID? = nil,
    following path: HistoryPath = .everyParent,
    _ visit: (Commit) -> Bool
  ) throws(GitError) {
    var excluded: Set<ObjectID> = []
    if let excluding { try walk(from: excluding) { excluded.insert($0.id).inserted } }
    var queue: [Commit] = []
    var seen: Set<ObjectID> = [start]
    if !excluded.contains(start) { queue.append(try commit(start)) }
    while let next = queue.popLast() {
      guard visit(next) else { return }
      if shallowBoundary.contains(next.id) { continue }
      for parent in path == .firstParents ? next.parents.prefix(1) : next.parents[...]
      where !excluded.contains(parent) && seen.insert(parent).inserted {
        let commit = try commit(parent)
        // Newest last; equal times keep their order of discovery.
        var low = 0
        var high = queue.count
        while low < high {
          let middle = (low + high) / 2
          if queue[middle].time < commit.time { low = middle + 1 } else { high = middle }
        }
        queue.insert(commit, at: low)
      }
    }
  }
}
