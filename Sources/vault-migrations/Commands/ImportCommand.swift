import ArgumentParser
import Catalogue
import Configuration
import FoundationEssentials
import Git
import Migrations
import Resources
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

  @Option(name: .shortAndLong, help: "The name of the migration.")
  var message = "import"

  @Flag(help: "Write the schema anew from what the server has, in the place of one that was edited.")
  var force = false

  @Flag(help: "Write the files only; record the environment later with baseline.")
  var noBaseline = false

  @Flag(help: "Show what would be declared, write nothing.")
  var dryRun = false

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let problems = try Validator.problems(in: open.project)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    let files = SchemaFiles(open: open, replaces: force)
    return try await Session.with(open, context) { target in
      let scope = DiscoveryScope(globs: paths.map { PathGlob($0) }, data: withData.map { PathGlob($0) })
      var discovery = try Discovery(target, scope: scope)
      let found = try discovery.everything()
      let declared = files.isReplaced ? [] : open.project.schema.paths
      let imported = Importer.entries(
        for: found,
        except: declared,
        catalogue: open.project.catalogue
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
      report.files = try files.write(imported, found.mounts, named: message, context)
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
          report.print(on: context.console)
          throw error
        }
      }
      report.print(on: context.console)
      return 0
    }
  }
}

/// The schema's files, and what an import does to them.
struct SchemaFiles {
  let open: OpenProject
  /// Whether an edited schema may be written anew.
  let replaces: Bool

  private var settings: Settings { open.project.settings }

  /// Whether nothing of the present schema stays: there is nothing in it yet but what `init` wrote.
  var isReplaced: Bool {
    if replaces || open.project.schema.paths.isEmpty { return true }
    let files = open.project.schemaFiles
    return open.project.migrations.isEmpty && files.count == 1
      && files[0].bytes == Resources.bytes(at: "templates/schema.yaml")
  }

  /// Writes entries, and the migration that declares them; if that cannot be, nothing is changed.
  ///
  /// - Returns: The files, as shown to users.
  func write(_ imported: Imported, _ mounts: MountTable, named name: String, _ context: Context) throws
    -> [String]
  {
    let path = try "\(open.folder)/\(file())"
    let old = FileManager.default.contents(atPath: path)
    try write(text(imported, mounts, old), to: path)
    do {
      let project = try Project.read(from: open.source)
      try check(project, imported)
      guard let migration = try Generator.next(for: project, name: name) else { return [context.shown(path)] }
      let link = Chain.Link(
        version: migration.version,
        name: migration.name,
        checksum: migration.checksum,
        schema: try project.schemaID(in: context.repository(holding: open.folder))
      )
      let written = try MigrationStore(folder: open.folder, project: project).write(migration, link)
      return [context.shown(path), context.shown(written)]
    } catch {
      if let old {
        try? old.write(to: URL(filePath: path))
      } else {
        try? FileManager.default.removeItem(atPath: path)
      }
      throw error
    }
  }

  /// What was written must be read as what was meant, beside everything that was there.
  private func check(_ project: Project, _ imported: Imported) throws {
    let kept = isReplaced ? [] : open.project.schema.paths
    guard project.schema.paths.isSuperset(of: kept.union(imported.entries.keys)) else {
      throw Problem(
        .operationFailed,
        "the imported entries do not fit into \(settings.schema)",
        hint: "set \"schema:\" to a folder, move the file into it, and import again"
      )
    }
  }

  /// One file keeps everything; a folder gets a file of its own.
  private func file() throws -> String {
    guard try open.source.names(in: settings.schema) != nil else { return settings.schema }
    return "\(settings.schema)/imported.yaml"
  }

  private func text(_ imported: Imported, _ mounts: MountTable, _ old: Data?) throws -> String {
    let isFolder = try open.source.names(in: settings.schema) != nil
    if isReplaced, replaces, isFolder {
      throw Problem(.usage, "--force writes one file anew, and \(settings.schema) is a folder")
    }
    guard let old, !isReplaced else { return SchemaText.file(imported.entries, mounts) }
    if let text = SchemaText.adding(imported.entries, to: String(decoding: old, as: UTF8.self), mounts) {
      return text
    }
    throw Problem(
      .usage,
      "\(settings.schema) was edited, and the imported entries cannot be added to it",
      hint: "set \"schema:\" to a folder and move the file into it; or --force writes the file anew"
    )
  }

  private func write(_ text: String, to path: String) throws {
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    } catch {
      throw Problem(
        .operationFailed,
        "\(path) cannot be written",
        hint: "check the folder's permissions and space"
      )
    }
  }
}
