import ArgumentParser
import Configuration
import Migrations
import StateTracker
import Values

struct PlanCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Shows what is not yet in a migration, what is pending, and what drifted.",
    discussion: """
      EXAMPLE:
        vault-migrations plan --env prod --detailed-exitcode
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

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let problems = try Validator.problems(in: open.project, comparesSchema: false)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    var plan = try await offline ? offlinePlan(open, context) : onlinePlan(open, context)
    plan.warnings = Problems.judged(plan.warnings, strictly: strict)
    try Problems.check(plan.warnings)
    PlanView(plan: plan).print(on: context.console)
    return detailedExitcode && !plan.isEmpty ? 2 : 0
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

  private func offlinePlan(_ open: OpenProject, _ context: Context) throws -> Plan {
    let environment = try open.project.settings.environment(global.env)
    let recorded = try Session.stateTracker(of: environment, open, context).current()
    let version = try recorded.version()
    return Plan(
      environment: environment.name,
      changes: try Planner.unwritten(in: open.project, environment: environment.name),
      pending: open.project.migrations.filter { $0.version > version }.flatMap {
        Planner.changes(of: $0, for: environment.name, catalogue: open.project.catalogue)
      },
      drift: []
    )
  }
}
