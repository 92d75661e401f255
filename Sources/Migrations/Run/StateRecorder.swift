import Catalogue
import Configuration
import FoundationEssentials
import Git
import StateTracker
import Values
import VaultClient

/// Writes down what a run did: commit and tag on the state branch, then the ledger's head.
struct StateRecorder {
  private let target: Target
  private let project: Project
  private let identity: RunIdentity
  private var state: RecordedState
  private var head: Head?
  private var headEntryVersion: Int
  private(set) var runEntryVersion: Int

  init(target: Target, project: Project, identity: RunIdentity, standing: Standing) {
    self.target = target
    self.project = project
    self.identity = identity
    state = standing.recorded
    head = standing.head
    headEntryVersion = standing.headEntryVersion
    runEntryVersion = standing.runEntryVersion
  }

  /// The applied version; 0 for none.
  var version: Int { head?.version ?? 0 }

  /// Records an applied version.
  mutating func record(
    _ migration: Migration,
    _ change: StateChange,
    _ outcomes: [HistoryRecord.Outcome],
    _ journal: RunJournal,
    _ lock: RunLock,
    isBaseline: Bool = false,
    endsHold: Bool = false
  ) async throws -> RunReport.Version {
    var change = change
    if endsHold { change.hold = .some(nil) }
    let verb = isBaseline ? "baseline" : "apply"
    change.summary = "\(target.environment.name): \(verb) \(migration.label) \(migration.name)"
    change.trailers =
      [
        Trailer(key: "Migration", value: "\(migration.label)-\(migration.name)"),
        Trailer(key: "Checksum", value: migration.checksum),
      ] + (isBaseline ? [Trailer(key: "Baseline", value: "true")] : []) + commonTrailers
    change.schema = Dictionary(project.schemaFiles.map { ($0.name, $0.bytes) }, uniquingKeysWith: { $1 })
    change.record = HistoryRecord(
      version: migration.version,
      name: migration.name,
      checksum: migration.checksum,
      appliedAt: Date().formatted(.iso8601),
      appliedBy: identity.appliedBy,
      runID: identity.runID,
      sourceCommit: identity.sourceCommit,
      approvedBy: identity.approvedBy,
      pullRequest: identity.pullRequest,
      server: target.server,
      tasks: outcomes
    )
    change.record?.isBaseline = isBaseline
    try await publish(change, label: migration.label, lock)
    try await setHead(version: migration.version, checksum: migration.checksum, journal, lock)
    return RunReport.Version(
      version: migration.version,
      name: migration.name,
      tag: target.tracker.tagName(migration.label),
      stateCommit: state.commit?.id.description ?? "",
      tasks: outcomes.count
    )
  }

  /// Records what was refreshed and reverted: a commit without version or tag.
  mutating func recordRefresh(
    _ change: StateChange,
    _ refreshed: [VaultPath],
    _ reverted: [VaultPath],
    _ journal: RunJournal,
    _ lock: RunLock
  ) async throws {
    var change = change
    let paths = Set(refreshed + reverted).sorted()
    let what = paths.count == 1 ? paths[0].description : "\(paths.count) paths"
    change.summary = "\(target.environment.name): \(refreshed.isEmpty ? "revert" : "refresh") \(what)"
    for (key, paths) in [("Refresh", refreshed), ("Revert", reverted)] where !paths.isEmpty {
      change.trailers.append(Trailer(key: key, value: paths.map(\.description).joined(separator: ", ")))
    }
    change.trailers += commonTrailers
    try await publish(change, label: nil, lock)
    try await setHead(version: version, checksum: head?.checksum ?? "", journal, lock)
  }

  /// Records something else than a version: a rollback, or what a repair did.
  ///
  /// The head is at a version that the branch has, and that the ledger may not know yet.
  mutating func recordAside(
    _ change: StateChange,
    at version: (number: Int, checksum: String),
    _ journal: RunJournal,
    _ lock: RunLock
  ) async throws {
    var change = change
    change.summary = "\(target.environment.name): \(change.summary)"
    change.trailers += commonTrailers
    try await publish(change, label: nil, lock)
    try await setHead(version: version.number, checksum: version.checksum, journal, lock)
  }

  /// Records that the environment is on another server from now on.
  mutating func recordServer(_ lock: RunLock) async throws {
    let run = RunRecord(runID: identity.runID, version: version, checksum: RunRecord.refresh)
    let journal = RunJournal(run, in: target.ledger, entryVersion: runEntryVersion)
    try await journal.record([:])
    let change = StateChange(
      summary: "\(target.environment.name): accept the server at \(target.server.address)",
      trailers: commonTrailers
    )
    try await publish(change, label: nil, lock)
    try await setHead(version: version, checksum: head?.checksum ?? "", journal, lock)
  }

  private var commonTrailers: [Trailer] {
    var trailers: [Trailer] = []
    if let commit = identity.sourceCommit { trailers.append(Trailer(key: "Source-Commit", value: commit)) }
    trailers.append(Trailer(key: "Vault-Cluster", value: target.health.clusterID))
    trailers.append(Trailer(key: "Applied-By", value: identity.appliedBy))
    if let name = identity.approvedBy { trailers.append(Trailer(key: "Approved-By", value: name)) }
    if let link = identity.pullRequest { trailers.append(Trailer(key: "Pull-Request", value: link)) }
    return trailers
  }

  private mutating func publish(_ change: StateChange, label: String?, _ lock: RunLock) async throws {
    try await lock.hold()
    var change = change
    change.server = target.server
    let draft = try await target.tracker.draft(change, on: state, tagging: label)
    do throws(GitError) {
      try await target.tracker.publish(draft)
    } catch {
      throw Problem(
        error.kind == .unreachable || error.kind == .authentication ? .unreachable : .operationFailed,
        "\(change.record?.isBaseline == true ? "the server was compared" : "everything was written to the server"), but the state branch could not be published: \(error.message)",
        hint: error.kind == .rejected
          ? "nothing is lost: ask who administers the rules of this branch, then run the command again"
          : "nothing is lost: run the command again when the remote can be reached"
      )
    }
    state = draft.state
  }

  private mutating func setHead(
    version: Int,
    checksum: String,
    _ journal: RunJournal,
    _ lock: RunLock
  ) async throws {
    try await lock.hold()
    let new = Head(version: version, checksum: checksum, tree: state.commit?.tree.description ?? "")
    headEntryVersion = try await target.ledger.move(new, replacing: headEntryVersion)
    head = new
    try await journal.clear()
    runEntryVersion = journal.entryVersion
  }
}
