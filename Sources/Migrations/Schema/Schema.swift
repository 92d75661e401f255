package import Catalogue
package import Values

/// The desired state, as declared: symbolic, for all environments at once.
package struct Schema: Sendable {
  /// One entry of the schema in the form in which tasks carry it.
  package struct Declaration: Sendable, Hashable {
    package let value: Value
    /// The environments that the entry is limited to; `nil` means all.
    package let environments: Set<String>?
    package let location: SourceLocation
    /// Where each field is written; those of a mount's `config` and `options` as `config.max_lease_ttl`.
    package let places: [String: SourceLocation]
    /// How the object is shared with others.
    package var manage: Manage?
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
    func values(_ declarations: [VaultPath: Declaration]) -> [VaultPath: Value] {
      declarations.filter { $0.value.environments?.contains(environment) ?? true }.mapValues(\.value)
    }
    let declared = resources.filter { $0.value.environments?.contains(environment) ?? true }
    return Fold(
      resources: values(resources),
      actions: values(actions),
      manages: declared.compactMapValues(\.manage)
    )
  }

  /// Resources and actions, by path.
  var declarations: [(path: VaultPath, declaration: Declaration)] {
    resources.merging(actions) { first, _ in first }.sorted { $0.key < $1.key }
      .map { (path: $0.key, declaration: $0.value) }
  }

  /// The paths of resources and actions.
  package var paths: [VaultPath] { Array(resources.keys) + actions.keys }

  /// What is wrong with a path, or `nil`.
  package static func complaint(about path: VaultPath) -> (message: String, hint: String)? {
    PathRules.complaint(about: path.path)
  }

  /// What the schema mounts.
  var mounts: MountTable {
    MountTable(declaredBy: resources.lazy.map { ($0.key, $0.value.value) })
  }

  package func declaration(at path: VaultPath) -> Declaration? {
    resources[path] ?? actions[path]
  }
}
