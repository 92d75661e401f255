import ArgumentParser
import Catalogue
import Configuration
import Migrations
import Values

struct BaselineCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Marks an environment as already at a version, after comparing the server with it.",
    discussion: """
      For a server that was configured before its environment was recorded: nothing is written to it but the ledger. Every \
      difference from what the migrations declare is listed, and stops it, unless its path is accepted as it is. One-off \
      actions of these migrations are taken for done.

      EXAMPLE:
        vault-migrations baseline --env prod --to 0003
      """
  )

  @Option(help: "The version (default: the newest).")
  var to: Int?

  @Option(help: "Record what the server has at this path, although it differs. May be repeated.")
  var accept: [String] = []

  @Flag(help: "Work on another server than the one that was recorded.")
  var acceptServer = false

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let problems = try Validator.problems(in: open.project)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    return try await Session.with(open, context) { target in
      let baseline = try Baseline(
        target: target,
        project: open.project,
        identity: context.runIdentity(sourceCommit: try open.sourceCommit(context)),
        version: to,
        accepted: paths(in: open.project),
        acceptsServer: acceptServer,
        report: Progress(console: context.console).show
      )
      let report = try await baseline.run()
      context.console.result(BaselineView.json(report)) { BaselineView.text(report, $0) }
      return 0
    }
  }

  /// Only the project's own paths tell where a namespace ends.
  private func paths(in project: Project) -> Set<VaultPath> {
    let known = Dictionary(
      project.migrations.flatMap { $0.tasks.map { ($0.path.description, $0.path) } },
      uniquingKeysWith: { $1 }
    )
    return Set(accept.map { known[$0] ?? VaultPath($0) })
  }
}
