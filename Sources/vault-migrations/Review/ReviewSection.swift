import Catalogue
import Configuration
import Migrations
import Values

/// What a report says of one environment.
struct ReviewSection: Sendable {
  let environment: String
  var plan: Plan
  var missing: [MissingApproval] = []
  var effects: PolicyEffects?
  /// What drift did to policies already.
  var driftEffects: PolicyEffects?
  /// References to secrets in what would be written, by name.
  var secrets: [String] = []
  /// What is said of schema and migrations besides.
  var findings: [Problem] = []
  /// Why there is no plan.
  var failure: [Problem] = []

  /// An environment that could not be looked at.
  static func failed(_ environment: String, _ problems: [Problem]) -> ReviewSection {
    ReviewSection(
      environment: environment,
      plan: Plan(environment: environment, changes: [], pending: [], drift: []),
      failure: problems
    )
  }
}

extension ReviewSection {
  init(_ plan: Plan, findings: [Problem], of open: OpenProject, _ context: Context) throws {
    let project = open.project
    let environment = try open.settings.environment(plan.environment)
    let coming = plan.pending + plan.changes
    let declared = project.schema.content(in: environment.name).resources
    self.init(environment: environment.name, plan: plan, findings: findings + plan.warnings)
    missing = plan.missingApprovals(in: environment, project.migrations)
    effects = PolicyEffects(of: coming, declared: declared)
    driftEffects = PolicyEffects(of: plan.drift, declared: declared)
    let resolver = open.resolver(for: environment, mode: .lenient, context)
    secrets = Self.references(in: coming).filter { resolver.isSensitive(.string($0)) }.sorted()
  }

  private static func references(in changes: [Change]) -> Set<String> {
    var found: Set<String> = []
    for value in changes.flatMap(\.fields).compactMap(\.to) {
      _ = value.mapLeaves { leaf, _ in
        if let text = leaf.string, text.contains("${"), let template = try? Template(text) {
          found.formUnion(template.references.map(\.description))
        }
        return leaf
      }
    }
    return found
  }
}
