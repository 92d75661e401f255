import CGit2

/// What becomes of one path.
package enum TreeChange: Hashable, Sendable {
  /// A file with these bytes.
  case blob([UInt8])
  /// An object that the repository has, as a file or as a directory.
  case existing(ObjectID, isTree: Bool)
  /// Nothing is there afterwards, and nothing below.
  case remove
}

extension Repository {
  /// Writes a tree that differs from another in some paths, and gives its id.
  ///
  /// Only the directories on the way to a change are read and written. A file makes room for a directory and the other way
  /// round, and a directory without entries vanishes. Fewer than fifty new objects become loose files, more become one
  /// pack. Removing what is not there is no error.
  ///
  /// - Parameters:
  ///   - base: The tree, or the commit, to start from; nil for none.
  ///   - changes: Changes by path, names with `/` between.
  /// - Returns: The id of the root; that of the empty tree when nothing is left.
  /// - Throws: ``GitError`` of kind `invalid` for a path that git refuses, or when a file would lie in a file.
  package func writeTree(base: ObjectID?, changes: [String: TreeChange]) throws(GitError) -> ObjectID {
    let (id, batch) = try buildTree(base: base, changes: changes)
    try batch.write(to: self)
    return id
  }

  /// The id that ``writeTree(base:changes:)`` would give, with nothing written.
  ///
  /// - Throws: ``GitError`` as ``writeTree(base:changes:)`` does.
  package func hashTree(base: ObjectID?, changes: [String: TreeChange]) throws(GitError) -> ObjectID {
    try buildTree(base: base, changes: changes).id
  }

  private func buildTree(
    base: ObjectID?,
    changes: [String: TreeChange]
  ) throws(GitError) -> (id: ObjectID, batch: ObjectBatch) {
    let root = ChangedDirectory()
    for (path, change) in changes { try root.insert(change, at: path) }
    var builder = TreeBuilder(repository: self)
    var start: ObjectID?
    if let base { start = try tree(of: base) }
    if let id = try builder.tree(from: start, applying: root) { return (id, builder.batch) }
    // A root without entries is a tree all the same.
    let id = try builder.batch.add(GIT_OBJECT_TREE, [])
    return (id, builder.batch)
  }
}

/// The changes below one directory.
private final class ChangedDirectory {
  /// What happens to the directory's own path, before the changes below it.
  var change: TreeChange?
  var children: [EntryName: ChangedDirectory] = [:]

  func insert(_ change: TreeChange, at path: String) throws(GitError) {
    var node = self
    for bytes in Array(path.utf8).split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      let name = EntryName(bytes)
      if let child = node.children[name] {
        node = child
        continue
      }
      guard Self.isAcceptable(name) else { throw GitError(.invalid, "git refuses the path \(path)") }
      let child = ChangedDirectory()
      node.children[name] = child
      node = child
    }
    node.change = change
  }

  // What `git fsck` and every checkout refuse; other systems' spellings of .git are the caller's to encode.
  private static func isAcceptable(_ name: EntryName) -> Bool {
    let bytes = name.bytes
    if bytes.isEmpty || bytes.contains(0) { return false }
    if bytes.count > 4 || bytes.first != UInt8(ascii: ".") { return true }
    return ![".", "..", ".git"].contains(name.text.lowercased())
  }

  var onlyRemoves: Bool {
    (change == nil || change == .remove) && children.values.allSatisfy(\.onlyRemoves)
  }
}

private struct TreeBuilder {
  let repository: Repository
  var batch = ObjectBatch()

  init(repository: Repository) {
    self.repository = repository
  }

  /// The id of a changed tree; nil when nothing is left in it.
  mutating func tree(from base: ObjectID?, applying changes: ChangedDirectory) throws(GitError) -> ObjectID? {
    var kept: [RawEntry] = []
    var replaced: [EntryName: RawEntry] = [:]
    if let base {
      for entry in try repository.rawTree(base) {
        let name = EntryName(entry.name)
        if changes.children[name] == nil { kept.append(entry) } else { replaced[name] = entry }
      }
    }
    for (name, child) in changes.children {
      if let entry = try entry(name, from: replaced[name], applying: child) { kept.append(entry) }
    }
    return kept.isEmpty ? nil : try batch.add(GIT_OBJECT_TREE, RawEntry.serialize(kept))
  }

  private mutating func entry(
    _ name: EntryName,
    from old: RawEntry?,
    applying changes: ChangedDirectory
  ) throws(GitError) -> RawEntry? {
    var entry = old
    switch changes.change {
    case nil: break
    case .remove: entry = nil
    case .blob(let content):
      entry = RawEntry(name: name.bytes, mode: 0o100644, id: try batch.add(GIT_OBJECT_BLOB, content))
    case .existing(let id, let isTree):
      entry = RawEntry(name: name.bytes, mode: isTree ? 0o040000 : 0o100644, id: id)
    }
    if changes.children.isEmpty { return entry }

    if let entry, !entry.isTree {
      // Removing below a file is nothing to do; writing below one replaces an old file, but contradicts a new one.
      if changes.children.values.allSatisfy(\.onlyRemoves) { return entry }
      guard changes.change == nil else {
        throw GitError(.invalid, "\(name.text) cannot be a file and a directory at once")
      }
    }
    let base = entry.flatMap { $0.isTree ? $0.id : nil }
    guard let id = try tree(from: base, applying: changes) else { return nil }
    return RawEntry(name: name.bytes, mode: 0o040000, id: id)
  }
}
