/// One path that two trees disagree about.
package struct TreeDifference: Hashable, Sendable {
  package let path: String
  /// The entry before; nil when it was added.
  package let old: TreeEntry?
  /// The entry after; nil when it was removed.
  package let new: TreeEntry?
}

extension Repository {
  /// The files in which two trees differ, sorted by path.
  ///
  /// Subtrees with equal ids are not read, which is what makes it ten times as fast as `git_diff_tree_to_tree`. A file that
  /// became a directory shows as one path removed and others added.
  ///
  /// - Parameters:
  ///   - old: A tree or commit; nil for nothing.
  ///   - new: A tree or commit; nil for nothing.
  ///   - under: A directory to stay in; paths remain relative to the root.
  /// - Returns: One difference per path.
  /// - Throws: ``GitError`` when an object is missing.
  package func changes(
    from old: ObjectID?,
    to new: ObjectID?,
    under: String = ""
  ) throws(GitError) -> [TreeDifference] {
    var found: [TreeDifference] = []
    var start: [TreeEntry?] = []
    for root in [old, new] {
      guard let root else {
        start.append(nil)
        continue
      }
      start.append(try entry(under, at: root))
    }
    let path = under.split(separator: "/").joined(separator: "/")
    try compare(start[0], start[1], at: path, into: &found)
    return found.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// The folders of a name, wherever they are in a tree, that are not the same in an earlier one.
  ///
  /// Subtrees with equal ids are not read, and those that a partial clone left behind were not changed here.
  ///
  /// - Parameters:
  ///   - name: Of the folder; nothing is looked for inside of one.
  ///   - old: A tree or commit; nil for nothing.
  ///   - new: A tree or commit.
  /// - Returns: Their paths from the root, sorted.
  /// - Throws: ``GitError`` when an object cannot be read.
  package func folders(named name: String, unlike old: ObjectID?, at new: ObjectID) throws(GitError)
    -> [String]
  {
    var found: [String] = []
    let start: ObjectID? = if let old { try tree(of: old) } else { nil }
    var open = [(path: "", old: start, new: try tree(of: new))]
    while let next = open.popLast() {
      guard contains(next.new) else { continue }
      var before: [String: ObjectID] = [:]
      if let old = next.old, contains(old) {
        for entry in try tree(old) where entry.kind == .tree { before[entry.name] = entry.id }
      }
      for entry in try tree(next.new) where entry.kind == .tree && before[entry.name] != entry.id {
        if entry.name == name {
          found.append(next.path + name)
        } else {
          open.append((next.path + entry.name + "/", before[entry.name], entry.id))
        }
      }
    }
    return found.sorted()
  }

  private func compare(
    _ old: TreeEntry?,
    _ new: TreeEntry?,
    at path: String,
    into found: inout [TreeDifference]
  ) throws(GitError) {
    if old?.id == new?.id, old?.mode == new?.mode { return }
    let oldTree = old?.kind == .tree ? old : nil
    let newTree = new?.kind == .tree ? new : nil
    let oldFile = oldTree == nil ? old : nil
    let newFile = newTree == nil ? new : nil
    if oldFile != nil || newFile != nil {
      found.append(TreeDifference(path: path, old: oldFile, new: newFile))
    }
    if oldTree == nil, newTree == nil { return }

    var before: [EntryName: RawEntry] = [:]
    if let oldTree {
      for entry in try rawTree(oldTree.id) { before[EntryName(entry.name)] = entry }
    }
    let prefix = path.isEmpty ? "" : path + "/"
    if let newTree {
      for entry in try rawTree(newTree.id) {
        let previous = before.removeValue(forKey: EntryName(entry.name))
        // Nothing is made of entries that are alike, which most are.
        if previous?.id == entry.id, previous?.mode == entry.mode { continue }
        let new = TreeEntry(entry)
        try compare(previous.map(TreeEntry.init), new, at: prefix + new.name, into: &found)
      }
    }
    for entry in before.values.map(TreeEntry.init) {
      try compare(entry, nil, at: prefix + entry.name, into: &found)
    }
  }
}
