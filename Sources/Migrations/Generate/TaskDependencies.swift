import Catalogue
import Values

/// Which tasks of a list must wait for others: because of references to what a server gives objects, and of names of
/// objects that must be there.
struct TaskDependencies {
  /// By index, the indices of those that come first.
  private(set) var needs: [Set<Int>]

  init(_ tasks: [Task], _ catalogue: Catalogue, _ mounts: MountTable) {
    needs = Array(repeating: [], count: tasks.count)
    let references = tasks.map(\.givenObjects)
    let names = tasks.map { task in
      let value = task.content ?? task.valueBefore
      return value.map { catalogue.neededObjects(in: $0, at: task.apiPath, mounts) } ?? []
    }
    if references.contains(where: { !$0.isEmpty }) || names.contains(where: { !$0.isEmpty }) {
      addWrites(tasks, references, names, mounts)
    }
    addDeletions(tasks, names)
  }

  /// The indices in an order that respects the needs, and otherwise changes as little as possible.
  ///
  /// Of tasks that wait for each other in a circle, which `validate` reports, the first goes first.
  var order: [Int] {
    var order: [Int] = []
    var missing = needs.map(\.count)
    var unlocks: [Int: [Int]] = [:]
    for (index, needs) in needs.enumerated() {
      for need in needs { unlocks[need, default: []].append(index) }
    }
    var isDone = Array(repeating: false, count: needs.count)
    /// What was passed over and can be done by now; the first in line stands last.
    var ready: [Int] = []
    func take(_ index: Int, before next: Int) {
      order.append(index)
      isDone[index] = true
      let waiting = ready.count
      for other in unlocks[index] ?? [] where !isDone[other] {
        missing[other] -= 1
        if missing[other] == 0, other < next { ready.append(other) }
      }
      if ready.count > waiting { ready.sort(by: >) }
    }
    func takeReady(before next: Int) {
      while let index = ready.popLast() { take(index, before: next) }
    }
    for index in needs.indices where missing[index] == 0 {
      take(index, before: index)
      takeReady(before: index)
    }
    for index in needs.indices where !isDone[index] {
      take(index, before: needs.count)
      takeReady(before: needs.count)
    }
    return order
  }

  private mutating func addWrites(
    _ tasks: [Task],
    _ references: [Set<GivenObject>],
    _ names: [[NamedObject]],
    _ mounts: MountTable
  ) {
    var makers: [VaultPath: Set<Int>] = [:]
    for (index, task) in tasks.enumerated() {
      if task.move != nil { makers[task.path, default: []].insert(index) }
      guard let content = task.content else { continue }
      for path in GivenObject.made(by: task.path, content, task.terms, mounts) {
        makers[path, default: []].insert(index)
      }
    }
    for (index, objects) in references.enumerated() {
      for object in objects {
        let named = object.makers.lazy.compactMap { makers[$0] }.first
        needs[index].formUnion((named ?? actions(tasks, references, object, mounts)).subtracting([index]))
      }
    }
    for (index, named) in names.enumerated() where tasks[index].action != .delete {
      for object in named {
        let named = object.paths.lazy.compactMap { makers[$0] }.first ?? []
        needs[index].formUnion(named.subtracting([index]))
      }
    }
    // Whatever lies in a mount or namespace that has to wait waits with it.
    for (root, task) in tasks.enumerated() where !needs[root].isEmpty && task.path.isRoot {
      for (index, inside) in tasks.enumerated() where inside.action != .delete && task.path.holds(inside.path)
      {
        needs[index].insert(root)
      }
    }
  }

  /// Actions that may make an object that no task names; those that refer to objects themselves might be the ones that
  /// need it.
  private func actions(
    _ tasks: [Task],
    _ references: [Set<GivenObject>],
    _ object: GivenObject,
    _ mounts: MountTable
  ) -> Set<Int> {
    Set(
      tasks.indices.filter { index in
        guard case .run = tasks[index].action, references[index].isEmpty else { return false }
        return object.mayBeMade(by: tasks[index].path, mounts)
      }
    )
  }

  /// What is referred to goes after what refers to it.
  private mutating func addDeletions(_ tasks: [Task], _ names: [[NamedObject]]) {
    var deleted: [VaultPath: Set<Int>] = [:]
    for (index, task) in tasks.enumerated() where task.action == .delete {
      deleted[task.path, default: []].insert(index)
    }
    guard deleted.count > 1 else { return }
    for (index, task) in tasks.enumerated() where task.action == .delete {
      let given = task.valueBefore?.givenObjects(in: task.path.namespace) ?? []
      for paths in given.map(\.makers) + names[index].map(\.paths) {
        for other in paths.lazy.compactMap({ deleted[$0] }).first ?? [] where other != index {
          needs[other].insert(index)
        }
      }
    }
  }
}

extension Catalogue {
  /// The objects that a value names and does not work without.
  func neededObjects(in value: Value, at path: VaultPath, _ mounts: MountTable) -> [NamedObject] {
    endpoint(for: path, mounts: mounts).namedObjects(in: value, at: path).filter(\.isNeeded)
  }
}

extension VaultPath {
  fileprivate var isRoot: Bool { isMount || isAuthMethod || madeNamespace != nil }

  /// Whether another path lies inside this mount, or in the namespace that is made here.
  fileprivate func holds(_ other: VaultPath) -> Bool {
    if let made = madeNamespace { return other.namespace == made || other.namespace.hasPrefix(made + "/") }
    return contains(other)
  }
}
