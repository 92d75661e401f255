import ArgumentParser
import Catalogue
import Configuration
import Migrations
import Values

struct ImportCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Reads a server that exists into the schema and a migration that changes nothing.",
    discussion: """
      Without paths it reads everything that the token may see. Defaults, computed fields and the tool's own objects are \
      left out, secrets become variables, and ids become references. Entries that the schema has already stay as they \
      are. The environment is then recorded as being at the new version, as by baseline.

      In a path, * stands for any text in one segment, at the end for all the rest.

      EXAMPLE:
        vault-migrations import --env prod 'auth/approle/*' 'sys/policies/acl/*'
      """
  )

  @Argument(help: "The paths to read (default: all).")
  var paths: [String] = []

  @Option(help: "Read the secrets below this path, too, for example 'secret/app/*'. May be repeated.")
  var withData: [String] = []

  @Option(name: [.customShort("m"), .long], help: "The migration's name.")
  var name = "import"

  @Flag(help: "Write the schema anew from what the server has, in the place of one that was edited.")
  var force = false

  @Flag(help: "Write the files only; record the environment later with baseline.")
  var noBaseline = false

  @Flag(help: "Show what would be declared, write nothing.")
  var dryRun = false

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let files = SchemaFiles(open: open, replaces: force)
    let problems = try Validator.problems(in: open.project, comparesSchema: !files.isReplaced)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    guard !force || open.project.migrations.isEmpty else {
      throw Problem(
        .usage,
        "--force begins anew, but there are migrations that declare what is there",
        hint: "leave --force out: what is declared already stays as it is"
      )
    }
    return try await Session.with(open, context) { target in
      if !dryRun, !noBaseline { try await checkStanding(target, open.project) }
      let scope = DiscoveryScope(globs: paths.map { PathGlob($0) }, data: withData.map { PathGlob($0) })
      var discovery = try Discovery(target, scope: scope)
      let found = try discovery.everything()
      let declared = files.isReplaced ? [] : open.project.schema.paths
      let imported = Importer.entries(
        for: found,
        except: declared,
        catalogue: target.catalogue,
        table: target.fieldTable { text in context.console.note { "\($0.changed("note:")) \(text)" } }
      )
      var report = ImportReport(
        imported: imported,
        found: found,
        kept: declared.intersection(found.live.keys)
      )
      report.mounts = found.mounts
      if dryRun || imported.entries.isEmpty {
        report.print(on: context.console)
        return 0
      }
      report.files = try files.write(imported, found.mounts, named: name, context)
      if !noBaseline {
        let project = try Project.read(from: open.source)
        let baseline = try Baseline(
          target: target,
          project: project,
          identity: context.runIdentity(sourceCommit: try open.sourceCommit(context)),
          report: Progress(console: context.console).show
        )
        do {
          report.baseline = try await baseline.run()
        } catch {
          report.failure = ErrorReport(error)
        }
      }
      report.print(on: context.console)
      return report.failure?.exitStatus ?? 0
    }
  }
}

extension ImportCommand {
  /// What would keep the baseline from being recorded is better known before any file is written.
  private func checkStanding(_ target: Target, _ project: Project) async throws {
    let standing = try await target.examine(project)
    try standing.requireAgreement()
    guard let next = standing.pending.first else { return }
    throw Problem(
      .usage,
      "\(next.label) \(next.name) is not applied to \(target.environment.name) yet",
      hint: "run sync first; or write the files alone with --no-baseline"
    )
  }
}
