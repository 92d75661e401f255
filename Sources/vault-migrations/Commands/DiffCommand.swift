import ArgumentParser
import Catalogue
import Configuration
import HTTP
import Migrations
import Values

struct DiffCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Compares the servers of two environments, in the terms of the schema.",
    discussion: """
      Looks at every path that one of the two declares, and shows what is on one server only, and which fields differ. Secrets \
      are compared by the names of their fields, never by value; ids that a server gives are left out. As with --all, \
      what config.yaml says counts alone.

      EXAMPLE:
        vault-migrations diff staging prod --detailed-exitcode
      """
  )

  @Argument(help: "The environment to start from.")
  var from: String

  @Argument(help: "The environment to compare it with.")
  var to: String

  @Flag(help: "Exit with 2 when there are differences.")
  var detailedExitcode = false

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if from == to { throw ValidationError("an environment does not differ from itself") }
    if global.env != nil {
      throw ValidationError("diff is about the two environments that it names, not --env")
    }
  }

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    for name in [from, to] { _ = try open.settings.environment(name) }
    let cancellation = Interruption.cancellation()
    var views: [SchemaView] = []
    for name in [from, to] {
      let view = try await Session.with(open, context.narrowed(to: name), cancellation: cancellation) {
        try Inspector(target: $0, project: open.project).view(ofPathsIn: [from, to])
      }
      views.append(view)
    }
    let changes = views[0].differences(to: views[1])
    context.console.result([
      "from": .string(from), "to": .string(to), "differences": .array(changes.map(\.json)),
    ]) { text(changes, $0) }
    return detailedExitcode && !changes.isEmpty ? 2 : 0
  }

  private func text(_ changes: [Change], _ style: Style) -> String {
    guard !changes.isEmpty else { return "No differences\n" }
    let legend = "  (\(style.removed("-")) only in \(from), \(style.added("+")) only in \(to))"
    return style.title("\(from) → \(to)") + legend + "\n" + ChangeText(style: style).lines(changes)
      + "\n\(Plural.of(changes.count, "path")) \(changes.count == 1 ? "differs" : "differ")\n"
  }
}
