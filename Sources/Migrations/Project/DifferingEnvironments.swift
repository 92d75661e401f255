import Configuration

extension Project {
  /// One environment of each kind: what no scope tells apart has the same schema and the same migrations, so that it is
  /// looked at once.
  var differingEnvironments: [String] {
    let named = namedEnvironments
    let all = Validator.environments(of: settings)
    let other = all.first { !named.contains($0) }
    return all.filter { named.contains($0) || $0 == other }
  }

  /// The environments that are as one of ``differingEnvironments`` is, itself included.
  func environments(like environment: String) -> Set<String> {
    let named = namedEnvironments
    guard !named.contains(environment) else { return [environment] }
    return Set(Validator.environments(of: settings)).subtracting(named)
  }

  /// Those that some entry or task is limited to, or not for.
  private var namedEnvironments: Set<String> {
    var names: Set<String> = []
    for (_, declaration) in schema.declarations where declaration.scope != .all {
      names.formUnion(declaration.scope.names)
    }
    for task in migrations.lazy.flatMap(\.tasks) where task.scope != .all {
      names.formUnion(task.scope.names)
    }
    return names
  }
}
