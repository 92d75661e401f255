import ArgumentParser
import Catalogue
import Configuration
import HTTP
import Migrations
import Values

struct RepairCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "repair",
    abstract: "Shows what is wrong with an environment's records, and mends it in the way that you choose.",
    discussion: """
      Without an option it writes nothing, and exits with 2 when there is something to choose. After an interrupted run: \
      --finish, --undo or --record. When the state branch lost what the ledger knows: --rebuild. When the server was \
      restored from a snapshot: --reapply-from, or --accept.

      EXAMPLE:
        vault-migrations repair --env prod
        vault-migrations repair --env prod --finish
      """
  )

  @Flag(help: "Finish an interrupted run, as sync does.")
  var finish = false

  @Flag(help: "Take an interrupted version back, as far as what was there before is recorded.")
  var undo = false

  @Flag(help: "Record an interrupted version as applied, with what is on the server now.")
  var record = false

  @Flag(help: "Bring the state branch back from what this repository still has, else from the server.")
  var rebuild = false

  @Option(help: "Apply again what follows this version, which the server's own ledger knows.")
  var reapplyFrom: Int?

  @Flag(help: "Trust the state branch: the ledger is told what it says, nothing else is written.")
  var accept = false

  @Flag(help: "Make missing and moved tags anew: the branch is the truth.")
  var tags = false

  @Option(
    help: "With --undo or --reapply-from: overwrite what somebody else changed at this path. May be repeated."
  )
  var revert: [String] = []

  @Option(help: "With --finish: say that the interrupted run has run this action. May be repeated.")
  var ran: [String] = []

  @Option(help: "With --finish: say that the interrupted run has not run this action. May be repeated.")
  var notRun: [String] = []

  @Flag(help: "Work on another server than the one that was recorded.")
  var acceptServer = false

  @OptionGroup var lock: LockFlags
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var global: GlobalOptions

  var metricsFile: String? { metrics.metricsFile }

  private var chosen: Int {
    [finish, undo, record, rebuild, reapplyFrom != nil, accept, tags].count(where: \.self)
  }

  func validate() throws {
    if chosen > 1 { throw ValidationError("choose one way out at a time") }
  }

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    // Who only looks has nothing to tell others.
    guard chosen > 0 else { return try await work(open, context) }
    return try await Notifier(open: open, context: context).telling { try await work(open, context) }
  }

  private func work(_ open: OpenProject, _ context: Context) async throws -> Int32 {
    let cancellation = Interruption.cancellation()
    return try await Session.with(open, context, cancellation: cancellation) { target in
      var options = RunOptions()
      let paths = PathNames(open.project)
      options.revert = paths.paths(revert)
      options.ran = paths.paths(ran)
      options.notRun = paths.paths(notRun)
      options.acceptsServer = acceptServer
      options.lockPatience = lock.seconds
      let runner = try context.runner(on: target, of: open, options, cancellation)
      return try await mend(runner, target, Notifier(open: open, context: context))
    }
  }

  private func mend(_ runner: Runner, _ target: Target, _ notifier: Notifier) async throws -> Int32 {
    let name = target.environment.name
    let context = notifier.context
    func say(_ action: String, _ more: [String: Value], _ text: String) -> Int32 {
      let document = Value.object(
        ["environment": .string(name), "repaired": .string(action)].merging(more) { $1 }
      )
      notifier.done("repaired: \(text)", name, document)
      context.console.result(document) { "\($0.added("repaired"))  \(text)\n" }
      return 0
    }
    if finish {
      let report = try await runner.run()
      notifier.applied(report)
      context.console.result(RunReportView.json(report)) { RunReportView.text(report, $0) }
      return 0
    }
    if undo {
      try await runner.undoInterrupted()
      return say("undo", [:], "the interrupted version is taken back; it is pending again")
    }
    if record {
      let version = try await runner.recordInterrupted()
      let label = Migration.label(version.version)
      return say("record", ["version": .string(label)], "\(label) is recorded with what is there; see status")
    }
    if rebuild {
      switch try await runner.rebuildBranch() {
      case .found(let commit):
        return say("rebuild", ["found": .string(commit)], "the state branch is at \(commit.prefix(10)) again")
      case .fromServer:
        return say("rebuild", ["found": .null], "the state branch was made anew from the server")
      }
    }
    if let reapplyFrom {
      let versions = try await runner.reapply(from: reapplyFrom).map(Migration.label)
      return say(
        "reapply",
        ["versions": .array(versions.map(Value.string))],
        "applied again: \(versions.joined(separator: ", "))"
      )
    }
    if accept {
      try await runner.acceptBranch()
      return say("accept", [:], "the ledger says what the branch says; drift shows what the server lacks")
    }
    if tags {
      let made = try await runner.repairTags()
      return say(
        "tags",
        ["tags": .array(made.map(Value.string))],
        made.isEmpty ? "no tag was wrong" : made.joined(separator: ", ")
      )
    }
    let view = DiagnosisView(diagnosis: try await runner.diagnose(), environment: name)
    context.console.result(view.json) { view.text($0) }
    return view.diagnosis.isSound ? 0 : 2
  }
}

/// Paths as they are shown: `@team/auth/approle/role/web` in a namespace.
///
/// Only the project's own paths tell where a namespace ends and what lies in it begins.
struct PathNames {
  private let known: [String: VaultPath]

  init(_ project: Project) {
    known = Dictionary(
      project.migrations.flatMap { $0.tasks.map { ($0.path.description, $0.path) } },
      uniquingKeysWith: { $1 }
    )
  }

  func paths(_ texts: [String]) -> Set<VaultPath> { Set(texts.map { known[$0] ?? VaultPath($0) }) }
}
