import ArgumentParser
import Configuration
import Migrations
import StateTracker
import Values

struct PlanCommand: ReviewCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what is not yet in a migration, what is pending, and what drifted.",
    discussion: """
      EXAMPLE:
        vault-migrations plan --env prod --detailed-exitcode
        vault-migrations plan --all
        vault-migrations plan --env prod --base origin/main
        vault-migrations plan --env prod --output markdown --attach plan.md
      """
  )

  @Flag(help: "Exit with 2 when there is anything to show.")
  var detailedExitcode = false

  @Flag(help: "Ask no server: compare schema, migrations and the recorded state as this repository knows it.")
  var offline = false

  @Flag(help: "Look at another server than the one that was recorded.")
  var acceptServer = false

  @Flag(help: "A field that the server does not know is an error.")
  var strict = false

  @OptionGroup var base: BaseOption
  @OptionGroup var everywhere: AllFlag
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var review: ReviewOutput
  @OptionGroup var global: GlobalOptions

  static let subject = ReviewReport.Subject.plan

  var trusted: String? { base.revision }

  var decision: String? { acceptServer ? "--accept-server" : nil }

  var metricsFile: String? { metrics.metricsFile }

  func outcome(in context: Context) async throws -> Outcome {
    let before =
      try offline && base.revision == nil && !global.output.isReview
      ? CompleteProject(.settingsAlone(context), context) : nil
    if let before, let plan = try unchanged(before, context) {
      return PlanView(plan: plan).outcome(on: context.console, status: 0)
    }
    let open = try OpenProject.inWorkTree(context, trusting: base.revision)
      .trusting(base.revision, context)
    let problems = try Validator.problems(in: open.project, comparesSchema: false)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    var plan = try await offline ? offlinePlan(open, before, context) : onlinePlan(open, context)
    if !offline { context.metrics.drifted(plan.drift.count, in: plan.environment) }
    plan.warnings = Problems.judged(plan.warnings, strictly: strict)
    try Problems.check(plan.warnings)
    var outcome = PlanView(plan: plan).outcome(
      on: context.console,
      status: detailedExitcode && !plan.isEmpty ? 2 : 0
    )
    if global.output.isReview {
      let findings = problems + Lint(open.project).problems
      outcome.section = try ReviewSection(plan, findings: findings, of: open, context)
    }
    return outcome
  }

  /// Nothing to show, where git's ids of all files tell so.
  private func unchanged(_ complete: CompleteProject, _ context: Context) throws -> Plan? {
    guard complete.isKnown else { return nil }
    let open = complete.open
    let environment = try open.settings.environment(context.options.env)
    let applied = try Session.stateTracker(of: environment, open, context).current().version()
    guard applied >= complete.newestVersion else { return nil }
    return Plan(environment: environment.name, changes: [], pending: [], drift: [])
  }

  private func onlinePlan(_ open: OpenProject, _ context: Context) async throws -> Plan {
    try await Session.with(open, context) { target in
      try await Inspector(
        target: target,
        project: open.project,
        acceptsServer: acceptServer,
        note: context.console.tell
      ).plan()
    }
  }

  private func offlinePlan(_ open: OpenProject, _ before: CompleteProject?, _ context: Context) throws -> Plan
  {
    let environment = try open.settings.environment(context.options.env)
    let recorded = try Session.stateTracker(of: environment, open, context).current()
    let version = try recorded.version()
    // Of any environment, so that what is remembered holds for all.
    let next = try Generator.next(for: open.project)
    if next == nil, let before { try CompleteProject(open, context)?.remember(unlessChangedSince: before) }
    return Plan(
      environment: environment.name,
      changes: next.map {
        Planner.unwritten($0, environment: environment.name, catalogue: open.project.catalogue)
      } ?? [],
      pending: open.project.migrations.filter { $0.version > version }.flatMap {
        Planner.changes(of: $0, for: environment.name, catalogue: open.project.catalogue)
      },
      drift: []
    )
  }
}
