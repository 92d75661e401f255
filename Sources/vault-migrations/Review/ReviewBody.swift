import Catalogue
import Migrations
import Values

/// One environment's part of a report, in the order in which a reviewer needs it: what is lost, who is affected, then the rest.
struct ReviewBody {
  let section: ReviewSection
  /// Whether long values are shortened.
  let isBrief: Bool
  var isDrift = false

  /// What a value of one line may take in a comment.
  private static let longestValue = 300
  /// How many lines a text may take in a comment.
  private static let longestText = 120

  private var coming: [Change] { section.plan.pending + section.plan.changes }

  var blocks: [ReviewBlock] {
    guard section.failure.isEmpty else {
      let rows = section.failure.map { ["❌ " + Markdown.code($0.message), Self.place($0), hint($0)] }
      return [ReviewBlock.table("Failed", ["What", "Where", "What to do"], rows)].compactMap(\.self)
    }
    let plan = section.plan
    guard !plan.isEmpty else {
      return [.text("\(isDrift ? "No drift" : "No changes required").\n\n")] + [findings].compactMap(\.self)
    }
    let blocks: [ReviewBlock?] = [
      .text(summary + "\n\n"), approvals, losses, effects,
      fields("Deleted", coming, .delete, ["Path", "Field", "Before", "In"]) { before, _ in [before] },
      fields("Changed", coming, .update, ["Path", "Field", "Before", "After", "In"]) { [$0, $1] },
      fields("Created", coming, .create, ["Path", "Field", "Value", "In"]) { [$1] },
      fields("Run once", coming, .run, ["Path", "Argument", "Value", "In"]) { [$1] },
      fields("Moved", coming, .move, ["Path", "Field", "Before", "After", "In"]) { [$0, $1] },
      fields(
        "Written again: a variable or secret changed",
        coming,
        .refresh,
        ["Path", "Field", "Before", "After"]
      ) {
        [$0, $1]
      },
      drift, texts, findings, secrets,
    ]
    return blocks.compactMap(\.self)
  }

  /// `1 deleted, 2 changed`, and what is pending.
  private var summary: String {
    let kinds: [(Change.Action, String)] = [
      (.delete, "deleted"), (.update, "changed"), (.create, "created"), (.run, "to run"), (.move, "moved"),
      (.refresh, "written again"),
    ]
    var parts: [String] = []
    let destroyed = coming.count { $0.losses != nil }
    if destroyed > 0 { parts.append("⚠️ **\(destroyed) destroyed for good**") }
    for (action, word) in kinds {
      let count = coming.count { $0.action == action }
      if count > 0 { parts.append("\(count) \(word)") }
    }
    if !section.plan.drift.isEmpty { parts.append("**\(section.plan.drift.count) drifted**") }
    if !section.missing.isEmpty {
      parts.append("❌ **\(Plural.of(section.missing.count, "approval")) missing**")
    }
    let text = parts.joined(separator: ", ") + "."
    guard !section.plan.changes.isEmpty else { return text }
    return text
      + "\n\n\(Plural.of(section.plan.changes.count, "change")) of the schema in no migration yet: run `vault-migrations generate`."
  }

  private var approvals: ReviewBlock? {
    .table(
      "Missing approvals",
      ["Path", "In", "To be added, and reviewed"],
      section.missing.map {
        [Markdown.code($0.path.description), Self.label($0.version), Markdown.code($0.remedy)]
      }
    )
  }

  private var losses: ReviewBlock? {
    .table(
      "Destroyed for good",
      ["Path", "What is lost", "In"],
      coming.compactMap { change in
        change.losses.map {
          [Markdown.code(change.path.description), Markdown.code($0.text), Self.label(change.version)]
        }
      }
    )
  }

  private var effects: ReviewBlock? {
    let rows = rows(of: section.effects, "") + rows(of: section.driftEffects, " (by drift, already)")
    return .table("Who is affected", ["Who", "Policies"], rows)
  }

  private func rows(of effects: PolicyEffects?, _ remark: String) -> [[String]] {
    guard let effects else { return [] }
    let holders = effects.holders.map { holder in
      let words = [("gains", holder.gains), ("loses", holder.loses)].filter { !$0.1.isEmpty }.map {
        word,
        names in
        "\(word) \(names.map(Markdown.code).joined(separator: ", "))"
      }
      return [Markdown.code(holder.path.description), words.joined(separator: "; ") + remark]
    }
    let policies = effects.policies.flatMap { policy in
      policy.holders.map {
        [
          Markdown.code($0.description),
          "has \(Markdown.code(policy.path.description)), which \(policy.isDeleted ? "goes" : "changes")\(remark)",
        ]
      }
    }
    return holders + policies
  }

