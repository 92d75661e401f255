package import Catalogue
package import Values

/// The desired state, as declared: symbolic, for all environments at once.
package struct Schema: Sendable {
  /// One entry of the schema in the form in which tasks carry it.
  package struct Declaration: Sendable, Hashable {
    package let value: Value
    /// The environments that the entry is limited to; `nil` means all.
    package let environments: Set<String>?
    /// What becomes of an action's answer, and when it does not run.
    package var terms = ActionTerms()
    package let location: SourceLocation
    /// Where each field is written; those of a mount's `config` and `options` as `config.max_lease_ttl`.
    package let places: [String: SourceLocation]
    /// How the object is shared with others.
    package var manage: Manage?
    /// The rules of `lint` that do not count for it, each with the reason.
    package var silences: [String: Silence] = [:]
  }

  package private(set) var resources: [VaultPath: Declaration] = [:]
  /// One-off actions; a path may end in `#name` to tell several of a kind apart.
  package private(set) var actions: [VaultPath: Declaration] = [:]

  package init() {}

  /// Adds an entry.
  ///
  /// - Returns: The entry that already has this path, if there is one; the new one is not added then.
  mutating func declare(_ declaration: Declaration, at path: VaultPath, isAction: Bool) -> Declaration? {
    if let other = resources[path] ?? actions[path] { return other }
    if isAction { actions[path] = declaration } else { resources[path] = declaration }
    return nil
  }

  /// What an environment is to hold; `""` asks for an environment that config.yaml does not name.
  package func content(in environment: String) -> Fold {
    func here(_ declarations: [VaultPath: Declaration]) -> [VaultPath: Declaration] {
      declarations.filter { $0.value.environments?.contains(environment) ?? true }
    }
    let (declared, actions) = (here(resources), here(actions))
    return Fold(
      resources: declared.mapValues(\.value),
      actions: actions.mapValues(\.value),
      terms: actions.mapValues(\.terms).filter { !$0.value.isEmpty },
      manages: declared.compactMapValues(\.manage)
    )
  }

  /// Resources and actions, by path.
  var declarations: [(path: VaultPath, declaration: Declaration)] {
    resources.merging(actions) { first, _ in first }.sorted { $0.key < $1.key }
      .map { (path: $0.key, declaration: $0.value) }
  }

  /// What is wrong with a path, or `nil`.
  package static func complaint(about path: VaultPath) -> (message: String, hint: String)? {
    PathRules.complaint(about: path.path)
  }

  /// The paths of all entries.
  package var paths: Set<VaultPath> { Set(resources.keys).union(actions.keys) }

  /// What the schema mounts.
  var mounts: MountTable {
    MountTable(declaredBy: resources.lazy.map { ($0.key, $0.value.value) })
  }

  package func declaration(at path: VaultPath) -> Declaration? {
    resources[path] ?? actions[path]
  }
}
