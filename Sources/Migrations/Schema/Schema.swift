package import Catalogue
package import Values

/// The desired state, as declared: symbolic, for all environments at once.
package struct Schema: Sendable {
  /// One entry of the schema in the form in which tasks carry it.
  package struct Declaration: Sendable, Hashable {
    package let value: Value
    /// The environments that the entry is for.
    package let scope: Scope
    /// What becomes of an action's answer, and when it does not run.
    package var terms = ActionTerms()
    package let location: SourceLocation
    /// Where each field is written; those of a mount's `config` and `options` as `config.max_lease_ttl`.
    package let places: [String: SourceLocation]
    /// How the object is shared with others.
    package var manage: Manage?
    /// The rules of `lint` that do not count for it, each with the reason.
    package var silences: [String: Silence] = [:]
    /// Whether it is one of many that an entry with `for_each:` makes.
    package var isRepeated = false
  }

  package private(set) var resources: [VaultPath: Declaration] = [:]
  /// One-off actions; a path may end in `#name` to tell several of a kind apart.
  package private(set) var actions: [VaultPath: Declaration] = [:]
  /// What a path is besides, in environments that the first declaration of it is not for.
  private var variants: [VaultPath: [Declaration]] = [:]

  /// What the schema mounts.
  package private(set) var mounts = MountTable()
  /// Resources and actions, sorted by path.
  private(set) var declarations: [(path: VaultPath, declaration: Declaration)] = []

  package init() {}

  /// Puts what was declared in order; nothing is declared after that.
  mutating func finish() {
    declarations = paths.sorted().flatMap { path in all(at: path).map { (path: path, declaration: $0) } }
  }

  /// Adds an entry.
  ///
  /// - Returns: The entry that already has this path in one of its environments, if there is one; the new one is not added
  ///   then.
  mutating func declare(_ declaration: Declaration, at path: VaultPath, isAction: Bool) -> Declaration? {
    let others = all(at: path)
    if let other = others.first(where: { !$0.scope.intersection(declaration.scope).isEmpty }) { return other }
    if !others.isEmpty {
      variants[path, default: []].append(declaration)
    } else if isAction {
      actions[path] = declaration
    } else {
      resources[path] = declaration
      if path.isMount || path.isAuthMethod { mounts.insert(path, declared: declaration.value) }
    }
    return nil
  }

  /// Every declaration of a path, each for other environments.
  func all(at path: VaultPath) -> [Declaration] {
    guard let first = resources[path] ?? actions[path] else { return [] }
    return [first] + (variants[path] ?? [])
  }

  /// What a path is declared as, without regard to where.
  func meaning(of path: VaultPath) -> [[Value]] {
    all(at: path).map { declaration in
      let scope = declaration.scope.names.sorted().map(Value.string)
      return [
        declaration.value, .object(declaration.terms.members), .bool(declaration.scope.includes("")),
        .array(scope),
      ]
    }
  }

  /// What an environment is to hold; `""` asks for an environment that config.yaml does not name.
  package func content(in environment: String) -> Fold {
    func here(_ declarations: [VaultPath: Declaration]) -> [VaultPath: Declaration] {
      guard !variants.isEmpty else { return declarations.filter { $0.value.scope.includes(environment) } }
      var here: [VaultPath: Declaration] = [:]
      for path in declarations.keys { here[path] = declaration(at: path, in: environment) }
      return here
    }
    let (declared, actions) = (here(resources), here(actions))
    return Fold(
      resources: declared.mapValues(\.value),
      actions: actions.mapValues(\.value),
      terms: actions.mapValues(\.terms).filter { !$0.value.isEmpty },
      manages: declared.compactMapValues(\.manage)
    )
  }

  /// What is wrong with a path, or `nil`.
  package static func complaint(about path: VaultPath) -> (message: String, hint: String)? {
    PathRules.complaint(about: path.path)
  }

  /// The paths of all entries.
  package var paths: Set<VaultPath> { Set(resources.keys).union(actions.keys) }

  package func declaration(at path: VaultPath) -> Declaration? {
    resources[path] ?? actions[path]
  }

  /// What a path is in one environment.
  package func declaration(at path: VaultPath, in environment: String) -> Declaration? {
    all(at: path).first { $0.scope.includes(environment) }
  }
}
