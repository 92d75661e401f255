import Catalogue

/// Puts tasks into an order in which a server accepts them, always the same for the same tasks.
///
/// What others need comes first, deletions come last and in reverse. A task that refers to what a server gives an object
/// comes after the one that makes the object, whatever their ranks.
struct TaskOrder {
  let catalogue: Catalogue
  let mounts: MountTable

  func sorted(_ tasks: [Task]) -> [Task] {
    let deleted = Self.deleted(in: tasks)
    let ranked = tasks.map { (key($0, deleted), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    return TaskDependencies(ranked, catalogue, mounts).order.map { ranked[$0] }
  }

  /// The tasks of an environment in groups that do not depend on each other, as indices into the list.
  ///
  /// The list is in order already; an action stands alone, and so does a second task of the same path.
  func levels(of tasks: [Task], environment: String) -> [[Int]] {
    let deleted = Self.deleted(in: tasks)
    var levels: [[Int]] = []
    // What the last level holds, to be asked by every task.
    var level: (tasks: Set<Int>, paths: Set<VaultPath>) = ([], [])
    var previous: (rank: Int, depth: Int)?
    let dependencies = TaskDependencies(tasks, catalogue, mounts)
    for (index, task) in tasks.enumerated() where task.scope.includes(environment) {
      let rank = (rank(task, deleted), depth(task))
      let isAction =
        switch task.action {
        case .run, .move: true
        case .write, .delete: task.once
        }
      let isRepeated = level.paths.contains(task.path)
      let waits = dependencies.needs[index].contains { level.tasks.contains($0) }
      if let previous, previous == rank, !isAction, !isRepeated, !waits {
        levels[levels.count - 1].append(index)
      } else {
        levels.append([index])
        level = ([], [])
      }
      level.tasks.insert(index)
      level.paths.insert(task.path)
      previous = isAction ? nil : rank
    }
    return levels
  }

  /// The rank of a task: those of a lower one come first.
  ///
  /// Settings of an object that goes too are looked at after it: taking them back first could be what keeps the object from
  /// being deleted.
  private func rank(_ task: Task, _ deleted: Set<VaultPath>) -> Int {
    let endpoint = catalogue.endpoint(for: task.apiPath, mounts: mounts)
    guard task.action == .delete else { return endpoint.order }
    let goesAlong = endpoint.deleteIsRefused && task.path.parents.contains { deleted.contains($0) }
    return goesAlong ? Self.deletions : Self.deletions - endpoint.order
  }

  private static func deleted(in tasks: [Task]) -> Set<VaultPath> {
    Set(tasks.filter { $0.action == .delete }.map(\.path))
  }

  /// Greater than every rank of a task that is no deletion.
  private static let deletions = 1_000_000

  private struct Key: Comparable {
    let rank: Int
    let depth: Int
    let path: VaultPath
    let scope: String

    static func < (left: Key, right: Key) -> Bool {
      (left.rank, left.depth, left.path, left.scope) < (right.rank, right.depth, right.path, right.scope)
    }
  }

  /// How deep the namespace lies: parents come before their children, and go after them.
  private func depth(_ task: Task) -> Int {
    let depth =
      task.path.namespace.isEmpty ? 0 : task.path.namespace.utf8.count { $0 == UInt8(ascii: "/") } + 1
    return task.action == .delete ? -depth : depth
  }

  private func key(_ task: Task, _ deleted: Set<VaultPath>) -> Key {
    let scope =
      switch task.scope {
      case .all: ""
      case .only(let names): "only " + names.sorted().joined(separator: ",")
      case .except(let names): "except " + names.sorted().joined(separator: ",")
      }
    return Key(
      rank: rank(task, deleted),
      depth: depth(task),
      path: task.path,
      scope: scope
    )
  }
}

extension VaultPath {
  /// The paths of whole segments above this one.
  fileprivate var parents: [VaultPath] {
    path.utf8.indices.filter { path.utf8[$0] == UInt8(ascii: "/") }.map { with(path: String(path[..<$0])) }
  }
}
