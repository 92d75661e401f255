import ArgumentParser
import Catalogue
import Configuration
import Migrations
import Resources
import Values

struct CatalogueCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "catalogue",
    abstract: "Shows what is known about endpoints: how they are written, read back, reset and deleted.",
    discussion: """
      Without a path, lists every family of endpoints; those that config.yaml adds or changes are marked. With a path of \
      the project, explains what is known about it. Asks no server.

      EXAMPLE:
        vault-migrations catalogue
        vault-migrations catalogue auth/approle/role/web
        vault-migrations catalogue --source
      """
  )

  @Argument(help: "A path as in the schema; in a namespace @team/auth/approle/role/web.")
  var path: String?

  @Flag(help: "Print the built-in catalogue as it is shipped, with what its keys mean.")
  var source = false

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if source, path != nil { throw ValidationError("--source prints the whole catalogue, and takes no path") }
  }

  func run(in context: Context) async throws -> Int32 {
    if source {
      let text = String(decoding: Resources.bytes(at: "catalogue.yaml") ?? [], as: UTF8.self)
      context.console.result(["source": .string(text)]) { _ in text }
      return 0
    }
    let project = try project(context)
    let catalogue = project?.catalogue ?? .builtIn
    let view = CatalogueView(catalogue: catalogue, project: project)
    if let path {
      let facts = try view.explanation(of: path)
      context.console.result(facts) { CatalogueView.text(facts, $0) }
    } else {
      context.console.result(view.json) { view.text($0) }
    }
    return 0
  }

  /// Families can be looked at anywhere; a project that is there must be readable.
  private func project(_ context: Context) throws -> Project? {
    guard global.config != nil || (try? context.projectFolder()) != nil else { return nil }
    return try OpenProject.inWorkTree(context).project
  }
}
