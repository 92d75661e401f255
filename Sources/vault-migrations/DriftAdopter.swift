import Catalogue
import Configuration
import FoundationEssentials
import Migrations
import Values

/// Writes into schema and migration what somebody else made of the server.
struct DriftAdopter {
  let open: OpenProject
  let context: Context
  let target: Target

  /// What was written.
  struct Adopted {
    var paths: [VaultPath] = []
    var files: [String] = []
  }

  /// Changes the schema's files, and generates the migration; if that fails, the files are as before.
  func adopt(_ adoption: DriftAdoption) throws -> Adopted {
    // What overlays add for others is not what was found here.
    let overlays = try Overlay.all(in: open.source).filter { $0.environment == target.environment.name }
    let before = try (open.source.files(at: open.project.settings.schema) ?? []) + overlays.map(\.file)
    var editor = try SchemaEditor(before)
    try adoption.apply(to: &editor)
    let changed = editor.files.filter { !before.contains($0) }
    do {
      for file in changed { try write(file) }
      return Adopted(paths: adoption.paths, files: changed.map(\.path) + [try generate()])
    } catch {
      for file in before where changed.contains(where: { $0.path == file.path }) { try? write(file) }
      throw error
    }
  }

  private func generate() throws -> String {
    let project = try Project.read(from: open.source)
    let problems = try Validator.problems(in: project, comparesSchema: false)
    try Problems.check(problems)
    // What is gone from the server cannot be destroyed there once more.
    let approvals =
      target.environment.isProtected ? [target.environment.name: "adopted as it was found"] : [:]
    guard let migration = try Generator.next(for: project, name: "adopt-drift", approvals: approvals) else {
      throw Problem(
        .operationFailed,
        "the changes make no difference to the schema",
        hint: "drift --revert takes them back"
      )
    }
    let link = Chain.Link(
      version: migration.version,
      name: migration.name,
      checksum: migration.checksum,
      schema: try project.schemaID(in: context.repository(holding: open.folder))
    )
    return context.shown(try MigrationStore(folder: open.folder, project: project).write(migration, link))
  }

  private func write(_ file: ProjectFile) throws {
    let name = file.path.dropFirst(open.source.shown("").count)
    try Data(file.bytes).write(to: URL(filePath: "\(open.folder)/\(name)"), options: .atomic)
  }
}
