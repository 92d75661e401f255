package import Catalogue
package import Values

/// Why something may be destroyed in an environment, and how much of it.
///
/// An approval is checked against what the server holds when the task runs, so that it cannot fit something else.
package struct Approval: Hashable, Sendable {
  package var reason: String
  /// How much may be lost, by noun; `nil` for an approval in plain words, which tells no numbers.
  package var losses: [String: Tally]?

  package init(reason: String, losses: [String: Tally]? = nil) {
    self.reason = reason
    self.losses = losses
  }

  /// What is more on the server than was approved, by noun; empty if the approval covers everything.
  ///
  /// Plain words cover what cannot be counted, and an empty mount; those that begin with `destroys all` say more.
  func uncovered(_ counted: [String: Tally]) -> [String: Tally] {
    if losses == nil, reason.lowercased().hasPrefix(Self.everything) { return [:] }
    return counted.filter { $0.value.exceeds(losses?[$0.key] ?? .exactly(0)) }
  }

  /// How plain words begin that cover whatever is there: `destroys all data under legacy/`.
  private static let everything = "destroys all "

  /// As the task holds it: plain words as they are.
  package var value: Value {
    guard let losses else { return .string(reason) }
    return ["reason": .string(reason), "losses": .object(losses.mapValues(\.value))]
  }

  /// Reads what ``value`` writes; `nil` for anything else.
  package init?(_ value: Value) {
    if let reason = value.string {
      self.init(reason: reason)
      return
    }
    guard let members = value.object, Set(members.keys) == ["reason", "losses"],
      let reason = members["reason"]?.string, let losses = members["losses"]?.object
    else { return nil }
    let tallies = losses.compactMapValues(Tally.init)
    guard tallies.count == losses.count else { return nil }
    self.init(reason: reason, losses: tallies)
  }
}

extension Approval {
  /// An approval that covers everything that is there, as it can be written into the task.
  static func example(_ losses: Losses, _ environment: String, _ reason: String) -> String {
    if losses.counted.allSatisfy({ $0.value == .exactly(0) || $0.value == .unknown }) {
      return "approve: {\(environment): \(reason)}"
    }
    let numbers = losses.counted.sorted { $0.key < $1.key }.map { "\($0.key): \(JSON.text($0.value.value))" }
    return "approve: {\(environment): {reason: \(reason), losses: {\(numbers.joined(separator: ", "))}}}"
  }
}

extension Migration {
  /// The same migration, its approvals of one environment with the numbers that its server told.
  package func approving(_ losses: [VaultPath: Losses], in environment: String) -> Migration {
    var tasks = tasks
    for index in tasks.indices {
      guard let counted = losses[tasks[index].path]?.counted, !counted.isEmpty else { continue }
      tasks[index].approvals[environment]?.losses = counted
    }
    return with(tasks: tasks)
  }
}
