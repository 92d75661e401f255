import CGit2
import Synchronization

extension Repository {
  /// The id that a reference names, through symbolic ones; nil when it does not exist.
  ///
  /// A tag gives the tag object, not what it names. Uses `git_reference_name_to_id`.
  ///
  /// - Throws: ``GitError`` of kind `invalid` for a name that git refuses.
  package func reference(_ name: String) throws(GitError) -> ObjectID? {
    var oid = git_oid()
    let code = git_reference_name_to_id(&oid, pointer, name)
    if code == GIT_ENOTFOUND.rawValue { return nil }
    try check(code, "read \(name)")
    return ObjectID(oid)
  }

  /// Every reference whose full name matches a glob such as `refs/tags/release/*`, which crosses `/`.
  ///
  /// Uses `git_reference_iterator_glob_new`.
  ///
  /// - Throws: ``GitError`` when a reference cannot be read.
  package func references(matching glob: String) throws(GitError) -> [String: ObjectID] {
    let iterator = try make("list \(glob)") { git_reference_iterator_glob_new(&$0, pointer, glob) }
    defer { git_reference_iterator_free(iterator) }
    var found: [String: ObjectID] = [:]
    while true {
      var reference: OpaquePointer?
      let code = git_reference_next(&reference, iterator)
      if code == GIT_ITEROVER.rawValue { return found }
      try check(code, "list \(glob)")
      defer { git_reference_free(reference) }
      guard let name = git_reference_name(reference), let target = git_reference_target(reference) else {
        continue
      }
      found[String(cString: name)] = ObjectID(target.pointee)
    }
  }

  /// Whether git accepts a full reference name.
  ///
  /// Uses `git_reference_name_is_valid`.
  package func isValidReferenceName(_ name: String) -> Bool {
    var isValid: Int32 = 0
    return git_reference_name_is_valid(&isValid, name) == 0 && isValid == 1
  }

  /// Moves a reference, if it still is what the caller built on.
  ///
  /// Uses `git_reference_create_matching`.
  ///
  /// - Parameters:
  ///   - name: The full name.
  ///   - id: What it shall name.
  ///   - expected: What it names now; nil when it must not exist.
  ///   - logMessage: A line for the reference's log.
  /// - Throws: ``GitError`` of kind `referenceChanged` for a lost race, `locked` when the lock stays taken.
  package func updateReference(
    _ name: String,
    to id: ObjectID,
    expecting expected: ObjectID?,
    logMessage: String
  ) throws(GitError) {
    var oid = id.oid
    var expectedOID = (expected ?? .zero).oid
    try swapping(name) { () throws(GitError) in
      var reference: OpaquePointer?
      let code = git_reference_create_matching(&reference, pointer, name, &oid, 1, &expectedOID, logMessage)
      git_reference_free(reference)
      // libgit2 says "not found" when an expected reference is gone, and "exists" when an unexpected one is there.
      if code == GIT_ENOTFOUND.rawValue || code == GIT_EEXISTS.rawValue { throw changed(name) }
      try check(code, "move \(name)")
    }
  }

  /// Deletes a reference, if it still is what the caller saw.
  ///
  /// Uses `git_reference_delete`, which compares under the lock.
  ///
  /// - Throws: ``GitError`` of kind `referenceChanged` for a lost race, `locked` when the lock stays taken.
  package func deleteReference(_ name: String, expecting expected: ObjectID) throws(GitError) {
    try swapping(name) { () throws(GitError) in
      var reference: OpaquePointer?
      let code = git_reference_lookup(&reference, pointer, name)
      if code == GIT_ENOTFOUND.rawValue { throw changed(name) }
      try check(code, "read \(name)")
      defer { git_reference_free(reference) }
      guard let target = git_reference_target(reference), ObjectID(target.pointee) == expected else {
        throw changed(name)
      }
      let deleted = git_reference_delete(reference)
      if deleted == GIT_ENOTFOUND.rawValue { throw changed(name) }
      try check(deleted, "delete \(name)")
    }
  }

  /// Sets a reference of our own that nobody else writes, whatever it was.
  func setReference(_ name: String, to id: ObjectID) throws(GitError) {
    var oid = id.oid
    try swapping(name) { () throws(GitError) in
      var reference: OpaquePointer?
      let code = git_reference_create(&reference, pointer, name, &oid, 1, nil)
      git_reference_free(reference)
      try check(code, "set \(name)")
    }
  }

  // libgit2 fails at once when another process holds the lock, where git waits a moment: nine losers out of ten
  // of a race see the lock and not the new value.
  private func swapping(_ name: String, _ body: () throws(GitError) -> Void) throws(GitError) {
    var pause: UInt32 = 1_000
    for _ in 0..<10 {
      do throws(GitError) {
        return try body()
      } catch {
        if error.kind == .referenceChanged { throw changed(name) }
        guard error.kind == .locked else { throw error }
        sleepMicroseconds(.random(in: pause / 2...pause))
        pause = min(pause * 2, 200_000)
      }
    }
    throw GitError(
      .locked,
      "another process holds the lock of \(name); "
        + "if none is running, remove \(commonDirectory)/\(name).lock and try again"
    )
  }

  private func changed(_ name: String) -> GitError {
    GitError(.referenceChanged, "\(name) was changed by somebody else in the meantime")
  }
}
