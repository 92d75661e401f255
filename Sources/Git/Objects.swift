import CGit2

/// What an entry of a tree is.
package enum EntryKind: Hashable, Sendable {
  case file, executable, symbolicLink, tree, submodule

  init(mode: UInt32) {
    switch mode & 0o170000 {
    case 0o040000: self = .tree
    case 0o120000: self = .symbolicLink
    case 0o160000: self = .submodule
    default: self = mode & 0o111 == 0 ? .file : .executable
    }
  }
}

/// One line of a tree.
package struct TreeEntry: Hashable, Sendable {
  package let name: String
  /// The mode as git writes it, such as `0o100644`.
  package let mode: UInt32
  package let id: ObjectID

  package var kind: EntryKind { EntryKind(mode: mode) }
}

extension TreeEntry {
  init(_ raw: RawEntry) {
    self.init(name: EntryName(raw.name).text, mode: raw.mode, id: raw.id)
  }
}

extension Repository {
  /// The bytes of a file.
  ///
  /// Uses `git_odb_read`.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the object is missing, `invalid` when it is no blob.
  package func blob(_ id: ObjectID) throws(GitError) -> [UInt8] {
    try read(id, expecting: GIT_OBJECT_BLOB, named: "blob")
  }

  /// Writes a blob, unless it is there.
  ///
  /// Uses `git_odb_write`.
  ///
  /// - Throws: ``GitError`` when the disk refuses.
  package func writeBlob(_ bytes: [UInt8]) throws(GitError) -> ObjectID {
    var oid = git_oid()
    try check(git_odb_write(&oid, database, bytes, bytes.count, GIT_OBJECT_BLOB), "write a blob")
    return ObjectID(oid)
  }

  /// The entries of a tree, in git's order.
  ///
  /// Uses `git_odb_read`.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the object is missing, `invalid` when it is no tree.
  package func tree(_ id: ObjectID) throws(GitError) -> [TreeEntry] {
    try rawTree(id).map(TreeEntry.init)
  }

  /// Whether the repository has an object.
  ///
  /// Uses `git_odb_exists`, which reads the disk again before it says no.
  package func contains(_ id: ObjectID) -> Bool {
    var oid = id.oid
    return git_odb_exists(database, &oid) == 1
  }

  /// The bytes of a file in a tree or in the tree of a commit.
  ///
  /// - Parameters:
  ///   - path: Names with `/` between, relative to the root.
  ///   - root: A tree, a commit or an annotated tag.
  /// - Returns: The bytes; nil when there is no such file.
  /// - Throws: ``GitError`` when an object is missing.
  package func file(_ path: String, at root: ObjectID) throws(GitError) -> [UInt8]? {
    guard let entry = try entry(path, at: root), entry.kind == .file || entry.kind == .executable else {
      return nil
    }
    return try blob(entry.id)
  }

  /// The entry at a path in a tree or in the tree of a commit.
  ///
  /// - Parameters:
  ///   - path: Names with `/` between, relative to the root; empty for the root itself.
  ///   - root: A tree, a commit or an annotated tag.
  /// - Returns: The entry; nil when there is none.
  /// - Throws: ``GitError`` when an object is missing.
  package func entry(_ path: String, at root: ObjectID) throws(GitError) -> TreeEntry? {
    var found = TreeEntry(name: "", mode: 0o040000, id: try tree(of: root))
    for name in path.split(separator: "/") {
      guard found.kind == .tree else { return nil }
      let wanted = Array(name.utf8)
      guard let entry = try rawTree(found.id).first(where: { $0.name.elementsEqual(wanted) }) else {
        return nil
      }
      found = TreeEntry(name: String(name), mode: entry.mode, id: entry.id)
    }
    return found
  }

  /// The object that a revision names, as `git rev-parse` understands it; tags are followed to what they name.
  ///
  /// Uses `git_revparse_single` and `git_object_peel`.
  ///
  /// - Throws: ``GitError`` of kind `notFound` or `invalid`.
  package func resolve(_ revision: String) throws(GitError) -> ObjectID {
    let object = try make("resolve \(revision)") { git_revparse_single(&$0, pointer, revision) }
    defer { git_object_free(object) }
    guard git_object_type(object) == GIT_OBJECT_TAG else { return ObjectID(git_object_id(object).pointee) }
    // Peeling to any type goes on until the type changes: through every tag, and no further.
    let peeled = try make("resolve \(revision)") { git_object_peel(&$0, object, GIT_OBJECT_ANY) }
    defer { git_object_free(peeled) }
    return ObjectID(git_object_id(peeled).pointee)
  }

  /// The tree of a commit or a tag; a tree is its own.
  ///
  /// Uses `git_object_peel`.
  ///
  /// - Throws: ``GitError`` of kind `notFound`, or `invalid` for a blob.
  package func tree(of id: ObjectID) throws(GitError) -> ObjectID {
    var oid = id.oid
    let object = try fetchingMissing(id) { () throws(GitError) in
      try make("read \(id)") { git_object_lookup(&$0, pointer, &oid, GIT_OBJECT_ANY) }
    }
    defer { git_object_free(object) }
    // Peeling would want the tree to be here, which a clone may have left behind.
    guard git_object_type(object) != GIT_OBJECT_COMMIT else {
      return ObjectID(git_commit_tree_id(object).pointee)
    }
    let tree = try make("find the tree of \(id)") { git_object_peel(&$0, object, GIT_OBJECT_TREE) }
    defer { git_object_free(tree) }
    return ObjectID(git_object_id(tree).pointee)
  }
}

// MARK: - Raw objects

extension Repository {
  /// Calls the body with an object's type and bytes, which live as long as the call.
  func withObject<Result>(
    _ id: ObjectID,
    _ body: (git_object_t, UnsafeRawBufferPointer) throws(GitError) -> Result
  ) throws(GitError) -> Result {
    var oid = id.oid
    let object = try fetchingMissing(id) { () throws(GitError) in
      try make("read object \(id)") { git_odb_read(&$0, database, &oid) }
    }
    defer { git_odb_object_free(object) }
    let bytes = UnsafeRawBufferPointer(start: git_odb_object_data(object), count: git_odb_object_size(object))
    return try body(git_odb_object_type(object), bytes)
  }

  func read(_ id: ObjectID, expecting type: git_object_t, named name: String) throws(GitError) -> [UInt8] {
    try withObject(id) { (found, bytes) throws(GitError) in
      guard found == type else { throw GitError(.invalid, "object \(id) is no \(name)") }
      return Array(bytes)
    }
  }

  func rawTree(_ id: ObjectID) throws(GitError) -> [RawEntry] {
    // git takes the empty tree for granted; it need not exist as an object.
    if id == .emptyTree { return [] }
    guard let entries = RawEntry.parse(try read(id, expecting: GIT_OBJECT_TREE, named: "tree")) else {
      throw GitError(.failed, "tree \(id) is damaged")
    }
    return entries
  }
}

extension ObjectID {
  /// The tree without entries, which every repository has without storing it.
  package static let emptyTree =
    ObjectID("4b825dc642cb6eb9a060e54bf8d69288fbee4904") ?? .zero
}
