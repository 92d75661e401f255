import CGit2

/// Who, and when.
package struct Signature: Hashable, Sendable {
  package var name: String
  package var email: String
  /// Seconds since 1970.
  package var time: Int64
  /// The writer's distance from UTC, in minutes.
  package var offsetMinutes: Int32

  package init(name: String, email: String, time: Int64, offsetMinutes: Int32 = 0) {
    self.name = name
    self.email = email
    self.time = time
    self.offsetMinutes = offsetMinutes
  }
}

/// A `Key: value` line at the end of a message.
package struct Trailer: Hashable, Sendable {
  package let key: String
  package let value: String

  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

/// A commit, copied out of the repository.
package struct Commit: Hashable, Sendable {
  package let id: ObjectID
  package let tree: ObjectID
  /// The parents as written; those of a shallow boundary may be missing from the repository.
  package let parents: [ObjectID]
  package let author: Signature
  package let committer: Signature
  package let message: String
  package let trailers: [Trailer]

  /// When it was committed, in seconds since 1970.
  package var time: Int64 { committer.time }

  /// The first line of the message.
  package var summary: String { String(message.prefix { $0 != "\n" }) }

  /// The last value of a trailer, whose key's case does not matter.
  package func trailer(_ key: String) -> String? {
    trailers.last { $0.key.lowercased() == key.lowercased() }?.value
  }
}

extension Repository {
  /// Reads a commit, or the one that an annotated tag names.
  ///
  /// Uses `git_commit_lookup` and `git_message_trailers`.
  ///
  /// - Throws: ``GitError`` of kind `notFound`, or `invalid` when the object is no commit.
  package func commit(_ id: ObjectID) throws(GitError) -> Commit {
    var oid = id.oid
    let object = try make("read commit \(id)") { git_object_lookup(&$0, pointer, &oid, GIT_OBJECT_ANY) }
    defer { git_object_free(object) }
    let commit = try make("read commit \(id)") { git_object_peel(&$0, object, GIT_OBJECT_COMMIT) }
    defer { git_object_free(commit) }
    let message = git_commit_message(commit).map { String(cString: $0) } ?? ""
    return Commit(
      id: ObjectID(git_commit_id(commit).pointee),
      tree: ObjectID(git_commit_tree_id(commit).pointee),
      parents: (0..<git_commit_parentcount(commit)).map {
        ObjectID(git_commit_parent_id(commit, $0).pointee)
      },
      author: Signature(git_commit_author(commit)),
      committer: Signature(git_commit_committer(commit)),
      message: message,
      trailers: try trailers(of: message)
    )
  }

  /// Writes a commit object; no reference moves.
  ///
  /// The message ends in a newline, whether it is given one or not. Uses `git_commit_create_from_ids`.
  ///
  /// - Throws: ``GitError`` when the tree or a parent is missing, or a signature has no name.
  package func createCommit(
    tree: ObjectID,
    parents: [ObjectID],
    author: Signature,
    committer: Signature,
    message: String
  ) throws(GitError) -> ObjectID {
    let authorPointer = try author.make()
    defer { git_signature_free(authorPointer) }
    let committerPointer = try committer.make()
    defer { git_signature_free(committerPointer) }
    // libgit2 looks the tree up, and does not know the empty one by heart.
    if tree == .emptyTree { try writeEmptyTree() }
    var treeOID = tree.oid
    let parentOIDs = parents.map(\.oid)
    var oid = git_oid()
    let code = parentOIDs.withUnsafeBufferPointer { buffer in
      var pointers = buffer.indices.map { buffer.baseAddress?.advanced(by: $0) }
      return git_commit_create_from_ids(
        &oid,
        pointer,
        nil,
        authorPointer,
        committerPointer,
        nil,
        endingInNewline(message),
        &treeOID,
        pointers.count,
        &pointers
      )
    }
    try check(code, "create a commit")
    return ObjectID(oid)
  }

  /// Writes an annotated tag object; no reference is made.
  ///
  /// Uses `git_tag_annotation_create`.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the target is missing, `invalid` for a name git refuses.
  package func createTag(
    name: String,
    target: ObjectID,
    tagger: Signature,
    message: String
  ) throws(GitError) -> ObjectID {
    guard isValidReferenceName("refs/tags/\(name)") else {
      throw GitError(.invalid, "\(name) is no valid name for a tag")
    }
    let signature = try tagger.make()
    defer { git_signature_free(signature) }
    var targetOID = target.oid
    let object = try make("tag \(target)") { git_object_lookup(&$0, pointer, &targetOID, GIT_OBJECT_ANY) }
    defer { git_object_free(object) }
    var oid = git_oid()
    try check(
      git_tag_annotation_create(&oid, pointer, name, object, signature, endingInNewline(message)),
      "create the tag \(name)"
    )
    return ObjectID(oid)
  }

  private func writeEmptyTree() throws(GitError) {
    var oid = git_oid()
    try check(git_odb_write(&oid, database, nil, 0, GIT_OBJECT_TREE), "write the empty tree")
  }

  private func trailers(of message: String) throws(GitError) -> [Trailer] {
    var array = git_message_trailer_array()
    try check(git_message_trailers(&array, message), "read the trailers of a message")
    defer { git_message_trailer_array_free(&array) }
    return (0..<array.count).compactMap { index in
      guard let key = array.trailers[index].key, let value = array.trailers[index].value else { return nil }
      return Trailer(key: String(cString: key), value: String(cString: value))
    }
  }

  private func endingInNewline(_ message: String) -> String {
    message.hasSuffix("\n") ? message : message + "\n"
  }
}

extension Signature {
  init(_ signature: UnsafePointer<git_signature>?) {
    guard let signature = signature?.pointee else {
      self.init(name: "", email: "", time: 0)
      return
    }
    self.init(
      name: signature.name.map { String(cString: $0) } ?? "",
      email: signature.email.map { String(cString: $0) } ?? "",
      time: signature.when.time,
      offsetMinutes: signature.when.offset
    )
  }

  /// The form that libgit2 takes; the caller frees it.
  func make() throws(GitError) -> UnsafeMutablePointer<git_signature> {
    var pointer: UnsafeMutablePointer<git_signature>?
    try check(git_signature_new(&pointer, name, email, time, offsetMinutes), "sign as \(name) <\(email)>")
    guard let pointer else { throw GitError(.failed, "libgit2 gave no signature") }
    return pointer
  }
}
