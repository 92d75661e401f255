import Git
import Migrations
import StateTracker
import Values

/// Where an environment stands, in words.
struct StatusView {
  let standing: Standing
  let environment: String
  let tracker: StateTracker
  var kept: [Plan.Kept] = []
  /// Whether the server keeps records of its own, which tell when it was restored.
  var hasLedger = true

  private var label: String? { standing.version == 0 ? nil : Migration.label(standing.version) }

  func text(_ style: Style) -> String {
    var text = style.title(environment) + "  "
    if let label, let last = standing.history.last {
      text += "\(label) \(last.name), applied \(last.appliedAt) by \(last.appliedBy)\n"
      text +=
        "  tag \(tracker.tagName(label)), state commit \(standing.recorded.commit?.id.short ?? "none")\n"
    } else {
      text += "nothing applied yet\n"
    }
    text += "  state: \(standing.state.rawValue)\n"
    if let found = standing.disagreement { text += "  " + ErrorReport.text(found.problem, style) + "\n" }
    if let hold = standing.hold {
      text +=
        "  held at \(Migration.label(hold.to)) since \(hold.since) by \(hold.by): merge the inverse migration (\"rollback --to \(Migration.label(hold.to))\"), or \"release\"\n"
    }
    if let holder = standing.holder {
      text += "  running: \(holder.holder), run \(holder.runID)\n"
    } else if let run = standing.run, standing.disagreement == nil {
      text += "  an interrupted run of \(Migration.label(run.version)) is finished by the next sync\n"
    }
    if standing.pending.isEmpty {
      text += "  nothing pending\n"
    } else {
      text += "  pending: \(standing.pending.map { "\($0.label) \($0.name)" }.joined(separator: ", "))\n"
    }
    if !kept.isEmpty { text += PlanView.text(of: kept, style) }
    if !hasLedger {
      text +=
        "  records: in git alone; a server that was restored, and other projects on it, are not noticed\n"
    }
    return text
  }

  var json: Value {
    var document: [String: Value] = [
      "environment": .string(environment), "version": label.map(Value.string) ?? .null,
      "tag": label.map { .string(tracker.tagName($0)) } ?? .null,
      "state_commit": standing.recorded.commit.map { .string($0.id.description) } ?? .null,
      "pending": .array(standing.pending.map { .string($0.label) }),
      "state": .string(standing.state.rawValue),
    ]
    if let found = standing.disagreement {
      document["disagreement"] = ErrorReport.json(found.problem)
      document["cause"] = .string(found.cause.rawValue)
    }
    if !hasLedger { document["ledger"] = false }
    if let hold = standing.hold { document["held"] = hold.value }
    if !kept.isEmpty { document["kept"] = PlanView.json(of: kept) }
    return .object(document)
  }
}
