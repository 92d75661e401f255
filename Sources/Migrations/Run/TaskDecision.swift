import Catalogue
import Values

/// What is done about one task, given what is there: pure, and looked at immediately before the write (DESIGN section 6).
enum TaskDecision: Equatable {
  case send
  /// The server has it already: nothing is sent.
  case adopt(notice: String?)
  /// Somebody else's change stays, as the user asked.
  case keep
  case stop(Problem)
}

/// Everything that a decision depends on.
struct TaskView {
  let task: Task
  let endpoint: Endpoint
  /// What the task writes, resolved; `nil` for a deletion.
  let value: Value?
  /// The same with fingerprints in the place of secrets.
  let fingerprinted: Value?
  /// What the task says was there, resolved; `nil` for nothing, or if it cannot be resolved any more.
  let was: Value?
  /// What this environment last wrote.
  let sent: Value?
  /// What the server answered when this path was last recorded.
  let recorded: Value?
  /// What is there now.
  let live: Value?
  /// The values of a KV secret, where they were needed.
  let content: Value?
  /// Whether an interrupted run had set out to do this task.
  let wasIntended: Bool
  let fingerprints: Fingerprints
  /// Whether an interrupted run of another migration of this version wrote it, or it lies in a mount that this version
  /// made: it is corrected, not respected.
  var isOurs = false
  /// What the server calls an object whose path it does not know.
  var id: String?
  /// The version that the server counts, where it checks that nobody else wrote since.
  var version: Int?
  /// The entity of an alias that a login made: it does not count, and is given its alias back by a rollback.
  var owner: Value?
}

extension TaskDecision {
  static func decide(_ view: TaskView, _ options: RunOptions) -> TaskDecision {
    if view.task.once { return decideOnce(view) }
    if view.task.action == .delete {
      // What is shared is left to the others.
      if view.task.manage != nil { return .keep }
      return view.endpoint.readPath(for: view.task.path) == .nothing ? .send : decideDeletion(view, options)
    }
    if view.endpoint.readPath(for: view.task.path) == .nothing { return .send }
    if view.task.manage == .createOnly {
      if view.live == nil || options.revert.contains(view.task.path) { return .send }
      return .adopt(notice: "is there already, and is only created: it stays as it is")
    }
    guard let live = view.live else {
      let vanished = view.recorded != nil && !view.wasIntended
      return vanished ? foreign(view, options, "was deleted on the server by somebody else", []) : .send
    }
    let agreement = view.agreement(with: view.value)
    // What is there may lack the fields that are removed, and what is compared is only what is declared.
    if view.wasIntended, agreement.isEqual, !view.removesFields {
      // It is most likely our own write; what a read cannot show is sent again.
      return agreement.unverifiable.isEmpty ? .adopt(notice: nil) : .send
    }
    if let recorded = view.recorded {
      let changes = view.fingerprints.drift(from: recorded, to: live, at: view.task.path, view.endpoint)
      if changes.isEmpty { return view.sent == view.fingerprinted ? .adopt(notice: nil) : .send }
      // What the schema does not mention may still have changed.
      let isReverted = options.revert.contains(view.task.path) && view.endpoint.kind != .kvData
      if agreement.isEqual, !isReverted { return .adopt(notice: agreement.notice) }
      return foreign(view, options, "was changed on the server by somebody else", changes)
    }
    if agreement.isEqual { return .adopt(notice: agreement.notice) }
    if view.was != nil, view.agreement(with: view.was).isEqual { return .send }
    if view.task.was == .absent, view.isAtDefaults(agreement.differences) { return .send }
    return foreign(
      view,
      options,
      "exists already and is not what the migration writes",
      agreement.differences
    )
  }

  /// What is not declared has no record, and its task was written by somebody who knows what is there.
  private static func decideOnce(_ view: TaskView) -> TaskDecision {
    if view.task.action == .delete {
      let canBeSeen = view.endpoint.readPath(for: view.task.path) != .nothing
      return view.live == nil && canBeSeen ? .adopt(notice: nil) : .send
    }
    guard view.wasIntended, view.live != nil else { return .send }
    let agreement = view.agreement(with: view.value)
    return agreement.isEqual && agreement.unverifiable.isEmpty ? .adopt(notice: nil) : .send
  }

