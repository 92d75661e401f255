import ArgumentParser
import Catalogue
import Configuration
import Git
import HTTP
import Migrations
import StateTracker
import Values

/// What `apply` and `sync` take.
struct RunFlags: ParsableArguments {
  @Option(help: "Leave what somebody else changed at this path. May be repeated.")
  var keep: [String] = []

  @Option(help: "Overwrite what somebody else changed at this path. May be repeated.")
  var revert: [String] = []

  @Option(help: "Say that an interrupted run has run this action. May be repeated.")
  var ran: [String] = []

  @Option(help: "Say that an interrupted run has not run this action. May be repeated.")
  var notRun: [String] = []

  @Flag(help: "Work on another server than the one that was recorded.")
  var acceptServer = false

  @Flag(help: "Write changed variables and secrets again where config.yaml says \"refresh: manual\".")
  var refresh = false

  @Flag(help: "A field that the server does not know is an error.")
  var strict = false

  @OptionGroup var lock: LockFlags

  @Flag(help: "Show what would be done, write nothing.")
  var dryRun = false

  /// The first option that decides about something found in one environment.
  var decision: String? {
    let lists = [("--keep", keep), ("--revert", revert), ("--ran", ran), ("--not-run", notRun)]
    return lists.first { !$0.1.isEmpty }?.0 ?? (acceptServer ? "--accept-server" : nil)
  }

  /// The decisions, about the project's own paths.
  func options(for project: Project) -> RunOptions {
    let names = PathNames(project)
    var options = RunOptions()
    options.keep = names.paths(keep)
    options.revert = names.paths(revert)
    options.ran = names.paths(ran)
    options.notRun = names.paths(notRun)
    options.acceptsServer = acceptServer
    options.isStrict = strict
    options.refreshes = refresh
    options.lockPatience = lock.seconds
    return options
  }
}

struct ApplyCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Applies pending migrations and changed secrets to one environment.",
    discussion: """
      Writes to the server, commits the state, tags each version and updates the ledger. For pipelines use sync, which also \
      insists on committed files.

      EXAMPLE:
        vault-migrations apply --env dev
      """
  )

  @OptionGroup var flags: RunFlags
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var global: GlobalOptions

  var metricsFile: String? { metrics.metricsFile }

  func run(in context: Context) async throws -> Int32 {
    let outcome = try await RunCommand(context: context, flags: flags, needsCommit: false).outcome()
    context.console.result(outcome.document) { _ in outcome.text }
    return outcome.status
  }
}

struct SyncCommand: EnvironmentCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "Brings an environment to what is committed: fetch, verify, apply, push.",
    discussion: """
      For the pipeline that runs on merge. Refuses files that are not committed. A checkout that is older than what is \
      applied is no error. Run it as often as you like: without changes it does nothing.

      EXAMPLE:
        vault-migrations sync --env prod
        vault-migrations sync --all
      """
  )

  @Flag(help: "Run although schema or migrations are not committed.")
  var allowDirty = false

  @Option(help: "Take everything from a commit instead of the work tree; also in a bare repository.")
  var revision: String?

  @OptionGroup var flags: RunFlags
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var everywhere: AllFlag
  @OptionGroup var global: GlobalOptions

  var decision: String? { flags.decision }

  var metricsFile: String? { metrics.metricsFile }

  func outcome(in context: Context) async throws -> Outcome {
    try await RunCommand(
      context: context,
      flags: flags,
      needsCommit: !allowDirty && revision == nil,
      revision: revision
    ).outcome()
  }
}

/// What `apply` and `sync` share.
struct RunCommand: Sendable {
  let context: Context
  let flags: RunFlags
  let needsCommit: Bool
  var revision: String?

  func outcome() async throws -> Outcome {
    let open = try revision.map { try OpenProject.at($0, context) } ?? OpenProject.inWorkTree(context)
    guard !flags.dryRun else { return try await outcome(of: open) }
    return try await Notifier(open: open, context: context).telling { try await outcome(of: open) }
  }

  private func outcome(of open: OpenProject) async throws -> Outcome {
    let problems = try Validator.problems(in: open.project)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    if needsCommit {
      let dirty = try open.uncommitted(context)
      guard dirty.isEmpty else {
        throw Problem(
          .usage,
          "not committed: \(dirty.joined(separator: ", "))",
          hint: "commit it first, so that the record names a commit that has it; or pass --allow-dirty"
        )
      }
    }
    let cancellation = Interruption.cancellation()
    return try await Session.with(open, context, cancellation: cancellation) { target in
      if flags.dryRun { return try await preview(open, target) }
      let runner = try context.runner(on: target, of: open, flags.options(for: open.project), cancellation)
      let report = try await runner.run()
      Notifier(open: open, context: context).applied(report)
      return Outcome(
        document: RunReportView.json(report),
        text: RunReportView.text(report, context.console.style)
      )
    }
  }

  private func preview(_ open: OpenProject, _ target: Target) async throws -> Outcome {
    let plan = try await Inspector(
      target: target,
      project: open.project,
      acceptsServer: flags.acceptServer,
      note: context.console.tell
    ).plan()
    var pending = Plan(environment: plan.environment, changes: [], pending: plan.pending, drift: plan.drift)
    pending.warnings = Problems.judged(plan.warnings, strictly: flags.strict)
    try Problems.check(pending.warnings)
    return PlanView(plan: pending).outcome(on: context.console)
  }
}
