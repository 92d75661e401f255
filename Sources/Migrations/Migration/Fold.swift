package import Catalogue
package import Values

/// What migrations declare when applied in order: symbolic, per environment, the same on every machine.
package struct Fold: Hashable, Sendable {
  package private(set) var resources: [VaultPath: Value]
  /// The arguments of every one-off action that has run.
  package private(set) var actions: [VaultPath: Value]
  /// How resources are shared with others; those that are missing here are ours as a whole.
  package private(set) var manages: [VaultPath: Manage]
  /// What else was said about them, where anything was.
  package private(set) var terms: [VaultPath: ActionTerms]

  package init(
    resources: [VaultPath: Value] = [:],
    actions: [VaultPath: Value] = [:],
    terms: [VaultPath: ActionTerms] = [:],
    manages: [VaultPath: Manage] = [:]
  ) {
    self.manages = manages
    self.resources = resources
    self.actions = actions
    self.terms = terms
  }

  /// The fold of several migrations for one environment.
  ///
  /// - Throws: ``Problem`` (migration invalid) naming the task whose `was` does not fit what came before it.
  package init(_ migrations: some Sequence<Migration>, environment: String) throws(Problem) {
    self.init()
    for migration in migrations { try apply(migration, environment: environment) }
  }

  /// Applies the tasks of one migration that an environment has.
  ///
  /// - Throws: ``Problem`` (migration invalid).
  package mutating func apply(_ migration: Migration, environment: String) throws(Problem) {
    for task in migration.tasks where task.scope.includes(environment) && !task.once {
      if let complaint = apply(task) {
        let where_ = environment.isEmpty ? "" : " in environment \(environment)"
        throw Problem(
          .migrationInvalid,
          "migration \(migration.label) does not follow from those before it: \(complaint)\(where_)",
          at: SourceLocation(file: migration.fileName),
          path: task.path.description,
          hint: "was it edited by hand, or merged beside another one? remove it and run generate again"
        )
      }
    }
  }

  /// Leaves a path out, as if it had never been declared.
  mutating func forget(_ path: VaultPath) {
    resources[path] = nil
    manages[path] = nil
  }

  /// Whether another fold declares something else at a path, or shares it otherwise.
  func differs(from other: Fold, at path: VaultPath) -> Bool {
    resources[path] != other.resources[path] || manages[path] != other.manages[path]
  }

  /// The types of all mounts and auth methods.
  package var mounts: MountTable {
    MountTable(declaredBy: resources.lazy.map { ($0.key, $0.value) })
  }

  /// The declared resources below a mount, by path, without the mount itself.
  package func content(of mount: VaultPath) -> [VaultPath: Value] {
    guard let prefix = mount.contentPrefix else { return [:] }
    return resources.filter { path, _ in
      path.namespace == mount.namespace && path != mount && path.path.hasPrefix(prefix)
    }
  }

  /// - Returns: What does not fit, as a clause, or `nil`.
  private mutating func apply(_ task: Task) -> String? {
    switch task.action {
    case .write(let value):
      if let complaint = complaint(about: task) { return complaint }
      resources[task.path] = value
      manages[task.path] = task.manage
    case .delete:
      if let complaint = complaint(about: task) { return complaint }
      guard resources.removeValue(forKey: task.path) != nil else {
        return "\(task.path) is deleted but not there"
      }
      manages[task.path] = nil
      // A mount that is shared is left, with everything in it.
      if task.manage == nil { removeContent(of: task.path) }
    case .move: if let move = task.move { return apply(move) }
    case .run(let arguments):
      guard actions.updateValue(arguments, forKey: task.path) == nil else {
        return "\(task.path) runs a second time"
      }
      if !task.terms.isEmpty { terms[task.path] = task.terms }
    }
    return nil
  }

  /// Gives a mount and everything in it another path.
  ///
  /// - Returns: What does not fit, as a clause, or `nil`.
  mutating func apply(_ move: MountMove) -> String? {
    guard resources[move.from] != nil else { return "\(move.from) is moved but not there" }
    guard resources[move.to] == nil else {
      return "\(move.from) is moved to \(move.to), which is there already"
    }
    func moving<Content>(_ values: [VaultPath: Content]) -> [VaultPath: Content] {
      Dictionary(values.map { (move.moved($0.key) ?? $0.key, $0.value) }, uniquingKeysWith: { $1 })
    }
    resources = moving(resources)
    actions = moving(actions)
    terms = moving(terms)
    manages = moving(manages)
    for (path, old) in terms { terms[path] = old.moved(by: move, in: path.namespace) }
    return nil
  }

  private func complaint(about task: Task) -> String? {
    switch (task.was, resources[task.path]) {
    case (nil, _), (.absent, nil): nil
    case (.absent, _?): "\(task.path) is there already, its task says it was absent"
    case (.value, nil): "\(task.path) is not there, its task says it was"
    case (.value(let was), let value?):
      was == value ? nil : "\(task.path) holds something else than its task says"
    }
  }

  /// A deleted mount takes everything inside along, so that its actions may run again in a new one.
  private mutating func removeContent(of mount: VaultPath) {
    guard let prefix = mount.contentPrefix else { return }
    func isInside(_ path: VaultPath) -> Bool {
      path.namespace == mount.namespace && path.path.hasPrefix(prefix)
    }
    resources = resources.filter { !isInside($0.key) }
    actions = actions.filter { !isInside($0.key) }
    manages = manages.filter { !isInside($0.key) }
    terms = terms.filter { !isInside($0.key) }
  }
}
