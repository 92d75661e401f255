import Catalogue

/// Which tasks of a version can be judged before its first write.
///
/// What lies in a mount or namespace that this version makes cannot be asked for yet, and is nobody else's.
struct LookAhead {
  private let tasks: [(index: Int, task: Task)]
  /// The mounts and namespaces that tasks write, as far as they can be asked for.
  let roots: Set<VaultPath>

  /// - Parameter tasks: In the migration's order.
  init(_ tasks: [(index: Int, task: Task)]) {
    self.tasks = tasks
    let paths = tasks.map(\.task.path)
    let namespaces = Set(paths.compactMap(\.madeNamespace))
    roots = Set(
      paths.filter { path in
        let isRoot = path.isMount || path.isAuthMethod || path.madeNamespace != nil
        return isRoot && !path.lies(in: namespaces)
      }
    )
  }

  /// The indices of the tasks whose objects can be read, given those of the roots that are there.
  ///
  /// Of several tasks with one path only the first can be judged.
  func visible(inside existing: Set<VaultPath>) -> [Int] {
    let missing = roots.subtracting(existing)
    let missingNamespaces = Set(missing.compactMap(\.madeNamespace))
    var seen: Set<VaultPath> = []
    return tasks.filter { _, task in
      switch task.action {
      case .run, .move: return false
      case .write, .delete: if task.once { return false }
      }
      let isNew = task.path.lies(in: missingNamespaces) || missing.contains { $0.contains(task.path) }
      return seen.insert(task.path).inserted && !isNew
    }.map(\.index)
  }
}

extension VaultPath {
  /// The namespace that is made at this path.
  var madeNamespace: String? {
    guard path.hasPrefix("sys/namespaces/") else { return nil }
    let name = path.dropFirst("sys/namespaces/".count)
    return namespace.isEmpty ? String(name) : "\(namespace)/\(name)"
  }

  fileprivate func lies(in namespaces: Set<String>) -> Bool {
    namespaces.contains { namespace == $0 || namespace.hasPrefix($0 + "/") }
  }
}
