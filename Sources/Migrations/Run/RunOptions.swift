package import Catalogue
package import Values

/// What the user decided beforehand about single paths.
package struct RunOptions: Sendable {
  /// Paths whose changes by somebody else are left alone.
  package var keep: Set<VaultPath> = []
  /// Paths whose changes by somebody else are overwritten.
  package var revert: Set<VaultPath> = []
  /// Whether nothing else is to be done.
  package var onlyReverts = false
  /// Actions of which the user says that they have run.
  package var ran: Set<VaultPath> = []
  /// Actions of which the user says that they have not run.
  package var notRun: Set<VaultPath> = []
  /// Whether another server than the recorded one is all right.
  package var acceptsServer = false
  /// Whether changed values are written again where that is done by hand.
  package var refreshes = false
  /// Whether a field that the server does not describe stops the run.
  package var isStrict = false
  /// How many seconds to wait for another run that holds the lock.
  package var lockPatience = 0

  package init() {}
}

/// In whose name a run happens, for the record.
package struct RunIdentity: Sendable, Hashable {
  package var runID: String
  /// A person, or `ci@host`.
  package var appliedBy: String
  package var approvedBy: String?
  package var pullRequest: String?
  /// The commit of the user's branch whose migrations are applied.
  package var sourceCommit: String?

  package init(
    runID: String,
    appliedBy: String,
    approvedBy: String? = nil,
    pullRequest: String? = nil,
    sourceCommit: String? = nil
  ) {
    self.runID = runID
    self.appliedBy = appliedBy
    self.approvedBy = approvedBy
    self.pullRequest = pullRequest
    self.sourceCommit = sourceCommit
  }
}

/// What a run tells while it works.
package enum RunEvent: Sendable {
  case waitingForLock(LockRecord)
  case lockTakenOver(from: String)
  case versionStarted(label: String, name: String, tasks: Int)
  case taskFinished(path: VaultPath, outcome: RunRecord.Progress, action: Change.Action)
  /// Something that a reader of the log should know.
  case notice(String, path: VaultPath?)
  /// Something that is most likely wrong.
  case warning(Problem)
  case versionApplied(label: String, tag: String)
  case refreshed(path: VaultPath)
  case reverted(path: VaultPath)
}

/// What a run did.
package struct RunReport: Sendable {
  package struct Version: Sendable, Hashable {
    package let version: Int
    package let name: String
    package let tag: String
    package let stateCommit: String
    package let tasks: Int
  }

  package let environment: String
  package var applied: [Version] = []
  package var refreshed: [VaultPath] = []
  /// What was put back to what was recorded.
  package var reverted: [VaultPath] = []
  /// Whether the checkout is older than what is applied.
  package var isBehind = false

  package init(environment: String) {
    self.environment = environment
  }
}
