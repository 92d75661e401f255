package import Catalogue
import Configuration
package import Values

/// Looks at what a schema says for what is allowed and yet most likely wrong, without any server.
///
/// An entry silences a rule where it stands, with the reason: `lint: {policy-sudo-glob: "break glass, reviewed"}`.
package struct Lint {
  /// Something that was found.
  package struct Finding: Sendable {
    package let rule: LintRule
    package let path: VaultPath
    package let message: String
    package let location: SourceLocation
    package let hint: String
    /// Why it is all right here; `nil` if nobody says so.
    package var reason: String?

    /// As `validate` tells it.
    package var problem: Problem {
      Problem(
        .schemaInvalid,
        "\(message) [\(rule.name)]",
        at: location,
        path: path.description,
        hint: hint,
        isWarning: true
      )
    }
  }

  /// What a rule finds in one entry.
  struct Complaint {
    let rule: String
    let message: String
    let hint: String
    /// The field that it is about.
    var field: String?
  }

  private let project: Project

  package init(_ project: Project) {
    self.project = project
  }

  /// Everything that is found, in the order of the files; silenced findings have a reason.
  package var findings: [Finding] {
    let policies = PolicyLint(project.schema)
    let roles = RoleLint(project)
    var found: [Finding] = []
    for (path, declaration) in project.schema.declarations {
      let complaints =
        policies.complaints(about: path, declaration) + roles.complaints(about: path, declaration)
      found += judged(complaints, path, declaration)
    }
    func place(_ finding: Finding) -> (String, Int, Int, String) {
      (finding.location.file, finding.location.line, finding.location.column, finding.rule.name)
    }
    return found.sorted { place($0) < place($1) }
  }

  /// What `validate` says of it: no notes, nothing that is silenced.
  package var problems: [Problem] {
    findings.filter { $0.reason == nil && $0.rule.severity != .note }.map(\.problem)
  }

  private func judged(
    _ complaints: [Complaint],
    _ path: VaultPath,
    _ declaration: Schema.Declaration
  ) -> [Finding] {
    var found: [Finding] = []
    for complaint in complaints {
      guard let rule = LintRule.named(complaint.rule) else { continue }
      found.append(
        Finding(
          rule: rule,
          path: path,
          message: complaint.message,
          location: complaint.field.flatMap { declaration.places[$0] } ?? declaration.location,
          hint: complaint.hint,
          reason: declaration.silences[rule.name]?.reason
        )
      )
    }
    for (name, silence) in declaration.silences.sorted(by: { $0.key < $1.key }) {
      let isKnown = LintRule.named(name) != nil
      // What cannot be read cannot be judged either.
      if isKnown, complaints.contains(where: { $0.rule == name || $0.rule == "policy-syntax" }) { continue }
      guard let rule = LintRule.named(isKnown ? "lint-nothing-silenced" : "lint-unknown-rule") else {
        continue
      }
      found.append(
        Finding(
          rule: rule,
          path: path,
          message: isKnown
            ? "\(path) silences \(name), which finds nothing here"
            : "\(path) silences \(name), which is no rule",
          location: silence.location,
          hint: isKnown
            ? "remove it from lint:"
            : Suggestion.nearest(to: name, among: LintRule.all.map(\.name)).map { "did you mean \($0)?" }
              ?? "\"vault-migrations lint --list\" names all rules"
        )
      )
    }
    return found
  }
}

extension Schema {
  /// Why a rule of `lint` does not count for an entry.
  package struct Silence: Sendable, Hashable {
    package let reason: String
    package let location: SourceLocation
  }
}
