package import Catalogue
package import Values

/// What is recorded of an applied version, in `history/NNNN-name.yaml` on the state branch.
package struct HistoryRecord: Sendable, Hashable {
  /// What became of one task.
  package struct Outcome: Sendable, Hashable {
    package var path: VaultPath
    /// `create`, `update`, `delete` or `run`.
    package var action: String
    /// `done`; `adopted` when the server already had it; `kept` when somebody else's change was left.
    package var outcome: String
    /// What was there before, secrets as fingerprints; `nil` for nothing, and for actions.
    package var before: Value?

    package init(path: VaultPath, action: String, outcome: String, before: Value?) {
      self.path = path
      self.action = action
      self.outcome = outcome
      self.before = before
    }
  }

  /// Which server it was applied to.
  package struct Server: Sendable, Hashable {
    package var address: String
    package var namespace: String
    package var clusterID: String
    package var version: String

    package init(address: String, namespace: String, clusterID: String, version: String) {
      self.address = address
      self.namespace = namespace
      self.clusterID = clusterID
      self.version = version
    }
  }

  package var version: Int
  package var name: String
  package var checksum: String
  /// ISO 8601, in UTC.
  package var appliedAt: String
  package var appliedBy: String
  package var runID: String
  /// The commit of the user's branch that was applied; `nil` outside of a repository with commits.
  package var sourceCommit: String?
  package var approvedBy: String?
  package var pullRequest: String?
  package var server: Server
  package var tasks: [Outcome]
  /// Whether nothing was applied: the server had it already.
  package var isBaseline = false

  package init(
    version: Int,
    name: String,
    checksum: String,
    appliedAt: String,
    appliedBy: String,
    runID: String,
    sourceCommit: String?,
    approvedBy: String? = nil,
    pullRequest: String? = nil,
    server: Server,
    tasks: [Outcome]
  ) {
    self.version = version
    self.name = name
    self.checksum = checksum
    self.appliedAt = appliedAt
    self.appliedBy = appliedBy
    self.runID = runID
    self.sourceCommit = sourceCommit
    self.approvedBy = approvedBy
    self.pullRequest = pullRequest
    self.server = server
    self.tasks = tasks
  }
}

// MARK: - As a value

extension HistoryRecord {
  package var value: Value {
    var members: [String: Value] = [
      "version": .number(Number(version)), "name": .string(name), "checksum": .string(checksum),
      "applied_at": .string(appliedAt), "applied_by": .string(appliedBy), "run": .string(runID),
      "server": server.value, "tasks": .array(tasks.map(\.value)),
    ]
    members["source_commit"] = sourceCommit.map(Value.string)
    members["approved_by"] = approvedBy.map(Value.string)
    members["pull_request"] = pullRequest.map(Value.string)
    if isBaseline { members["baseline"] = true }
    return .object(members)
  }

  /// Reads a record; `nil` if a part that every record has is missing, or a task cannot be read: what was there before it
  /// is what a rollback goes by.
  package init?(_ value: Value) {
    guard let version = value["version"]?.integer, let name = value["name"]?.string,
      let checksum = value["checksum"]?.string, let server = value["server"].flatMap(Server.init)
    else { return nil }
    let listed = value["tasks"]?.array ?? []
    let tasks = listed.compactMap(Outcome.init)
    guard tasks.count == listed.count else { return nil }
    self.init(
      version: version,
      name: name,
      checksum: checksum,
      appliedAt: value["applied_at"]?.string ?? "",
      appliedBy: value["applied_by"]?.string ?? "",
      runID: value["run"]?.string ?? "",
      sourceCommit: value["source_commit"]?.string,
      approvedBy: value["approved_by"]?.string,
      pullRequest: value["pull_request"]?.string,
      server: server,
      tasks: tasks
    )
    isBaseline = value["baseline"]?.bool ?? false
  }
}

extension HistoryRecord.Server {
  package var value: Value {
    [
      "address": .string(address), "namespace": .string(namespace), "cluster_id": .string(clusterID),
      "version": .string(version),
    ]
  }

  package init?(_ value: Value) {
    guard let address = value["address"]?.string else { return nil }
    self.init(
      address: address,
      namespace: value["namespace"]?.string ?? "",
      clusterID: value["cluster_id"]?.string ?? "",
      version: value["version"]?.string ?? ""
    )
  }
}

extension HistoryRecord.Outcome {
  package var value: Value {
    var members: [String: Value] = [
      "path": .string(path.path), "action": .string(action), "outcome": .string(outcome),
    ]
    if !path.namespace.isEmpty { members["namespace"] = .string(path.namespace) }
    members["before"] = before
    return .object(members)
  }

  package init?(_ value: Value) {
    guard let path = value["path"]?.string, let action = value["action"]?.string else { return nil }
    self.init(
      path: VaultPath(path, in: value["namespace"]?.string ?? ""),
      action: action,
      outcome: value["outcome"]?.string ?? "",
      before: value["before"]
    )
  }
}

extension HistoryRecord {
  /// A record's file without the lines below `tasks:`, which stand there in block style.
  static func leavingOutTasks(of bytes: [UInt8]) -> [UInt8] {
    let newline = UInt8(ascii: "\n")
    var kept: [UInt8] = []
    var isInside = false
    for line in bytes.split(separator: newline, omittingEmptySubsequences: false) {
      if isInside, line.first.map({ " -".utf8.contains($0) }) ?? true { continue }
      isInside = line.elementsEqual("tasks:".utf8)
      if isInside { continue }
      kept += line
      kept.append(newline)
    }
    return kept
  }
}
