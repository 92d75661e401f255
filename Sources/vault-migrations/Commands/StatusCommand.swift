import ArgumentParser
import Configuration
import Git
import Migrations
import StateTracker
import Values

struct StatusCommand: EnvironmentCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Shows which version an environment is at, and whether its records agree.",
    discussion: """
      EXAMPLE:
        vault-migrations status --env prod
        vault-migrations status --all
      """
  )

  @Flag(help: "Exit with 2 when something is pending or the records disagree.")
  var detailedExitcode = false

  @OptionGroup var everywhere: AllFlag
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var global: GlobalOptions

  var metricsFile: String? { metrics.metricsFile }

  func outcome(in context: Context) async throws -> Outcome {
    let open = try OpenProject.inWorkTree(context)
    return try await Session.with(open, context) { target in
      let standing = try await target.examine(open.project)
      let view = StatusView(
        standing: standing,
        environment: target.environment.name,
        tracker: target.tracker,
        kept: try standing.kept(),
        hasLedger: target.ledger.mount != nil
      )
      let isSettled =
        standing.pending.isEmpty && standing.disagreement == nil && standing.run == nil
        && standing.hold == nil
      return Outcome(
        document: view.json,
        text: view.text(context.console.style),
        status: detailedExitcode && !isSettled ? 2 : 0
      )
    }
  }
}
