import ArgumentParser
import Catalogue
import Configuration
import FoundationEssentials
import Git
import HTTP
import Migrations
import StateTracker
import Values

struct RollbackCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Writes the migration that takes versions back; with --now, takes them back at once.",
    discussion: """
      Without --now no server is asked: schema and migration are written, to be reviewed, merged and synced like any change. \
      With --now, for incidents, the environment is brought back at once and held there: sync does nothing until the \
      inverse migration is merged, or release applies the versions again. What cannot be taken back is said before.

      EXAMPLE:
        vault-migrations rollback --to 0002
        vault-migrations rollback --now --env prod
      """
  )

  @Option(help: "The version to go back to; with --now, the one before the newest if it is left out.")
  var to: Int?

  @Flag(help: "Take the versions back at once in one environment, and hold it there.")
  var now = false

  @Flag(help: "Show what would be done, write nothing.")
  var dryRun = false

  @Flag(help: "With --now: also where that destroys data in a protected environment.")
  var yes = false

  @Option(help: "Why destructive tasks may run: ENV=REASON. May be repeated.")
  var approve: [String] = []

  @Option(help: "With --now: overwrite what somebody else changed at this path. May be repeated.")
  var revert: [String] = []

  @Option(help: "With --now: leave what somebody else changed at this path. May be repeated.")
  var keep: [String] = []

  @Flag(help: "Work on another server than the one that was recorded.")
  var acceptServer = false

  @OptionGroup var lock: LockFlags
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var global: GlobalOptions

  var metricsFile: String? { metrics.metricsFile }

  func validate() throws {
    if !now, to == nil { throw ValidationError("rollback needs --to VERSION, or --now") }
    if !now, metricsFile != nil {
      throw ValidationError("--metrics-file is about a server, which rollback asks with --now alone")
    }
  }

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let problems = try Validator.problems(in: open.project, comparesSchema: false)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    return try await now ? takeBack(open, context) : write(open, context)
  }

  // MARK: - At once

  private func takeBack(_ open: OpenProject, _ context: Context) async throws -> Int32 {
    let names = PathNames(open.project)
    var options = RunOptions()
    options.revert = names.paths(revert)
    options.keep = names.paths(keep)
    options.acceptsServer = acceptServer
    options.lockPatience = lock.seconds
    let notifier = Notifier(open: open, context: context)
    guard dryRun else {
      return try await notifier.telling { try await work(open, options, notifier, context) }
    }
    return try await work(open, options, nil, context)
  }

  private func work(
    _ open: OpenProject,
    _ options: RunOptions,
    _ notifier: Notifier?,
    _ context: Context
  ) async throws -> Int32 {
    let cancellation = Interruption.cancellation()
    return try await Session.with(open, context, cancellation: cancellation) { target in
      let runner = try context.runner(on: target, of: open, options, cancellation)
      let report =
        try await dryRun
        ? runner.rollbackPlan(to: to) : runner.rollBackNow(to: to, acceptsLosses: yes)
      let view = RollbackView(report: report, environment: target.environment.name, isDone: !dryRun)
      notifier?.done(view.message, view.environment, view.json)
      context.console.result(view.json) { view.text($0) }
      return 0
    }
  }

  // MARK: - As a migration

  private func write(_ open: OpenProject, _ context: Context) async throws -> Int32 {
    let project = open.project
    let version = to ?? 0
    let newest = project.migrations.last?.version ?? 0
    guard version >= 0, version < newest else {
      throw Problem(
        .usage,
        "the newest migration is \(Migration.label(newest)): there is no way back to \(Migration.label(version))",
        hint: "pass --to with a version below it"
      )
    }
    guard try Generator.next(for: project) == nil else {
      throw Problem(
        .usage,
        "the schema has changes that are in no migration yet, and going back would lose them",
        hint: "run generate for them, or take them back with git, first"
      )
    }
    let repository = try context.repository(holding: open.folder)
    let environment = try project.settings.environment(global.env)
    let earlier = try EarlierSchema.of(
      version: version,
      project,
      in: repository,
      folder: OpenProject.relative(open.folder, in: repository),
      from: repository.head(),
      recorded: Session.stateTracker(of: environment, open, context).current()
    )
    let restored = try Project.read(from: open.source, schemaFrom: earlier.source(project))
    let label = Migration.label(version)
    let migration = try Generator.next(
      for: restored,
      name: "rollback-to-\(label)",
      approvals: try Approvals.parse(approve, project),
      moves: try .back(to: version, in: project)
    )
    let notices = try project.lossesOfGoingBack(to: version)
    var report = GenerateReport(project: restored, migration: migration)
    report.notices = notices
    if let migration, !dryRun {
      let link = Chain.Link(
        version: migration.version,
        name: migration.name,
        checksum: migration.checksum,
        schema: try restored.schemaID(in: repository)
      )
      let store = MigrationStore(folder: open.folder, project: project)
      report.file = context.shown(try store.write(migration, link, comment: comment(notices, label)))
      try replaceSchema(project, by: earlier, in: open.folder)
    }
    report.print(on: context.console)
    return 0
  }

  private func comment(_ notices: [Undo.Notice], _ label: String) -> String {
    let lines = notices.map { "  \($0.path): \($0.text)" }
    let losses = lines.isEmpty ? "" : " What it cannot bring back:\n" + lines.joined(separator: "\n")
    return "Goes back to what \(label) declared.\(losses)"
  }

  private func replaceSchema(_ project: Project, by earlier: EarlierSchema, in folder: String) throws {
    let files = earlier.paths(in: project)
    let manager = FileManager.default
    let root = project.settings.schema
    for file in project.schemaFiles {
      let path = EarlierSchema.path(of: file.name, root: root)
      if files[path] == nil { try manager.removeItem(atPath: "\(folder)/\(path)") }
    }
    for (path, bytes) in files {
      let full = "\(folder)/\(path)"
      let parent = full[..<(full.lastIndex(of: "/") ?? full.startIndex)]
      try manager.createDirectory(atPath: String(parent), withIntermediateDirectories: true)
      try Data(bytes).write(to: URL(filePath: full), options: .atomic)
    }
  }
}

