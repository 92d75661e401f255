package import Catalogue
package import Configuration
package import Values

/// Checks that a project hangs together, without any server: files against chain, fold against schema, references
/// against variables.
package struct Validator {
  private let project: Project
  private let diagnostics = Diagnostics(.migrationInvalid)

  private init(_ project: Project) {
    self.project = project
  }

  /// Everything that is wrong, warnings included; empty if all is well.
  ///
  /// Resolvers are given for the environments whose references are to be resolved. Without `comparesSchema` the migrations
  /// need not give the schema: so while one is about to be written. With `fields`, names and types of fields are
  /// checked as well; what is wrong there is a warning, because no table knows every field of every server.
  package static func problems(
    in project: Project,
    resolvers: [String: Resolver] = [:],
    comparesSchema: Bool = true,
    fields: FieldTable? = nil
  ) throws -> [Problem] {
    let validator = Validator(project)
    validator.checkEnvironmentNames()
    validator.checkSecrets()
    validator.checkChain()
    if !validator.diagnostics.hasErrors { validator.checkFold(comparesSchema: comparesSchema) }
    validator.checkReferences(resolvers)
    let found =
      GivenReferenceCheck(project).problems + ActionCheck(project).problems + OnceCheck(project).problems
    for problem in found + DanglingCheck(project).problems { validator.diagnostics.add(problem) }
    for problem in CredentialCheck(project).problems { validator.diagnostics.add(problem) }
    let aboutFields = fields.map { fieldWarnings(in: project, $0) } ?? []
    return project.warnings + aboutFields + validator.diagnostics.problems
  }

  /// What a table of fields says against the schema.
  package static func fieldWarnings(in project: Project, _ table: FieldTable) -> [Problem] {
    FieldCheck.warnings(about: project.schema, table, catalogue: project.catalogue)
  }

  /// The environments that a fold is computed for: those of config.yaml and one not yet named.
  static func environments(of settings: Settings) -> [String] {
    settings.environments.keys.sorted() + [""]
  }

  // MARK: - Names

  private func checkEnvironmentNames() {
    let known = project.settings.environments.keys.sorted()
    for (path, declaration) in project.schema.declarations {
      for name in declaration.scope.names.sorted() where !known.contains(name) {
        diagnostics.add(
          Problem(
            .schemaInvalid,
            "\(path) is limited to the environment \"\(name)\", which config.yaml does not have",
            at: declaration.location,
            path: path.description,
            hint: Suggestion.hint(for: name, among: known)
          )
        )
      }
    }
  }

  // MARK: - Secrets

  /// A secret that is written into the schema is in git for ever.
  private func checkSecrets() {
    let mounts = project.schema.mounts
    for (path, declaration) in project.schema.declarations {
      let endpoint = project.catalogue.endpoint(for: path, mounts: mounts)
      for field in LiteralSecrets.fields(in: declaration.value, endpoint) {
        diagnostics.add(
          Problem(
            .schemaInvalid,
            "\(field) of \(path) is a secret, and is written into the schema",
            at: declaration.location,
            path: path.description,
            hint: "put a reference in its place, for example ${\(LiteralSecrets.variableName(for: field))}"
          )
        )
      }
    }
  }

  // MARK: - Chain

  private func checkChain() {
    let folder = project.migrationsFolder
    checkNumbers(folder)
    let links = project.chain.links
    for (index, link) in links.enumerated() where link.version != index + 1 {
      diagnostics.error(
        "line \(index + 1) of the chain names version \(Migration.label(link.version)) instead of \(Migration.label(index + 1))",
        at: SourceLocation(file: "\(folder)/\(Chain.fileName)", line: index + 1),
        hint: "the lines were reordered or one is missing: restore the file with git"
      )
      return
    }
    let byVersion = Dictionary(
      project.migrations.map { ($0.version, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    for link in links where byVersion[link.version] == nil {
      diagnostics.error(
        "migration \(Migration.label(link.version))-\(link.name) is in the chain, but its file is missing",
        at: SourceLocation(file: "\(folder)/\(Chain.fileName)", line: link.version),
        hint: "restore it with git: git checkout HEAD -- \(folder)"
      )
    }
    for migration in project.migrations { check(migration, folder) }
  }

  private func checkNumbers(_ folder: String) {
    for (previous, migration) in zip(project.migrations, project.migrations.dropFirst())
    where previous.version == migration.version {
      diagnostics.error(
        "version \(migration.label) exists twice: \(previous.fileName) and \(migration.fileName)",
        at: SourceLocation(file: "\(folder)/\(migration.fileName)"),
        hint:
          "two branches added it: \"vault-migrations rebase BRANCH\" puts this one's behind those of BRANCH"
      )
    }
    let present = [0] + Set(project.migrations.map(\.version)).sorted()
    for (before, after) in zip(present, present.dropFirst()) where after > before + 1 {
      // Whatever is in the chain is told with its name.
      guard !project.chain.links.contains(where: { before < $0.version && $0.version < after }) else {
        continue
      }
      let first = Migration.label(before + 1)
      let last = Migration.label(after - 1)
      diagnostics.error(
        first == last
          ? "version \(first) is missing; versions are numbered without gaps"
          : "versions \(first) to \(last) are missing; versions are numbered without gaps",
        at: SourceLocation(file: folder),
        hint: "restore them with git, or rename what follows"
      )
    }
  }

  private func check(_ migration: Migration, _ folder: String) {
    let location = SourceLocation(file: "\(folder)/\(migration.fileName)")
    guard migration.version <= project.chain.links.count else {
      diagnostics.error(
        "migration \(migration.label) is not in the chain",
        at: location,
        hint: "a migration is added by generate, which also writes the chain"
      )
      return
    }
    let link = project.chain.links[migration.version - 1]
    if link.checksum != migration.checksum {
      diagnostics.error(
        "migration \(migration.label) was changed after it was generated: its checksum is not that of the chain",
        at: location,
        hint:
          "restore it with git; to change something, edit the schema and run generate, with --once-from for data moves"
      )
      return
    }
    // By the chain: a missing or edited file before this one is told already.
    let parent = migration.version > 1 ? project.chain.links[migration.version - 2].checksum : nil
    if migration.parent != parent {
      diagnostics.error(
        "migration \(migration.label) does not name \(Migration.label(migration.version - 1)) as its parent",
        at: location,
        hint: "it was made on top of another version: remove it and run generate again"
      )
    }
  }

  // MARK: - Fold

  private func checkFold(comparesSchema: Bool) {
    for environment in project.differingEnvironments {
      let fold: Fold
      do throws(Problem) {
        fold = try Fold(project.migrations, environment: environment)
      } catch {
        var problem = error
        problem.location = error.location.map {
          SourceLocation(file: "\(project.migrationsFolder)/\($0.file)")
        }
        diagnostics.add(problem)
        return
      }
      guard comparesSchema else { continue }
      let content = project.schema.content(in: environment)
      let wanting = SchemaDifference.paths(from: fold, to: content)
      guard !wanting.isEmpty else { continue }
      let named = wanting.prefix(5).map(\.description).joined(separator: ", ")
      let more = wanting.count > 5 ? " and \(wanting.count - 5) more" : ""
      let first = wanting.lazy.compactMap { project.schema.declaration(at: $0)?.location }.first
      diagnostics.error(
        "the migrations do not give the schema\(environment.isEmpty ? "" : " for environment \(environment)"): \(named)\(more)",
        at: first,
        path: wanting.first?.description,
        hint: "run generate to write the missing migration"
      )
      return
    }
  }

  // MARK: - References

  private func checkReferences(_ resolvers: [String: Resolver]) {
    for (environment, resolver) in resolvers.sorted(by: { $0.key < $1.key }) {
      let content = project.schema.content(in: environment)
      var reported: Set<String> = []
      for (path, value) in content.resources.merging(content.actions, uniquingKeysWith: { first, _ in first })
        .sorted(by: { $0.key < $1.key })
      {
        do throws(Problem) {
          _ = try resolver.resolve(value, path: path.description, lookUp: Resolver.placeholder)
        } catch  where reported.insert(error.message).inserted {
          var problem = error
          problem.location = problem.location ?? project.schema.declaration(at: path)?.location
          diagnostics.add(problem)
        } catch {
          continue
        }
      }
    }
  }
}

/// Which paths differ between what the migrations give and what the schema says.
enum SchemaDifference {
  /// - Returns: The paths, sorted. An action that ran stays done when it leaves the schema.
  static func paths(from fold: Fold, to schema: Fold) -> [VaultPath] {
    guard fold != schema else { return [] }
    var paths: Set<VaultPath> = []
    for path in schema.resources.keys where fold.differs(from: schema, at: path) { paths.insert(path) }
    for path in fold.resources.keys where schema.resources[path] == nil { paths.insert(path) }
    for (path, arguments) in schema.actions
    where fold.actions[path] != arguments || fold.terms[path] != schema.terms[path] {
      paths.insert(path)
    }
    return paths.sorted()
  }
}