  private func fields(
    _ title: String,
    _ changes: [Change],
    _ action: Change.Action,
    _ heads: [String],
    _ values: (String, String) -> [String]
  ) -> ReviewBlock? {
    let isNumbered = heads.last == "In"
    let rows = changes.filter { $0.action == action }.flatMap { change in
      let end = isNumbered ? [Self.label(change.version)] : []
      return table(of: change).map { $0.cells(values) + end }
    }
    return .table(title, heads, rows)
  }

  private var drift: ReviewBlock? {
    let rows = section.plan.drift.flatMap { change in
      let remark =
        change.action == .delete
        ? "deleted"
        : change.action == .create ? "nobody declared it" : change.isDeclared == false ? "undeclared" : ""
      return table(of: change).map { $0.cells { [$0, $1] } + [remark] }
    }
    return .table(
      "Drift: changed by somebody else",
      ["Path", "Field", "Recorded", "On the server", ""],
      rows
    )
  }

  private struct Row {
    let path: String
    let field: String
    let from: String
    let to: String

    func cells(_ values: (String, String) -> [String]) -> [String] { [path, field] + values(from, to) }
  }

  /// A row a field; an object without any has one row.
  private func table(of change: Change) -> [Row] {
    var path = Markdown.code(change.path.description)
    if let manage = change.manage {
      path += change.action == .delete ? " (shared, so it is left)" : " (\(Markdown.code(manage.words)))"
    }
    guard !change.fields.isEmpty else { return [Row(path: path, field: "", from: "", to: "")] }
    return change.fields.map { field in
      Row(
        path: path,
        field: Markdown.code(field.name),
        from: cell(field, field.from, change.action),
        to: cell(field, field.to, change.action)
      )
    }
  }

  private func cell(_ field: Change.Field, _ value: Value?, _ action: Change.Action) -> String {
    guard let value else { return "" }
    if field.isSensitive { return action == .refresh ? "_changed_" : "_\(Secret.mask)_" }
    if Self.isLong(field) { return "_see below_" }
    let text = JSON.text(value)
    guard isBrief, text.count > Self.longestValue else { return Markdown.code(text) }
    return Markdown.code(String(text.prefix(Self.longestValue)) + "…")
  }

  /// Texts of several lines, such as policies, are told line by line.
  private static func isLong(_ field: Change.Field) -> Bool {
    guard !field.isSensitive else { return false }
    return max(lines(field.from).count, lines(field.to).count) > 2
  }

  private static func lines(_ value: Value?) -> [String] { TextDifference.lines(of: value?.string ?? "") }

  private var texts: ReviewBlock? {
    let rows = (coming + section.plan.drift).flatMap { change in
      change.fields.filter(Self.isLong).map { text(of: $0, at: change) }
    }
    return rows.isEmpty ? nil : ReviewBlock(head: "#### Line by line\n\n", rows: rows, end: "")
  }

  private func text(of field: Change.Field, at change: Change) -> String {
    let plain = Style(isColored: false)
    var lines = TextDifference.lines(from: Self.lines(field.from), to: Self.lines(field.to), plain)
    if isBrief, lines.count > Self.longestText {
      let half = Self.longestText / 2
      let cut = "… \(lines.count - 2 * half) lines left out here"
      lines = lines.prefix(half) + [cut] + lines.suffix(half)
    }
    if isBrief {
      lines = lines.map { $0.count > Self.longestValue ? String($0.prefix(Self.longestValue)) + "…" : $0 }
    }
    return
      "<details><summary>\(Markdown.html(change.path.description)) \(Markdown.html(field.name))</summary>\n\n"
      + Markdown.fenced(lines, "diff") + "\n</details>\n\n"
  }

  private var findings: ReviewBlock? {
    .table(
      "Findings",
      ["What", "Where", "What to do"],
      section.findings.map {
        [($0.isWarning ? "⚠️ " : "❌ ") + Markdown.code($0.message), Self.place($0), hint($0)]
      }
    )
  }

  private var secrets: ReviewBlock? {
    guard !section.secrets.isEmpty else { return nil }
    let names = section.secrets.map(Markdown.code).joined(separator: ", ")
    return .text("Secrets that are used, and never shown: \(names)\n\n")
  }

  private func hint(_ problem: Problem) -> String { problem.hint.map(Markdown.code) ?? "" }

  private static func place(_ problem: Problem) -> String {
    problem.location.map { Markdown.code($0.description) } ?? problem.path.map(Markdown.code) ?? ""
  }

  private static func label(_ version: Int?) -> String {
    version.map { Migration.label($0) } ?? "no migration yet"
  }
}
