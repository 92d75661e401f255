package import Catalogue
package import Configuration
package import Git
package import Values

/// A project as read from one source: settings, schema, migrations and chain.
package struct Project: Sendable {
  package let settings: Settings
  /// What is known about endpoints: the built-in table, and what `config.yaml` adds to it.
  package let catalogue: Catalogue
  package let schema: Schema
  package let migrations: [Migration]
  package let chain: Chain
  /// The folder of migrations and chain, as shown to users.
  package let migrationsFolder: String
  /// The schema's files, those of overlays included, for the snapshot on the state branch.
  package let schemaFiles: [SnapshotFile]
  /// Everything found on the way that is no error.
  package let warnings: [Problem]

  /// A file of the schema under the name that it has in the snapshot.
  package struct SnapshotFile: Hashable, Sendable {
    package let name: String
    package let bytes: [UInt8]
  }

  /// Reads everything; the schema may come from elsewhere than the rest.
  ///
  /// The catalogue is what `config.yaml` adds to. The schema is left out, and is empty then, where the settings say that it
  /// does not matter. Throws ``Problems``: first what is wrong with the configuration, then with schema, migrations and chain together.
  package static func read(
    from source: any ProjectSource,
    schemaFrom schemaSource: (any ProjectSource)? = nil,
    over catalogue: Catalogue = .builtIn,
    readingSchema needsSchema: (Settings) -> Bool = { _ in true },
    readingMigrations needsMigrations: Bool = true
  ) throws -> Project {
    let schemaSource = schemaSource ?? source
    let (settings, warnings) = try readSettings(from: source)
    let catalogue = try ProjectCatalogue.read(settings, over: catalogue)
    let diagnostics = Diagnostics(.migrationInvalid)
    var found = warnings
    var schema = Schema()
    let needsSchema = needsSchema(settings)
    let schemaFiles = needsSchema ? try schemaSource.files(at: settings.schema) : []
    let overlays = needsSchema ? try Overlay.all(in: schemaSource) : []
    do throws(Problems) {
      guard let schemaFiles else {
        throw Problems(items: [
          Problem(
            .schemaInvalid,
            "there is no schema at \(schemaSource.shown(settings.schema))",
            hint: "run init, or set \"schema:\" in config.yaml"
          )
        ])
      }
      let read = try SchemaReader.read(
        schemaFiles,
        overlays: overlays,
        settings: settings,
        catalogue: catalogue
      )
      schema = read.schema
      found += read.warnings
    } catch {
      for problem in error.items { diagnostics.add(problem) }
    }
    let migrations = needsMigrations ? try readMigrations(from: source, settings, diagnostics) : []
    let chain = needsMigrations ? try readChain(from: source, settings, diagnostics) : Chain()
    found += try diagnostics.finish()
    return Project(
      settings: settings,
      catalogue: catalogue,
      schema: schema,
      migrations: migrations,
      chain: chain,
      migrationsFolder: source.shown(settings.migrations),
      schemaFiles: snapshot(of: schemaFiles ?? [], schemaSource.shown(settings.schema))
        + overlays.map(\.snapshot),
      warnings: found
    )
  }

  /// The place of a migration's file, for messages.
  package func location(of migration: Migration) -> SourceLocation {
    SourceLocation(file: "\(migrationsFolder)/\(migration.fileName)")
  }

  /// Reads `config.yaml` alone.
  ///
  /// - Throws: ``Problems``.
  package static func readSettings(
    from source: any ProjectSource
  ) throws -> (settings: Settings, warnings: [Problem]) {
    let shown = source.shown("config.yaml")
    guard let bytes = try source.bytes(at: "config.yaml") else {
      throw Problems(items: [
        Problem(
          .configurationInvalid,
          "there is no \(shown)",
          hint: "run \"vault-migrations init\" in the repository, or pass --config"
        )
      ])
    }
    return try SettingsReader.read(bytes, file: shown)
  }

  /// The id of the schema's files as one git tree, which the chain and the state branch also hold.
  package func schemaID(in repository: Repository) throws -> String {
    try Self.id(of: schemaFiles, in: repository)
  }

  /// The same of files that were not read as a project, those of overlays included.
  package static func schemaID(
    of schema: String,
    in source: any ProjectSource,
    _ repository: Repository
  ) throws -> String {
    try id(of: snapshot(of: schema, in: source), in: repository)
  }

  static func id(of files: [SnapshotFile], in repository: Repository) throws -> String {
    var changes: [String: TreeChange] = [:]
    for file in files { changes[file.name] = .blob(file.bytes) }
    return try repository.hashTree(base: nil, changes: changes).description
  }

  /// Reads the migrations alone; what is wrong with them is noted.
  package static func readMigrations(
    from source: any ProjectSource,
    _ settings: Settings,
    _ diagnostics: Diagnostics
  ) throws -> [Migration] {
    var migrations: [Migration] = []
    for name in try source.names(in: settings.migrations) ?? []
    where name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
      let path = "\(settings.migrations)/\(name)"
      guard let parts = MigrationFile.parts(ofName: name) else {
        diagnostics.error(
          "\(source.shown(path)) is not named like a migration",
          at: SourceLocation(file: source.shown(path)),
          hint: "migrations are named NNNN-name.yaml, with at least four digits"
        )
        continue
      }
      guard let bytes = try source.bytes(at: path),
        let migration = MigrationFile.read(ProjectFile(path: source.shown(path), bytes: bytes), diagnostics)
      else { continue }
      if migration.version != parts.version || migration.name != parts.name {
        diagnostics.error(
          "the file is named \(Migration.label(parts.version))-\(parts.name), but holds \(migration.label)-\(migration.name)",
          at: SourceLocation(file: source.shown(path)),
          hint: "rename the file, or restore it with git"
        )
      }
      migrations.append(migration)
    }
    return migrations.sorted { ($0.version, $0.name) < ($1.version, $1.name) }
  }

  private static func readChain(
    from source: any ProjectSource,
    _ settings: Settings,
    _ diagnostics: Diagnostics
  ) throws -> Chain {
    let path = "\(settings.migrations)/\(Chain.fileName)"
    guard let bytes = try source.bytes(at: path) else { return Chain() }
    return Chain.read(ProjectFile(path: source.shown(path), bytes: bytes), diagnostics)
  }

  static func snapshot(of files: [ProjectFile], _ root: String) -> [SnapshotFile] {
    files.map { file in
      if file.path == root {
        // One file keeps its name.
        let name = root.split(separator: "/").last.map(String.init) ?? root
        return SnapshotFile(name: name, bytes: file.bytes)
      }
      return SnapshotFile(name: String(file.path.dropFirst(root.count + 1)), bytes: file.bytes)
    }
  }
}
