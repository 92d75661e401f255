package import Git

/// Small texts of an environment that are replaced by compare-and-swap, each on a reference of its own: what a server's
/// ledger keeps where there is one.
///
/// A record is one commit without parents that holds one file, and counts its versions in its message. Branches, work
/// tree and the user's own fetches are not touched.
package final class RecordReferences {
  /// A record as it was read.
  package struct Entry: Hashable, Sendable {
    package let text: String
    /// Counts from 1.
    package let version: Int
  }

  private struct Known {
    let id: ObjectID
    let entry: Entry
  }

  private let repository: Repository
  private let remote: StateTracker.Remote?
  private let identity: Identity
  private let prefix: String
  private var known: [String: Known] = [:]

  /// Keeps records under `refs/vault-migrations/ENVIRONMENT/` of a remote, or of the repository itself.
  package init(
    repository: Repository,
    environment: String,
    remote: StateTracker.Remote?,
    identity: Identity
  ) {
    self.repository = repository
    self.remote = remote
    self.identity = identity
    prefix = "refs/vault-migrations/\(environment)/"
  }

  /// Reads those of some records that are there; one listing, and a fetch only of what is new.
  ///
  /// - Throws: ``GitError``, also when a reference holds something else than a record.
  package func read(_ names: [String]) async throws(GitError) -> [String: Entry] {
    let listed = try await list(names)
    var entries: [String: Entry] = [:]
    for name in names {
      guard let id = listed[prefix + name] else {
        known[name] = nil
        continue
      }
      if known[name]?.id != id { known[name] = Known(id: id, entry: try entry(id, name)) }
      entries[name] = known[name]?.entry
    }
    return entries
  }

  /// Replaces a record, if it still has the version that the caller read; 0 when it must not exist.
  ///
  /// - Parameters:
  ///   - name: Which one.
  ///   - text: What it says from now on.
  ///   - version: The version that the caller read.
  /// - Returns: The new version, or `nil` when somebody else was first.
  /// - Throws: ``GitError`` when the remote cannot be reached, or refuses such references.
  package func write(_ name: String, _ text: String, replacing version: Int) async throws(GitError) -> Int? {
    guard known[name]?.entry.version ?? 0 == version else { return nil }
    let entry = Entry(text: text, version: version + 1)
    let new = Known(id: try makeCommit(entry, name), entry: entry)
    guard try await replace(name, known[name]?.id, with: new.id) else { return nil }
    known[name] = new
    return entry.version
  }

  // MARK: - Objects

  private func makeCommit(_ entry: Entry, _ name: String) throws(GitError) -> ObjectID {
    let tree = try repository.writeTree(base: nil, changes: [Self.file: .blob(Array(entry.text.utf8))])
    return try repository.createCommit(
      tree: tree,
      parents: [],
      author: identity.author,
      committer: identity.committer,
      message: "\(name) \(entry.version)"
    )
  }

  private func entry(_ id: ObjectID, _ name: String) throws(GitError) -> Entry {
    let commit = try repository.commit(id)
    guard let version = commit.summary.split(separator: " ").last.flatMap({ Int($0) }), version > 0,
      version < .max, let bytes = try repository.file(Self.file, at: commit.tree)
    else {
      throw GitError(.invalid, "\(prefix)\(name) holds something else than a record of vault-migrations")
    }
    return Entry(text: String(decoding: bytes, as: UTF8.self), version: version)
  }

  private static let file = "record.json"

  // MARK: - References

  private func list(_ names: [String]) async throws(GitError) -> [String: ObjectID] {
    guard let remote else { return try repository.references(matching: prefix + "*") }
    let listed = try await remote.transport.listReferences(
      of: remote.name,
      matching: names.map { prefix + $0 }
    )
    // Our copy keeps the objects from being collected as long as the record is the current one.
    let new = listed.filter { !repository.contains($0.value) }.keys.sorted()
    if !new.isEmpty {
      let specs = new.map { FetchRefspec($0, to: copy(of: $0, at: remote)) }
      try await remote.transport.fetch(specs, from: remote.name)
    }
    return listed
  }

  private func copy(of reference: String, at remote: StateTracker.Remote) -> String {
    "refs/vault-migrations/\(remote.name)/records/" + reference.dropFirst("refs/vault-migrations/".count)
  }

  private func replace(_ name: String, _ old: ObjectID?, with new: ObjectID) async throws(GitError) -> Bool {
    let reference = prefix + name
    guard let remote else {
      do throws(GitError) {
        try repository.updateReference(reference, to: new, expecting: old, logMessage: "record")
        return true
      } catch {
        guard error.kind == .referenceChanged else { throw error }
        return false
      }
    }
    do throws(GitError) {
      let update = ReferenceUpdate(reference, from: old, to: new)
      try await remote.transport.push([update], to: remote.name).check()
      return true
    } catch {
      // An answer may be lost on its way: what the remote has decides, whatever was said of the push.
      guard error.kind != .rejected,
        let present = try? await remote.transport.listReferences(of: remote.name, matching: [reference])
      else { throw error }
      if present[reference] == new { return true }
      if error.kind == .rejectedAsStale || present[reference] != old { return false }
      throw error
    }
  }
}
