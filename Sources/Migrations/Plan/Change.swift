package import Catalogue
package import Values

/// One difference, as every command shows it (DESIGN section 5).
package struct Change: Sendable, Hashable {
  package enum Action: String, Sendable, Hashable {
    case create, update, delete, run, move, refresh
  }

  /// One field before and after; names of nested fields are joined by dots.
  package struct Field: Sendable, Hashable {
    package let name: String
    /// `nil` for a field that was not there; a fingerprint is shown as sensitive, never itself.
    package let from: Value?
    package let to: Value?

    package init(name: String, from: Value?, to: Value?) {
      self.name = name
      self.from = from
      self.to = to
    }

    package var isSensitive: Bool {
      [from, to].contains { value in value.map { $0.holdsSecret || Self.holdsFingerprint($0) } ?? false }
    }

    private static func holdsFingerprint(_ value: Value) -> Bool {
      switch value {
      case .array(let elements): elements.contains(where: holdsFingerprint)
      case .object(let members): members.values.contains(where: holdsFingerprint)
      default: Fingerprints.isFingerprint(value)
      }
    }
  }

  package var path: VaultPath
  package var action: Action
  package var fields: [Field]
  /// What would be destroyed for good.
  package var losses: Losses?
  /// The version that brings it; `nil` for drift, refreshes and what is in no migration yet.
  package var version: Int?
  /// For drift: whether the schema mentions any of the fields.
  package var isDeclared: Bool?
  /// How the object is shared with others.
  package var manage: Manage?

  package init(
    path: VaultPath,
    action: Action,
    fields: [Field],
    losses: Losses? = nil,
    version: Int? = nil,
    isDeclared: Bool? = nil
  ) {
    self.path = path
    self.action = action
    self.fields = fields
    self.losses = losses
    self.version = version
    self.isDeclared = isDeclared
  }
}

extension Change.Field {
  /// The fields in which two values differ, maps followed into.
  package static func differences(from old: Value?, to new: Value?) -> [Change.Field] {
    var fields: [Change.Field] = []
    collect(old, new, name: "", &fields)
    return fields.sorted { $0.name < $1.name }
  }

  private static func collect(_ old: Value?, _ new: Value?, name: String, _ fields: inout [Change.Field]) {
    guard old != new else { return }
    let oldMembers = old?.object
    let newMembers = new?.object
    let isMap = (oldMembers != nil || old == nil) && (newMembers != nil || new == nil)
    guard isMap, let keys = Optional(Set((oldMembers ?? [:]).keys).union((newMembers ?? [:]).keys)),
      !keys.isEmpty
    else {
      if !name.isEmpty { fields.append(Change.Field(name: name, from: old, to: new)) }
      return
    }
    for key in keys {
      collect(oldMembers?[key], newMembers?[key], name: name.isEmpty ? key : "\(name).\(key)", &fields)
    }
  }
}

extension Change {
  /// What a task changes, in the symbols of the migration.
  init(_ task: Task, version: Int?, catalogue: Catalogue, mounts: MountTable) {
    let old: Value? = if case .value(let value) = task.was { value } else { nil }
    switch task.action {
    case .write(let value):
      self.init(
        path: task.path,
        action: old == nil ? .create : .update,
        fields: Field.differences(from: old, to: value),
        version: version
      )
    case .run(let arguments):
      self.init(
        path: task.path,
        action: .run,
        fields: Field.differences(
          from: nil,
          to: .object((arguments.object ?? [:]).merging(task.terms.members) { $1 })
        ),
        losses: task.losses(catalogue, mounts),
        version: version
      )
    case .move(let from):
      self.init(
        path: task.path,
        action: .move,
        fields: [Field(name: "path", from: .string(from.path), to: .string(task.path.path))],
        version: version
      )
    case .delete:
      self.init(
        path: task.path,
        action: .delete,
        fields: Field.differences(from: old, to: nil),
        losses: task.losses(catalogue, mounts),
        version: version
      )
    }
    manage = task.manage
  }
}

/// What one environment differs in: from the schema, from the migrations, from what was recorded.
package struct Plan: Sendable {
  package var environment: String
  /// In the schema, not yet in a migration.
  package var changes: [Change]
  /// In a migration, or in a changed variable or secret, not yet in this environment.
  package var pending: [Change]
  /// On the server, changed by somebody else.
  package var drift: [Change]
  /// Where somebody else's change was left alone, with the version that would have written the path.
  package var kept: [Kept] = []

  package struct Kept: Sendable, Hashable {
    package let path: VaultPath
    package let since: String
  }
  /// Whether changed values wait until a run is told to write them.
  package var refreshesByHand = false
  /// What the server's own description says against the fields of what is to be written.
  package var warnings: [Problem] = []

  package init(environment: String, changes: [Change], pending: [Change], drift: [Change]) {
    self.environment = environment
    self.changes = changes
    self.pending = pending
    self.drift = drift
  }

  package var isEmpty: Bool { changes.isEmpty && pending.isEmpty && drift.isEmpty }
}
