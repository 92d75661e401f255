import Catalogue

/// Puts tasks into an order in which a server accepts them, always the same for the same tasks.
///
/// What others need comes first, deletions come last and in reverse. A task that refers to what a server gives an object
/// comes after the one that makes the object, whatever their ranks.
struct TaskOrder {
  let catalogue: Catalogue
  let mounts: MountTable

  func sorted(_ tasks: [Task]) -> [Task] {
    let ranked = tasks.map { (key($0), $0) }.sorted { $0.0 < $1.0 }.map(\.1)
    return TaskDependencies(ranked, mounts).order.map { ranked[$0] }
  }

  /// The tasks of an environment in groups that do not depend on each other, as indices into the list.
  ///
  /// The list is in order already; an action stands alone, and so does a second task of the same path.
  func levels(of tasks: [Task], environment: String) -> [[Int]] {
    var levels: [[Int]] = []
    var previous: (rank: Int, depth: Int)?
    let dependencies = TaskDependencies(tasks, mounts)
    for (index, task) in tasks.enumerated() where task.scope.includes(environment) {
      let rank = (rank(task), depth(task))
      let isAction = if case .run = task.action { true } else { false }
      let isRepeated = levels.last?.contains { tasks[$0].path == task.path } ?? false
      let waits = levels.last.map { !dependencies.needs[index].isDisjoint(with: $0) } ?? false
      if let previous, previous == rank, !isAction, !isRepeated, !waits {
        levels[levels.count - 1].append(index)
      } else {
        levels.append([index])
      }
      previous = isAction ? nil : rank
    }
    return levels
  }

  /// The rank of a task: those of a lower one come first.
  private func rank(_ task: Task) -> Int {
    let order = catalogue.endpoint(for: task.apiPath, mounts: mounts).order
    return task.action == .delete ? Self.deletions - order : order
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

  private func key(_ task: Task) -> Key {
    let scope =
      switch task.scope {
      case .all: ""
      case .only(let names): "only " + names.sorted().joined(separator: ",")
      case .except(let names): "except " + names.sorted().joined(separator: ",")
      }
    return Key(
      rank: rank(task),
      depth: depth(task),
      path: task.path,
      scope: scope
    )
  }
}
