import Catalogue
import Migrations
import Values

/// What `lint` found, as text or JSON.
struct LintView {
  let findings: [Lint.Finding]

  /// Those that nobody gave a reason for.
  var open: [Lint.Finding] { findings.filter { $0.reason == nil } }

  var json: Value {
    [
      "findings": .array(open.map(Self.json)),
      "silenced": .array(findings.filter { $0.reason != nil }.map(Self.json)),
    ]
  }

  /// `file:line:column: warning: what (rule)`, the hint below, and how many there are.
  func text(_ style: Style) -> String {
    let lines = open.map { finding in
      let kind = "\(finding.rule.severity.rawValue): "
      let shown =
        switch finding.rule.severity {
        case .error: style.removed(kind)
        case .warning: style.changed(kind)
        case .note: style.faint(kind)
        }
      return "\(finding.location): \(shown)\(finding.message) [\(finding.rule.name)]\n  "
        + style.faint("hint: ") + finding.hint
    }
    return (lines + [summary]).joined(separator: "\n")
  }

  private var summary: String {
    var parts = LintRule.Severity.allCases.compactMap { severity in
      let count = open.count { $0.rule.severity == severity }
      return count == 0 ? nil : Plural.of(count, severity.rawValue)
    }
    if parts.isEmpty { parts = ["nothing found"] }
    let silenced = findings.count - open.count
    if silenced > 0 { parts.append("\(silenced) silenced") }
    return parts.joined(separator: ", ")
  }

  private static func json(_ finding: Lint.Finding) -> Value {
    var members: [String: Value] = [
      "rule": .string(finding.rule.name), "severity": .string(finding.rule.severity.rawValue),
      "message": .string(finding.message), "hint": .string(finding.hint), "path": .string(finding.path.path),
      "namespace": .string(finding.path.namespace), "file": .string(finding.location.file),
      "line": .number(Number(finding.location.line)), "column": .number(Number(finding.location.column)),
      "page": .string(finding.rule.page),
    ]
    members["reason"] = finding.reason.map(Value.string)
    return .object(members)
  }

  static func json(_ rule: LintRule) -> Value {
    [
      "name": .string(rule.name), "severity": .string(rule.severity.rawValue),
      "summary": .string(rule.summary),
      "page": .string(rule.page),
    ]
  }

  static func rules(_ style: Style) -> String {
    let width = LintRule.all.map(\.name.count).max() ?? 0
    return LintRule.all.map { rule in
      let name = rule.name + String(repeating: " ", count: width - rule.name.count)
      let severity = rule.severity.rawValue + String(repeating: " ", count: 7 - rule.severity.rawValue.count)
      return "\(name)  \(style.faint(severity))  \(rule.summary)"
    }.joined(separator: "\n")
  }
}
