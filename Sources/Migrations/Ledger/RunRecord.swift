package import Catalogue
import Git
import StateTracker
package import Values

/// The run in progress, as the ledger knows it: what was intended before it was sent, and what came of it.
package struct RunRecord: Sendable, Hashable {
  package enum Progress: String, Sendable, Hashable {
    /// Recorded before anything is sent.
    case intended
    case done
    case adopted
    case kept
  }

  package struct Step: Sendable, Hashable {
    package var progress: Progress
    /// What was there before, secrets as fingerprints; `nil` for nothing.
    package var before: Value?
    /// For an action: what its probe said before it ran.
    package var probe: String?
    /// For an action or a move: when it was set out to be sent, by the server's clock in seconds since 1970.
    package var intendedAt: Int?
    /// For an action: the fields of its answer that are saved.
    package var saved: Set<String> = []
    /// The fingerprints of secrets that the server took, and that it keeps when a write leaves them out.
    package var secrets: [String: Value] = [:]
    /// Whether the user wants somebody else's change to be overwritten, also by the run that finishes this one.
    package var isRevert = false

    package init(
      progress: Progress,
      before: Value? = nil,
      probe: String? = nil,
      intendedAt: Int? = nil
    ) {
      self.progress = progress
      self.before = before
      self.probe = probe
      self.intendedAt = intendedAt
    }
  }

  package var runID: String
  package var version: Int
  package var checksum: String
  /// By the path of the task: a path has one task in an environment.
  package var steps: [VaultPath: Step] = [:]

  /// Stands in the place of a checksum when no version is applied, but changed values are written again.
  static let refresh = "refresh"

  /// The same for a repair that applies versions again, for one that takes an interrupted version back, and for a rollback.
  static let reapply = "reapply"
  static let undo = "undo"
  static let rollback = "rollback"
  /// The paths that it was to put back to what was recorded.
  var reverted: Set<VaultPath> { Set(steps.filter(\.value.isRevert).keys) }

  package var isRefresh: Bool { checksum == Self.refresh }

  /// Whether its steps are those of a version, done or taken back.
  var resumes: Bool { !isOutsideOfVersions || checksum == Self.undo }

  /// Whether it is anything else than the application of a version.
  package var isOutsideOfVersions: Bool {
    [Self.refresh, Self.reapply, Self.undo, Self.rollback].contains(checksum)
  }

  package init(runID: String, version: Int, checksum: String) {
    self.runID = runID
    self.version = version
    self.checksum = checksum
  }

  package var value: Value {
    let list = steps.sorted { $0.key < $1.key }.map { $1.value(at: $0) }
    return [
      "run": .string(runID), "version": .number(Number(version)), "checksum": .string(checksum),
      "steps": .array(list),
    ]
  }

  /// Whether an entry of the ledger says that no run is in progress.
  static func isNone(_ value: Value?) -> Bool {
    value.map { $0 == .null || $0["finished"] != nil } ?? true
  }

  /// Reads a record; `nil` when no run is in progress, and for a record of which anything cannot be read: what is passed
  /// over might be an action that ran.
  package init?(_ value: Value?) {
    guard let value, let runID = value["run"]?.string, let version = value["version"]?.integer,
      let checksum = value["checksum"]?.string
    else { return nil }
    self.init(runID: runID, version: version, checksum: checksum)
    for step in value["steps"]?.array ?? [] {
      guard let path = step["path"]?.string, let progress = step["progress"]?.string.flatMap(Progress.init)
      else { return nil }
      var read = Step(progress: progress, before: step["before"], probe: step["probe"]?.string)
      read.intendedAt = step["intended_at"]?.integer
      read.saved = Set(step["saved"]?.array?.compactMap(\.string) ?? [])
      read.secrets = step["secrets"]?.object ?? [:]
      read.isRevert = step["revert"] == true
      steps[VaultPath(path, in: step["namespace"]?.string ?? "")] = read
    }
  }
}

extension RunRecord.Step {
  func value(at path: VaultPath) -> Value {
    var members: [String: Value] = [
      "path": .string(path.path), "progress": .string(progress.rawValue),
    ]
    if !path.namespace.isEmpty { members["namespace"] = .string(path.namespace) }
    members["before"] = before
    members["probe"] = probe.map(Value.string)
    members["intended_at"] = intendedAt.map { .number(Number($0)) }
    if isRevert { members["revert"] = true }
    if !secrets.isEmpty { members["secrets"] = .object(secrets) }
    if !saved.isEmpty { members["saved"] = .array(saved.sorted().map(Value.string)) }
    return .object(members)
  }
}

/// Which version the ledger says is applied, and the state tree that recorded it.
package struct Head: Sendable, Hashable {
  package var version: Int
  package var checksum: String
  /// The id of the state tree; a commit's id may change when a push is tried again.
  package var tree: String

  package init(version: Int, checksum: String, tree: String) {
    self.version = version
    self.checksum = checksum
    self.tree = tree
  }

  package var value: Value {
    ["version": .number(Number(version)), "checksum": .string(checksum), "tree": .string(tree)]
  }

  /// What the state branch itself says; `nil` when nothing was ever applied.
  init?(of recorded: RecordedState, _ last: HistoryRecord?) {
    guard let last, let commit = recorded.commit else { return nil }
    self.init(version: last.version, checksum: last.checksum, tree: commit.tree.description)
  }

  package init?(_ value: Value?) {
    guard let value, let version = value["version"]?.integer, let checksum = value["checksum"]?.string,
      let tree = value["tree"]?.string
    else { return nil }
    self.init(version: version, checksum: checksum, tree: tree)
  }
}