struct ReleaseCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "release",
    abstract: "Ends the hold of a rollback by applying again what was taken back.",
    discussion: """
      EXAMPLE:
        vault-migrations release --env prod
      """
  )

  @Option(help: "Overwrite what somebody else changed at this path. May be repeated.")
  var revert: [String] = []

  @OptionGroup var lock: LockFlags
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var global: GlobalOptions

  var metricsFile: String? { metrics.metricsFile }

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let notifier = Notifier(open: open, context: context)
    return try await notifier.telling {
      let cancellation = Interruption.cancellation()
      return try await Session.with(open, context, cancellation: cancellation) { target in
        var options = RunOptions()
        options.revert = PathNames(open.project).paths(revert)
        options.lockPatience = lock.seconds
        let runner = try context.runner(on: target, of: open, options, cancellation)
        let report = try await runner.release()
        let view = RollbackView(report: report, environment: target.environment.name, isDone: true)
        notifier.done(view.message, view.environment, view.json)
        context.console.result(view.json) { view.text($0) }
        return 0
      }
    }
  }
}

/// What a rollback or its release does.
struct RollbackView {
  let report: RollbackReport
  let environment: String
  let isDone: Bool

  private var isRelease: Bool { report.to > report.from }
  private var changes: [Change] {
    let migration = Migration(
      version: max(report.from, 1),
      name: "rollback",
      parent: nil,
      tasks: report.undo.tasks
    )
    return Planner.changes(of: migration, for: nil, catalogue: .builtIn)
  }

  func text(_ style: Style) -> String {
    let (from, to) = (Migration.label(report.from), Migration.label(report.to))
    var text = ChangeText(style: style).lines(changes)
    for notice in report.undo.notices {
      text += "  \(style.changed("note:")) \(notice.path) \(notice.text)\n"
    }
    guard isDone else { return style.title("\(environment): \(from) → \(to)") + "\n" + text }
    if isRelease { return "\(style.added("released"))  \(environment) is at \(to) again\n" }
    return
      "\(style.changed("rolled back"))  \(environment) is at what \(to) declares, and held there\nmerge the inverse migration (\"vault-migrations rollback --to \(to)\"), or run \"vault-migrations release\"\n"
  }

  /// For messages: one line of what was done.
  var message: String {
    let (from, to) = (Migration.label(report.from), Migration.label(report.to))
    return isRelease ? "released, at \(to) again" : "rolled back from \(from) to \(to), and held there"
  }

  var json: Value {
    [
      "environment": .string(environment), "from": .string(Migration.label(report.from)),
      "to": .string(Migration.label(report.to)), "done": .bool(isDone),
      "changes": .array(changes.map(\.json)),
      "notices": .array(
        report.undo.notices.map {
          ["path": .string($0.path.path), "namespace": .string($0.path.namespace), "text": .string($0.text)]
        }
      ),
    ]
  }
}
