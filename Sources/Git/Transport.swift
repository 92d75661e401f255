/// The way to other repositories.
///
/// Names of references are full on both sides, and only those named are touched: neither the user's remote-tracking
/// references nor FETCH_HEAD, tags, index or work tree.
package protocol Transport {
  /// The references that a remote has.
  ///
  /// - Parameters:
  ///   - remote: The name of a configured remote, or a URL.
  ///   - patterns: Full names, or globs such as `refs/tags/release/*`; none for every reference.
  /// - Returns: Ids by name; a tag gives its object.
  /// - Throws: ``GitError`` of kind `noSuchRemote`, `unreachable` or `authentication`.
  func listReferences(of remote: String, matching patterns: [String]) async throws(GitError) -> [String:
    ObjectID]

  /// Brings references with their whole history into the repository, whatever the local ones were.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the remote lacks one, and as ``listReferences(of:matching:)``.
  func fetch(_ refspecs: [FetchRefspec], from remote: String) async throws(GitError)

  /// Moves references of the remote, each only if it still is what the caller built on.
  ///
  /// A refusal is in the report, not an error.
  ///
  /// - Parameters:
  ///   - updates: What to move, the most important one first.
  ///   - remote: The name of a configured remote, or a URL.
  /// - Returns: What became of each.
  /// - Throws: ``GitError`` as ``listReferences(of:matching:)``.
  func push(_ updates: [ReferenceUpdate], to remote: String) async throws(GitError) -> PushReport
}

/// Which reference of the remote becomes which one here.
package struct FetchRefspec: Hashable, Sendable {
  package let source: String
  package let destination: String

  package init(_ source: String, to destination: String) {
    self.source = source
    self.destination = destination
  }
}

/// A compare-and-swap of one reference of a remote.
package struct ReferenceUpdate: Hashable, Sendable {
  package let name: String
  /// What the remote has; nil when it must not have the reference.
  package let old: ObjectID?
  /// What it shall have; nil to delete it.
  package let new: ObjectID?

  package init(_ name: String, from old: ObjectID?, to new: ObjectID?) {
    self.name = name
    self.old = old
    self.new = new
  }
}

/// What became of each reference of a push.
package struct PushReport: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case accepted
    /// Somebody else moved it first: fetch, build again, push again.
    case stale(reason: String)
    /// A hook or a rule refused it.
    case refused(reason: String)
    /// It was left alone because another one was refused.
    case abandoned
  }

  /// Outcomes by the reference's full name.
  package let outcomes: [String: Outcome]

  package init(outcomes: [String: Outcome]) {
    self.outcomes = outcomes
  }

  package var isAccepted: Bool { outcomes.values.allSatisfy { $0 == .accepted } }

  /// Turns refusals into an error, for a caller who needs all or nothing.
  ///
  /// - Throws: ``GitError`` of kind `rejected` if any was refused for good, else `rejectedAsStale`.
  package func check() throws(GitError) {
    var stale: [String] = []
    var refused: [String] = []
    for (name, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
      switch outcome {
      case .accepted, .abandoned: break
      case .stale(let reason): stale.append("\(name) (\(reason))")
      case .refused(let reason): refused.append("\(name) (\(reason))")
      }
    }
    if !refused.isEmpty {
      throw GitError(.rejected, "the remote refused \(refused.joined(separator: ", "))")
    }
    if !stale.isEmpty {
      throw GitError(.rejectedAsStale, "the remote has moved on: \(stale.joined(separator: ", "))")
    }
    if !isAccepted { throw GitError(.rejected, "the remote refused the push and gave no reason") }
  }
}

extension PushReport.Outcome {
  /// Sorts a remote's words into "try again" and "never".
  static func refusal(_ reason: String) -> PushReport.Outcome {
    let races = [
      "stale info", "fetch first", "non-fast-forward", "needs force", "already exists",
      "failed to update ref",
      "cannot lock ref", "failed to lock", "incorrect old value", "failed to write", "not fast forward",
    ]
    let lowercased = reason.lowercased()
    if lowercased.contains("atomic push fail") || lowercased.contains("atomic transaction failed")
      || lowercased == "transaction failed"
    {
      return .abandoned
    }
    return races.contains { lowercased.contains($0) } ? .stale(reason: reason) : .refused(reason: reason)
  }
}
