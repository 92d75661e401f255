import Catalogue
import Migrations
import Values

/// A plan as text and as the document of DESIGN section 5.
struct PlanView {
  let plan: Plan

  /// What is printed; warnings are told beside it.
  func outcome(on console: Console, status: Int32 = 0) -> Outcome {
    if !console.isJSON {
      for warning in plan.warnings { console.complain { ErrorReport.text(warning, $0) } }
    }
    return Outcome(document: json, text: text(console.style), status: status)
  }

  func text(_ style: Style) -> String {
    guard !plan.isEmpty else { return "No changes required\n" + Self.text(of: plan.kept, style) }
    let changes = ChangeText(style: style)
    var parts: [String] = []
    if !plan.changes.isEmpty {
      parts.append(style.title("Not yet in a migration") + "  (run generate)\n" + changes.lines(plan.changes))
    }
    var versions: [Int?] = []
    for change in plan.pending where !versions.contains(change.version) { versions.append(change.version) }
    for version in versions {
      let values = plan.refreshesByHand ? "Changed values, written by \"sync --refresh\"" : "Changed values"
      let title = version.map { "Pending in \(plan.environment): \(Migration.label($0))" } ?? values
      parts.append(
        style.title(title) + "\n" + changes.lines(plan.pending.filter { $0.version == version })
      )
    }
    if !plan.drift.isEmpty {
      let title = style.title("Drift in \(plan.environment)") + "  (changed by somebody else)\n"
      parts.append(title + changes.lines(plan.drift))
    }
    if !plan.kept.isEmpty { parts.append(Self.text(of: plan.kept, style)) }
    return parts.joined(separator: "\n") + "\n" + summary + "\n"
  }

  static func text(of kept: [Plan.Kept], _ style: Style) -> String {
    guard !kept.isEmpty else { return "" }
    let lines = kept.map { "  \(style.changed("=")) \($0.path)  (since \($0.since); --revert writes it)\n" }
    return style.title("Kept as somebody else made it") + "\n" + lines.joined()
  }

  static func json(of kept: [Plan.Kept]) -> Value {
    .array(
      kept.map {
        [
          "path": .string($0.path.path), "namespace": .string($0.path.namespace), "since": .string($0.since),
        ]
      }
    )
  }

  private var summary: String {
    "\(Plural.of(plan.changes.count, "change")) to write down, \(plan.pending.count) pending, \(plan.drift.count) drifted"
  }

  private var json: Value {
    var document: [String: Value] = [
      "environment": .string(plan.environment), "changes": .array(plan.changes.map(\.json)),
      "pending": .array(plan.pending.map(\.json)), "drift": .array(plan.drift.map(\.json)),
    ]
    if plan.refreshesByHand { document["refresh"] = "manual" }
    if !plan.kept.isEmpty { document["kept"] = Self.json(of: plan.kept) }
    if !plan.warnings.isEmpty { document["warnings"] = .array(plan.warnings.map(ErrorReport.json)) }
    return .object(document)
  }
}

/// What a run did.
enum RunReportView {
  static func text(_ report: RunReport, _ style: Style) -> String {
    if report.isBehind {
      return "\(report.environment) is ahead of this checkout: nothing to do\n"
    }
    guard !report.applied.isEmpty || !report.refreshed.isEmpty || !report.reverted.isEmpty else {
      return "No changes required\n"
    }
    var lines = report.applied.map { version in
      "\(style.added("applied"))  \(Migration.label(version.version)) \(version.name)  \(Plural.of(version.tasks, "task"))  \(style.faint(version.tag))"
    }
    lines += report.refreshed.map { "\(style.added("refreshed"))  \($0)" }
    lines += report.reverted.map { "\(style.added("reverted"))  \($0)" }
    return lines.joined(separator: "\n") + "\n"
  }

  static func json(_ report: RunReport) -> Value {
    [
      "environment": .string(report.environment), "behind": .bool(report.isBehind),
      "applied": .array(
        report.applied.map {
          [
            "version": .string(Migration.label($0.version)), "name": .string($0.name), "tag": .string($0.tag),
            "state_commit": .string($0.stateCommit), "tasks": .number(Number($0.tasks)),
          ]
        }
      ),
      "refreshed": .array(report.refreshed.map { .string($0.description) }),
      "reverted": .array(report.reverted.map { .string($0.description) }),
    ]
  }
}
