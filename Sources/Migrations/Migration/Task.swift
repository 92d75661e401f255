package import Catalogue
package import Values

/// One step of a migration: symbolic, the same for every environment that it applies to.
package struct Task: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    /// The whole resource as it is to be.
    case write(Value)
    case delete
    /// A one-off action with its arguments.
    case run(Value)
    /// A mount gets the task's path, and keeps everything inside.
    case move(from: VaultPath)
  }

  /// The fold before a task.
  package enum Was: Hashable, Sendable {
    case absent
    case value(Value)
  }

  package let path: VaultPath
  package var action: Action
  /// For the reviewer, and the portable way back; actions have none.
  package var was: Was?
  /// What a deleted mount took along: the declared resources inside it.
  package var wasInside: [String: Value]
  package var scope: Scope
  /// Why a destructive task may run, by environment.
  package var approvals: [String: Approval]
  /// What becomes of an action's answer, and when it does not run.
  package var terms: ActionTerms
  /// How the object is shared with others; a shared one is left when its entry goes.
  package var manage: Manage?
  /// Written by hand to move data: done once with its version, and no part of what is declared.
  package var once: Bool

  package init(
    path: VaultPath,
    action: Action,
    was: Was? = nil,
    wasInside: [String: Value] = [:],
    scope: Scope = .all,
    approvals: [String: Approval] = [:],
    terms: ActionTerms = ActionTerms(),
    once: Bool = false,
    manage: Manage? = nil
  ) {
    self.manage = manage
    self.path = path
    self.action = action
    self.was = was
    self.wasInside = wasInside
    self.scope = scope
    self.approvals = approvals
    self.terms = terms
    self.once = once
  }

  /// Whether it says what was there before it.
  var hasPast: Bool {
    switch action {
    case .write, .delete: true
    case .run, .move: false
    }
  }

  /// The path as the API knows it: without the `#name` that tells several actions of a kind apart.
  package var apiPath: VaultPath {
    guard case .run = action else { return path }
    return path.withoutActionName
  }
}

extension VaultPath {
  /// The path without a trailing `#name`.
  package var withoutActionName: VaultPath {
    guard let hash = path.lastIndex(of: "#") else { return self }
    return with(path: String(path[..<hash]))
  }
}