  private static func decideDeletion(_ view: TaskView, _ options: RunOptions) -> TaskDecision {
    guard let live = view.live else { return .adopt(notice: nil) }
    if let refusal = view.refusalToDelete(live) { return .stop(refusal) }
    // An interrupted run had looked before it set out.
    if view.wasIntended { return .send }
    if let recorded = view.recorded {
      let changes = view.fingerprints.drift(from: recorded, to: live, at: view.task.path, view.endpoint)
      return changes.isEmpty
        ? .send : foreign(view, options, "was changed on the server by somebody else", changes)
    }
    let agreement = view.agreement(with: view.was)
    return agreement.isEqual
      ? .send : foreign(view, options, "is not what the migration says it deletes", agreement.differences)
  }

  private static func foreign(
    _ view: TaskView,
    _ options: RunOptions,
    _ what: String,
    _ differences: [FieldDifference]
  ) -> TaskDecision {
    if options.keep.contains(view.task.path) { return .keep }
    if view.isOurs { return .send }
    if options.revert.contains(view.task.path) { return .send }
    return .stop(
      Problem(
        .worldChanged,
        "\(view.task.path) \(what)\(differences.listed)",
        path: view.task.path.description,
        hint: (view.recorded == nil ? "" : "look with drift; then ")
          + "--revert \(view.task.path) overwrites it, --keep \(view.task.path) leaves it"
          // What was never recorded is nothing that drift knows.
          + (view.recorded == nil ? "; baseline takes a server as it is" : "")
      )
    )
  }
}

extension TaskView {
  /// Whether the last write had fields that this one leaves out, so that they are to be reset.
  fileprivate var removesFields: Bool {
    guard let sent, let fingerprinted, endpoint.kind != .kvData else { return false }
    return Self.lacksFields(of: sent, fingerprinted)
  }

  private static func lacksFields(of old: Value, _ new: Value) -> Bool {
    guard let before = old.object, let after = new.object else { return false }
    return before.contains { key, value in after[key].map { lacksFields(of: value, $0) } ?? true }
  }

  /// Some objects must be unlocked before the server deletes them, which is better known before anything is written.
  fileprivate func refusalToDelete(_ live: Value) -> Problem? {
    guard let field = endpoint.deletableIf, live[field] == false else { return nil }
    return Problem(
      .worldChanged,
      "the server refuses to delete \(task.path) while its \(field) is false",
      path: task.path.description,
      hint: "set \(field) in a version before this one (\"\(task.path)/config\"), or by hand; then run again"
    )
  }
}

extension [FieldDifference] {
  /// The first of them, for a message: `: ttl (60 → 90), secret`.
  var listed: String {
    let fields = prefix(8).map { difference in
      difference.isSensitive
        ? difference.name
        : "\(difference.name) (\(JSON.text(difference.expected ?? .null)) → \(JSON.text(difference.live ?? .null)))"
    }
    return fields.isEmpty ? "" : ": \(fields.joined(separator: ", "))"
  }
}

/// How what is there compares with what is declared, by type.
struct TaskAgreement {
  let isEqual: Bool
  let differences: [FieldDifference]
  let unverifiable: [String]

  var notice: String? {
    unverifiable.isEmpty
      ? nil : "is there already; \(unverifiable.joined(separator: ", ")) cannot be compared and was not sent"
  }
}

extension TaskView {
  fileprivate func agreement(with declared: Value?) -> TaskAgreement {
    guard let declared = declared?.object, let live = live?.object else {
      return TaskAgreement(isEqual: false, differences: [], unverifiable: [])
    }
    if endpoint.kind == .kvData {
      let isEqual = content != nil && Self.revealed(declared["data"]) == Self.revealed(content)
      return TaskAgreement(isEqual: isEqual, differences: [], unverifiable: [])
    }
    let comparison = Comparison(declared: declared, live: live, endpoint: endpoint)
    return TaskAgreement(
      isEqual: comparison.differences.isEmpty,
      differences: comparison.differences,
      unverifiable: comparison.unverifiable
    )
  }

  /// Whether nobody configured this yet: some objects are there from the start, with defaults.
  fileprivate func isAtDefaults(_ differences: [FieldDifference]) -> Bool {
    guard endpoint.isAlwaysThere else { return false }
    return differences.allSatisfy { difference in
      guard let live = difference.live, !live.isZero else { return true }
      guard let value = endpoint.resetValue(field: difference.name) else { return false }
      return Comparison.agrees(declared: value, live: live, field: difference.name, endpoint: endpoint)
    }
  }

  private static func revealed(_ value: Value?) -> [UInt8] {
    JSON.bytesExposingSecrets(value ?? .null)
  }
}
