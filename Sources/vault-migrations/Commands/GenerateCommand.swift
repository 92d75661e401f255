import ArgumentParser
import Catalogue
import Configuration
import FoundationEssentials
import Git
import Migrations
import Values

struct GenerateCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Writes the next migration: what the schema says and the migrations do not yet.",
    discussion: """
      Compares the schema (of the work tree, or of --revision) with the fold of all migrations, and names the commits that \
      brought each change. When a server can be reached it also says what it finds there; --offline does not ask.

      EXAMPLE:
        vault-migrations generate -m web-role
        vault-migrations generate -m move-keys --once-from moves.yaml
        vault-migrations generate -m drop-legacy --approve prod="legacy/ is empty since May"
        vault-migrations generate -m rename --move apps/=services/
        vault-migrations generate --checkpoint
      """
  )

  @Option(name: [.customShort("m"), .long], help: "The migration's name (default: taken from what changes).")
  var name: String?

  @Option(help: "Take the schema from a commit instead of the work tree.")
  var revision: String?

  @Option(help: "Approve the destructive tasks for an environment: ENV=REASON. May be repeated.")
  var approve: [String] = []

  @Option(help: "Move a mount with all that is in it, instead of deleting it: OLD/=NEW/. May be repeated.")
  var move: [String] = []

  @Flag(help: "Mounts that look moved are deleted, and made anew.")
  var noMove = false

  @Option(
    help: ArgumentHelp(
      "Add the tasks of a file, to be done once: a list of {path, write} and {path, delete: true}.",
      valueName: "file"
    )
  )
  var onceFrom: String?

  @Flag(
    help:
      "Write a version without tasks that stands for all before it: verify begins there, servers stay as they are."
  )
  var checkpoint = false

  @Flag(help: "Show the migration, write nothing.")
  var dryRun = false

  @Flag(help: "Warnings, such as of unknown fields, are errors.")
  var strict = false

  @Flag(help: "Do not ask the server.")
  var offline = false

  @OptionGroup var base: BaseOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard checkpoint else { return }
    let others = [
      ("--approve", !approve.isEmpty), ("--move", !move.isEmpty), ("--no-move", noMove),
      ("--once-from", onceFrom != nil),
    ]
    guard let other = others.first(where: \.1) else { return }
    throw ValidationError("\(other.0) is about tasks, and --checkpoint writes a version that has none")
  }

  func run(in context: Context) async throws -> Int32 {
    let folder = try context.projectFolder()
    let repository = try context.repository(holding: folder)
    let workTree = WorkTreeSource(
      folder: folder,
      shownAs: context.shown(folder),
      isConfined: base.revision != nil
    )
    try OpenProject.refuseFilesOutside(workTree, base.revision)
    let schemaSource = try revision.map { try OpenProject.revisionSource($0, folder: folder, repository) }
    let project = try Project.read(from: workTree, schemaFrom: schemaSource)
    let open = try OpenProject(folder: folder, source: workTree, project: project).trusting(
      base.revision,
      context
    )
    var problems = try Validator.problems(in: project, comparesSchema: false)
    try Problems.check(problems)
    let approvals = try Approvals.parse(approve, project)
    var migration =
      checkpoint
      ? try Generator.checkpoint(for: project, name: name)
      : try Generator.next(
        for: project,
        name: name,
        approvals: approvals,
        moves: try moves(),
        once: try onceTasks(context)
      )
    let live = await LiveLook(open: open, context: context, isOffline: offline || checkpoint)
      .look(approving: approvals.keys.sorted(), &migration)
    // The server at hand knows its own fields better than any table.
    let fields = live.fieldWarnings ?? Validator.fieldWarnings(in: project, .builtIn)
    problems = Problems.judged(problems + fields, strictly: strict)
    try Problems.check(problems)
    for warning in problems { context.console.note { ErrorReport.text(warning, $0) } }
    var report = GenerateReport(project: project, migration: migration)
    report.live = live
    if let migration {
      let provenance = Provenance(
        repository: repository,
        folder: OpenProject.relative(folder, in: repository),
        project: project
      )
      let head = try revision.map { try repository.resolve($0) } ?? repository.head()
      report.sources = try provenance.changes(from: head)
      if !dryRun {
        let link = Chain.Link(
          version: migration.version,
          name: migration.name,
          checksum: migration.checksum,
          schema: try project.schemaID(in: repository)
        )
        report.file = context.shown(
          try MigrationStore(folder: folder, project: project).write(migration, link)
        )
      }
    }
    report.print(on: context.console)
    return 0
  }

  private func moves() throws -> MoveChoice {
    var moves: [String: String] = [:]
    for text in move {
      let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw ValidationError("--move takes OLD/=NEW/, not \"\(text)\"") }
      moves[parts[0]] = parts[1]
    }
    return MoveChoice(moves: moves, isRefused: noMove)
  }

  private func onceTasks(_ context: Context) throws -> [Task] {
    guard let onceFrom else { return [] }
    guard let bytes = FileManager.default.contents(atPath: context.absolute(onceFrom)) else {
      throw Problem(.usage, "there is no file at \(onceFrom)", hint: "it holds a list of tasks")
    }
    return try MigrationFile.onceTasks(of: ProjectFile(path: onceFrom, bytes: Array(bytes)))
  }
}

/// What `--approve` says.
enum Approvals {
  /// Reasons by environment, from texts such as `prod=reason`.
  static func parse(_ texts: [String], _ project: Project) throws -> [String: String] {
    var approvals: [String: String] = [:]
    for text in texts {
      guard let equals = text.firstIndex(of: "="), equals != text.startIndex,
        text.index(after: equals) != text.endIndex
      else {
        throw ValidationError("--approve takes ENV=REASON, not \"\(text)\"")
      }
      _ = try project.settings.environment(String(text[..<equals]))
      approvals[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    return approvals
  }
}
