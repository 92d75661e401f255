import CGit2

extension Repository {
  /// Writes a signed commit object; no reference moves.
  ///
  /// Uses `git_commit_create_with_signature`.
  ///
  /// - Throws: ``GitError`` when the tree or a parent is missing, or nothing can be signed.
  package func createCommit(
    tree: ObjectID,
    parents: [ObjectID],
    author: Signature,
    committer: Signature,
    message: String,
    signedBy signer: Signer
  ) async throws(GitError) -> ObjectID {
    // The unsigned one checks tree, parents and names; nothing refers to it, so git removes it one day.
    let unsigned = try createCommit(
      tree: tree,
      parents: parents,
      author: author,
      committer: committer,
      message: message
    )
    let content = String(
      decoding: try read(unsigned, expecting: GIT_OBJECT_COMMIT, named: "commit"),
      as: UTF8.self
    )
    let signature = try await signer.sign(Array(content.utf8))
    var oid = git_oid()
    try check(
      git_commit_create_with_signature(&oid, pointer, content, signature, "gpgsig"),
      "create a signed commit"
    )
    return ObjectID(oid)
  }

  /// Writes a signed annotated tag of a commit; no reference is made.
  ///
  /// Uses `git_odb_write`: libgit2 has no function that signs a tag.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the commit is missing, `invalid` for a name git refuses.
  package func createTag(
    name: String,
    target: ObjectID,
    tagger: Signature,
    message: String,
    signedBy signer: Signer
  ) async throws(GitError) -> ObjectID {
    // As above.
    let unsigned = try createTag(name: name, target: target, tagger: tagger, message: message)
    var content = try read(unsigned, expecting: GIT_OBJECT_TAG, named: "tag")
    content += Array(try await signer.sign(content).utf8)
    var oid = git_oid()
    try check(
      git_odb_write(&oid, database, content, content.count, GIT_OBJECT_TAG),
      "create the signed tag \(name)"
    )
    return ObjectID(oid)
  }
}
