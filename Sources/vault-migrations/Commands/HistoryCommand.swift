import ArgumentParser
import Configuration
import Git
import Migrations
import StateTracker
import Values

/// Looks only at the state branch; no server is asked.
struct HistoryCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Lists the versions applied to an environment: when, by whom, approved where.",
    discussion: """
      Asks the remote, no server.

      EXAMPLE:
        vault-migrations history --env prod
      """
  )

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let environment = try open.project.settings.environment(global.env)
    let tracker = try Session.stateTracker(of: environment, open, context)
    let history = try await tracker.fetch().history()
    context.console.result([
      "environment": .string(environment.name), "history": .array(history.map(HistoryView.json)),
    ]) { style in
      guard !history.isEmpty else { return "nothing applied to \(environment.name) yet\n" }
      return history.map { HistoryView.line($0, style) }.joined()
    }
    return 0
  }
}

struct ShowCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Shows one applied version: its tasks, what became of them, and what was there before.",
    discussion: """
      Asks the remote, no server.

      EXAMPLE:
        vault-migrations show 0002 --env prod
      """
  )

  @Argument(help: "The version.")
  var version: Int

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let environment = try open.project.settings.environment(global.env)
    let tracker = try Session.stateTracker(of: environment, open, context)
    let history = try await tracker.fetch().history()
    guard let record = history.first(where: { $0.version == version }) else {
      throw Problem(
        .usage,
        "version \(Migration.label(version)) is not applied to \(environment.name)",
        hint: history.last.map { "the newest is \(Migration.label($0.version))" } ?? "nothing is applied yet"
      )
    }
    context.console.result(HistoryView.json(record)) { HistoryView.details(record, tag: tracker, $0) }
    return 0
  }
}
