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
  /// The tags of this environment as the remote has them, by full name.
  private var remoteTags: [String: ObjectID] = [:]

  /// Follows one environment's branch, given by its short name: `vault-migrations/prod`.
  ///
  /// Without a remote, branch and tags stay in this repository alone.
  package init(
    repository: Repository,
    environment: String,
    branch: String,
    remote: Remote?,
    identity: Identity
  ) {
    self.repository = repository
    self.environment = environment
    self.branch = branch
    self.remote = remote
    self.identity = identity
  }

  private var branchReference: String { "refs/heads/\(branch)" }

  /// Our copy of the remote's branch lies outside of what the user's own fetches write.
  private var localReference: String {
    remote.map { "refs/vault-migrations/\($0.name)/\(branch)" } ?? branchReference
  }

  private var tagPrefix: String { "refs/tags/vault-migrations/\(environment)/" }

  /// The short name of the tag of a version such as `0002`.
  package func tagName(_ label: String) -> String { "vault-migrations/\(environment)/\(label)" }

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
    if try repository.reference(localReference) != tip || !repository.contains(tip) {
      try await remote.transport.fetch([FetchRefspec(branchReference, to: localReference)], from: remote.name)
    }
    return RecordedState(commit: try repository.commit(tip), in: repository)
  }

  /// Whether a version's tag is where the branch's user would look for it.
  package func hasTag(_ label: String) throws(GitError) -> Bool {
    let name = tagPrefix + label
    if remoteTags[name] != nil { return true }
    return try repository.reference(name) != nil
  }

  // MARK: - Writing

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
  package func draft(_ change: StateChange, on base: RecordedState, tagging label: String?) throws(GitError)
    -> Draft
  {
    var changes = change.treeChanges
    if let schema = change.schema {
      var files: [String: TreeChange] = [:]
      for (name, bytes) in schema { files[name] = .blob(bytes) }
      let tree = try repository.writeTree(base: nil, changes: files)
      changes[StateLayout.schemaFolder] = .existing(tree, isTree: true)
    }
    let tree = try repository.writeTree(base: base.commit?.tree, changes: changes)
    let id = try repository.createCommit(
      tree: tree,
      parents: base.commit.map { [$0.id] } ?? [],
      author: identity.author,
      committer: identity.committer,
      message: change.message
    )
    var tag: (String, ObjectID)?
    if let label {
      let object = try repository.createTag(
        name: tagName(label),
        target: id,
        tagger: identity.committer,
        message: change.summary
      )
      tag = (tagPrefix + label, object)
    }
    return Draft(
      state: RecordedState(commit: try repository.commit(id), in: repository),
      base: base.commit?.id,
      tag: tag
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
