package import Git
import Values

/// The last-known state and the history of one environment, on a branch that only this tool writes.
///
/// The branch is the truth, its tags are a cache: one annotated tag per version, on the state commit. Neither index nor
/// work tree is ever touched.
package final class StateTracker {
  /// Where the branch lives besides this repository.
  package struct Remote {
    package let name: String
    package let transport: any Transport

    package init(name: String, transport: any Transport) {
      self.name = name
      self.transport = transport
    }
  }

  private let repository: Repository
  private let environment: String
  private let branch: String
  private let remote: Remote?
  private let identity: Identity
  private let signer: Signer?
  /// The tags of this environment as the remote has them, by full name.
  private var remoteTags: [String: ObjectID] = [:]

  /// Follows one environment's branch, given by its short name: `vault-migrations/prod`.
  ///
  /// Without a remote, branch and tags stay in this repository alone; without a signer, nothing is signed.
  package init(
    repository: Repository,
    environment: String,
    branch: String,
    remote: Remote?,
    identity: Identity,
    signer: Signer? = nil
  ) {
    self.repository = repository
    self.environment = environment
    self.branch = branch
    self.remote = remote
    self.identity = identity
    self.signer = signer
  }

  private var branchReference: String { "refs/heads/\(branch)" }

  /// Our copy of the remote's branch lies outside of what the user's own fetches write.
  private var localReference: String {
    remote.map { "refs/vault-migrations/\($0.name)/\(branch)" } ?? branchReference
  }

  private var tagPrefix: String { "refs/tags/vault-migrations/\(environment)/" }

  /// The short name of the tag of a version such as `0002`.
  package func tagName(_ label: String) -> String { "vault-migrations/\(environment)/\(label)" }

  /// Where this environment's records are kept if its server keeps none.
  package func recordReferences() -> RecordReferences {
    RecordReferences(repository: repository, environment: environment, remote: remote, identity: identity)
  }

  // MARK: - Reading

  /// The state as this repository knows it, without asking a remote.
  ///
  /// - Throws: ``GitError``.
  package func current() throws(GitError) -> RecordedState {
    guard let id = try repository.reference(localReference) else {
      return RecordedState(commit: nil, in: repository)
    }
    return RecordedState(commit: try repository.commit(id), in: repository)
  }

  /// The state as the remote has it; one listing, and a fetch only if something is new.
  ///
  /// - Throws: ``GitError``.
  package func fetch() async throws(GitError) -> RecordedState {
    guard let remote else { return try current() }
    let listed = try await remote.transport.listReferences(
      of: remote.name,
      matching: [branchReference, tagPrefix + "*"]
    )
    remoteTags = listed.filter { $0.key.hasPrefix(tagPrefix) }
    guard let tip = listed[branchReference] else { return RecordedState(commit: nil, in: repository) }
    let known = try repository.reference(localReference)
    if known != tip || !repository.contains(tip) {
      try await remote.transport.fetch([FetchRefspec(branchReference, to: localReference)], from: remote.name)
      try keepRewritten(known, tip)
    }
    return RecordedState(commit: try repository.commit(tip), in: repository)
  }

  /// Somebody rewrote the branch: what it was stays reachable, for a repair.
  private func keepRewritten(_ known: ObjectID?, _ tip: ObjectID) throws(GitError) {
    guard let known, repository.contains(known), try !repository.isAncestor(known, of: tip) else { return }
    let name = localReference + ".lost"
    try repository.updateReference(
      name,
      to: known,
      expecting: try repository.reference(name),
      logMessage: "the remote's branch was rewritten"
    )
  }

  /// The commits that tags of this environment name, by version, as the remote has them, else this repository.
  ///
  /// A tag of the remote that was never fetched is there, and what it names is not known.
  ///
  /// - Throws: ``GitError``.
  package func taggedCommits() throws(GitError) -> [Int: ObjectID?] {
    var found: [Int: ObjectID?] = [:]
    let tags = remote == nil ? try repository.references(matching: tagPrefix + "*") : remoteTags
    for (name, id) in tags {
      guard let version = Int(name.dropFirst(tagPrefix.count)) else { continue }
      found[version] = .some(repository.contains(id) ? try repository.commit(id).id : nil)
    }
    return found
  }

  /// Makes the tags of versions anew, wherever they pointed: the branch is the truth.
  ///
  /// - Throws: ``GitError``.
  package func retag(_ commits: [(label: String, commit: Commit)]) async throws(GitError) {
    var updates: [ReferenceUpdate] = []
    for (label, commit) in commits {
      let object = try repository.createTag(
        name: tagName(label),
        target: commit.id,
        tagger: identity.committer,
        message: commit.summary
      )
      updates.append(ReferenceUpdate(tagPrefix + label, from: remoteTags[tagPrefix + label], to: object))
    }
    if let remote { try await remote.transport.push(updates, to: remote.name).check() }
    for update in updates {
      guard let id = update.new else { continue }
      if remote != nil { remoteTags[update.name] = id }
      try repository.updateReference(
        update.name,
        to: id,
        expecting: try repository.reference(update.name),
        logMessage: "repair"
      )
    }
  }

  /// A commit that this repository still knows, although the branch does not have it: found by its tree.
  ///
  /// - Throws: ``GitError``.
  package func lostState(withTree tree: String) throws(GitError) -> RecordedState? {
    var starts = try repository.references(matching: "refs/vault-migrations/*")
    starts.merge(try repository.references(matching: "refs/heads/\(branch)")) { $1 }
    starts.merge(try repository.references(matching: "refs/remotes/*")) { $1 }
    starts.merge(try repository.references(matching: tagPrefix + "*")) { $1 }
    var seen: Set<ObjectID> = []
    for (name, id) in starts.sorted(by: { $0.key < $1.key })
    where name.contains(branch) || name.hasPrefix(tagPrefix) {
      guard repository.contains(id) else { continue }
      for commit in try repository.log(from: try repository.commit(id).id) {
        guard seen.insert(commit.id).inserted else { break }
        if commit.tree.description == tree { return RecordedState(commit: commit, in: repository) }
      }
    }
    return nil
  }

  /// Sets the branch to a commit that it had before.
  ///
  /// - Throws: ``GitError`` of kind `referenceChanged` or `rejectedAsStale` if it moved since `present` was read.
  package func restore(_ lost: RecordedState, over present: RecordedState) async throws(GitError) {
    try await publish(Draft(state: lost, base: present.commit?.id, tag: nil))
  }

  /// Whether a version's tag is where the branch's user would look for it.
  package func hasTag(_ label: String) throws(GitError) -> Bool {
    let name = tagPrefix + label
    if remoteTags[name] != nil { return true }
    return try repository.reference(name) != nil
  }

  /// Deletes branch and tags in this repository, and nothing on a remote.
  ///
  /// Returns their full names. Throws ``GitError``.
  package func forget() throws(GitError) -> [String] {
    var found = try repository.references(matching: tagPrefix + "*")
    if let id = try repository.reference(localReference) { found[localReference] = id }
    for (name, id) in found { try repository.deleteReference(name, expecting: id) }
    return found.keys.sorted()
  }

  // MARK: - Writing

  /// Makes sure that what will be written can be signed, where git is configured to sign.
  ///
  /// - Throws: ``GitError`` when the key or the program is missing.
  package func checkSigning() async throws(GitError) {
    try await signer?.check()
  }

  /// A commit that exists as an object and is not published yet.
  package struct Draft {
    package let state: RecordedState
    fileprivate let base: ObjectID?
    fileprivate let tag: (reference: String, id: ObjectID)?
  }

  /// Writes a change as objects: no reference moves.
  ///
  /// - Parameters:
  ///   - change: What is different.
  ///   - base: The state that the change was made on.
  ///   - label: The version to tag; `nil` for a refresh.
  /// - Returns: What ``publish(_:)`` takes.
  /// - Throws: ``GitError``.
  package func draft(
    _ change: StateChange,
    on base: RecordedState,
    tagging label: String?
  ) async throws(GitError) -> Draft {
    let tree = try writeTree(change, on: base)
    let id = try await createCommit(of: tree, change, on: base)
    var tag: (String, ObjectID)?
    if let label { tag = (tagPrefix + label, try await createTag(label, of: id, change)) }
    return Draft(
      state: RecordedState(commit: try repository.commit(id), in: repository),
      base: base.commit?.id,
      tag: tag
    )
  }

  private func writeTree(_ change: StateChange, on base: RecordedState) throws(GitError) -> ObjectID {
    var changes = change.treeChanges
    if let schema = change.schema {
      var files: [String: TreeChange] = [:]
      for (name, bytes) in schema { files[name] = .blob(bytes) }
      let tree = try repository.writeTree(base: nil, changes: files)
      changes[StateLayout.schemaFolder] = .existing(tree, isTree: true)
    }
    return try repository.writeTree(base: base.commit?.tree, changes: changes)
  }

  private func createCommit(
    of tree: ObjectID,
    _ change: StateChange,
    on base: RecordedState
  ) async throws(GitError) -> ObjectID {
    let parents = base.commit.map { [$0.id] } ?? []
    guard let signer, signer.signsCommits else {
      return try repository.createCommit(
        tree: tree,
        parents: parents,
        author: identity.author,
        committer: identity.committer,
        message: change.message
      )
    }
    return try await repository.createCommit(
      tree: tree,
      parents: parents,
      author: identity.author,
      committer: identity.committer,
      message: change.message,
      signedBy: signer
    )
  }

  private func createTag(
    _ label: String,
    of commit: ObjectID,
    _ change: StateChange
  ) async throws(GitError) -> ObjectID {
    let name = tagName(label)
    guard let signer, signer.signsTags else {
      return try repository.createTag(
        name: name,
        target: commit,
        tagger: identity.committer,
        message: change.summary
      )
    }
    return try await repository.createTag(
      name: name,
      target: commit,
      tagger: identity.committer,
      message: change.summary,
      signedBy: signer
    )
  }

  /// Moves the branch, and makes the tag, if the branch still is what the draft was made on.
  ///
  /// - Throws: ``GitError`` of kind `referenceChanged` or `rejectedAsStale` after a lost race.
  package func publish(_ draft: Draft) async throws(GitError) {
    guard let commit = draft.state.commit else { return }
    if let remote {
      var updates = [ReferenceUpdate(branchReference, from: draft.base, to: commit.id)]
      if let tag = draft.tag {
        updates.append(ReferenceUpdate(tag.reference, from: remoteTags[tag.reference], to: tag.id))
      }
      try await remote.transport.push(updates, to: remote.name).check()
      if let tag = draft.tag { remoteTags[tag.reference] = tag.id }
    }
    let expected = remote == nil ? draft.base : try repository.reference(localReference)
    try repository.updateReference(
      localReference,
      to: commit.id,
      expecting: expected,
      logMessage: commit.summary
    )
    if let tag = draft.tag {
      try repository.updateReference(
        tag.reference,
        to: tag.id,
        expecting: try repository.reference(tag.reference),
        logMessage: commit.summary
      )
    }
  }
}
