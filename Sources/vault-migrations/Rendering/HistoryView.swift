import Migrations
import StateTracker
import Values

/// A version's record in words.
enum HistoryView {
  static func line(_ record: HistoryRecord, _ style: Style) -> String {
    var text =
      "\(style.title(Migration.label(record.version)))  \(record.name)  \(record.appliedAt)  \(record.appliedBy)"
    if record.isBaseline { text += style.faint("  baseline: nothing was written") }
    if let approver = record.approvedBy { text += "  approved by \(approver)" }
    if let link = record.pullRequest { text += "  \(link)" }
    return text + "\n"
  }

  static func details(_ record: HistoryRecord, tag tracker: StateTracker, _ style: Style) -> String {
    var text = line(record, style)
    text +=
      "  tag       \(tracker.tagName(Migration.label(record.version)))\n  checksum  \(record.checksum)\n"
    if let commit = record.sourceCommit { text += "  commit    \(commit)\n" }
    text +=
      "  server    \(record.server.address) \(record.server.namespace) (\(record.server.version))\n  run       \(record.runID)\n"
    for task in record.tasks {
      let outcome = task.outcome == "done" ? "" : style.faint(" (\(task.outcome))")
      text += "  \(task.action)  \(task.path)\(outcome)\n"
    }
    return text
  }

  static func json(_ record: HistoryRecord) -> Value {
    var members = record.value.object ?? [:]
    members["version"] = .string(Migration.label(record.version))
    return .object(members)
  }
}
