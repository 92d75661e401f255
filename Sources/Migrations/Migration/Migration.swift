import Catalogue
import Digests
package import Values

/// A version: its tasks in the order in which a server accepts them.
package struct Migration: Hashable, Sendable {
  package let version: Int
  package let name: String
  /// The checksum of the version before; `nil` for the first.
  package let parent: String?
  package let tasks: [Task]
  /// It has no tasks, and stands for all versions before it: `verify` begins at what they declare together.
  package let isCheckpoint: Bool

  package init(version: Int, name: String, parent: String?, tasks: [Task], isCheckpoint: Bool = false) {
    self.version = version
    self.name = name
    self.parent = parent
    self.tasks = tasks
    self.isCheckpoint = isCheckpoint
  }

  /// The same migration with other tasks.
  func with(tasks: [Task]) -> Migration {
    Migration(version: version, name: name, parent: parent, tasks: tasks, isCheckpoint: isCheckpoint)
  }

  /// Room for a time to the second and more, and there is always a next one.
  static let highestVersion = 999_999_999_999_999

  /// `0002`: at least four digits, everywhere.
  package var label: String { Self.label(version) }

  package static func label(_ version: Int) -> String { VersionLabel.text(version) }

  /// `0002-web-role.yaml`.
  package var fileName: String { "\(label)-\(name).yaml" }

  /// Covers what is done, not comments, order of keys, white space or approvals: the SHA-256 of the canonical JSON.
  ///
  /// An approval may be given later, for an environment that has not seen the version yet.
  package var checksum: String {
    var tasks = tasks
    for index in tasks.indices { tasks[index].approvals = [:] }
    return "sha256:" + Digests.sha256(JSON.text(with(tasks: tasks).value).utf8)
  }

  /// How the objects that it writes are shared, by path.
  var manages: [VaultPath: Manage] {
    Dictionary(tasks.compactMap { task in task.manage.map { (task.path, $0) } }, uniquingKeysWith: { $1 })
  }

  /// What it writes, by path.
  var writes: [VaultPath: Value] {
    var writes: [VaultPath: Value] = [:]
    for task in tasks {
      if case .write(let value) = task.action { writes[task.path] = value }
    }
    return writes
  }

  /// The content of the file.
  package var value: Value {
    var members: [String: Value] = [
      "version": .number(Number(version)), "name": .string(name), "tasks": .array(tasks.map(\.value)),
    ]
    members["parent"] = parent.map(Value.string)
    if isCheckpoint { members["checkpoint"] = true }
    return .object(members)
  }
}

extension Task {
  /// The task as a migration file holds it.
  package var value: Value {
    var members: [String: Value] = move == nil ? ["path": .string(path.path)] : [:]
    if !path.namespace.isEmpty { members["namespace"] = .string(path.namespace) }
    switch action {
    case .write(let value): members["write"] = value
    case .run(let arguments): members["run"] = arguments
    case .delete: members["delete"] = true
    case .move(let from): members["move"] = ["from": .string(from.path), "to": .string(path.path)]
    }
    switch was {
    case .absent: members["was"] = "absent"
    case .value(let value): members["was"] = value
    case nil: break
    }
    if !wasInside.isEmpty { members["was_inside"] = .object(wasInside) }
    switch scope {
    case .all: break
    case .only(let names): members["only"] = .array(names.sorted().map(Value.string))
    case .except(let names): members["except"] = .array(names.sorted().map(Value.string))
    }
    if !approvals.isEmpty { members["approve"] = .object(approvals.mapValues(\.value)) }
    members.merge(terms.members) { $1 }
    if let manage { members[manage.key] = manage.value }
    if once { members["once"] = true }
    return .object(members)
  }
}
