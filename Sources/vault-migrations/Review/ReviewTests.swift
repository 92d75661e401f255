import Catalogue
import Migrations
import Values

/// A plan or a look for drift as tests: a suite an environment; what needs somebody's hand fails.
extension JUnit {
  init(_ sections: [ReviewSection], _ subject: ReviewReport.Subject) {
    suites = sections.map { section in
      Suite(name: section.environment, cases: Self.cases(section, subject))
    }
  }

  private static func cases(_ section: ReviewSection, _ subject: ReviewReport.Subject) -> [Case] {
    guard section.failure.isEmpty else { return [JUnit.test(subject.rawValue, section.failure)] }
    let drift = section.plan.drift.map { change in
      Case(name: "drift: \(change.path)", failure: "somebody else changed it", details: lines([change]))
    }
    let calm = drift.isEmpty ? [Case(name: "no drift")] : drift
    return subject == .drift ? calm : written(section) + pending(section) + calm + warnings(section)
  }

  /// Whether the migrations give the schema.
  private static func written(_ section: ReviewSection) -> [Case] {
    let changes = section.plan.changes
    let failure =
      changes.isEmpty ? nil : "\(Plural.of(changes.count, "change")) in no migration yet: run generate"
    return [Case(name: "the schema is in migrations", failure: failure, details: lines(changes))]
  }

  /// A pending migration fails when the environment would refuse it.
  private static func pending(_ section: ReviewSection) -> [Case] {
    var versions: [Int?] = []
    for change in section.plan.pending where !versions.contains(change.version) {
      versions.append(change.version)
    }
    return versions.map { version in
      let missing = section.missing.filter { $0.version == version && version != nil }
      let remedies = missing.map { "\($0.path): add \"\($0.remedy)\" to the task\n" }.joined()
      return Case(
        name: version.map { "pending: \(Migration.label($0))" } ?? "pending: changed values",
        failure: missing.first.map { "\($0.path) destroys \($0.losses.text), which nobody approved" },
        details: lines(section.plan.pending.filter { $0.version == version }) + remedies
      )
    }
  }

  private static func warnings(_ section: ReviewSection) -> [Case] {
    section.findings.isEmpty ? [] : [JUnit.test("findings", section.findings)]
  }

  private static func lines(_ changes: [Change]) -> String {
    ChangeText(style: Style(isColored: false)).lines(changes)
  }
}
