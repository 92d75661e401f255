import Catalogue
import Configuration
import FoundationEssentials
import Git
import Migrations
import Resources
import Values

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
