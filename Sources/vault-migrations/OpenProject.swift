import Configuration
import FoundationEssentials
import Git
import Migrations
import StateTracker
import Values

/// The project that a command is about, read from disk or from a commit.
struct OpenProject {
  /// The folder of `config.yaml`.
  let folder: String
  let source: any ProjectSource
  let project: Project
  /// What is trusted about servers instead of the project's own configuration.
  var base: TrustedBase?
  /// The commit that it was read from; `nil` for the work tree.
  var commit: ObjectID?

  /// Reads the project of the work tree.
  ///
  /// - Throws: ``Problems``, ``Problem``.
  static func inWorkTree(
    _ context: Context,
    trusting revision: String? = nil,
    readingSchema needsSchema: (Settings) -> Bool = { _ in true },
    readingMigrations needsMigrations: Bool = true
  ) throws -> OpenProject {
    let folder = try context.projectFolder()
    let source = WorkTreeSource(
      folder: folder,
      shownAs: context.shown(folder),
      isConfined: revision != nil
    )
    try refuseFilesOutside(source, revision)
    let project = try Project.read(
      from: source,
      readingSchema: needsSchema,
      readingMigrations: needsMigrations
    )
    return OpenProject(folder: folder, source: source, project: project)
  }

  /// Reads of the work tree's project no more than its settings.
  ///
  /// - Throws: ``Problems``, ``Problem``.
  static func settingsAlone(_ context: Context) throws -> OpenProject {
    try inWorkTree(context, readingSchema: { _ in false }, readingMigrations: false)
  }

  /// Reads the project as a revision has it.
  ///
  /// - Throws: ``Problems``, ``Problem``.
  static func at(_ revision: String, _ context: Context) throws -> OpenProject {
    let repository = try context.repository(holding: context.workingDirectory)
    // Where there is no work tree, what is not in git lies with what the tool keeps there.
    let isHosted = repository.isBare && context.options.config == nil
    let folder = isHosted ? repository.gitDirectory + "/vault-migrations" : try context.projectFolder()
    let source = try revisionSource(
      revision,
      folder: isHosted ? ".vault-migrations" : folder,
      isHosted ? repository : context.repository(holding: folder)
    )
    return OpenProject(
      folder: folder,
      source: source,
      project: try Project.read(from: source),
      commit: source.commit
    )
  }

  /// What environments have applied, without what tasks found, as far as this repository knows; nobody is asked.
  func knownHistories(_ context: Context) throws -> [String: [HistoryRecord]] {
    var histories: [String: [HistoryRecord]] = [:]
    for environment in project.settings.environments.values {
      // Without the remote there is nothing to know.
      guard let tracker = try? Session.stateTracker(of: environment, self, context) else { continue }
      histories[environment.name] = try tracker.current().history(withTasks: false)
    }
    return histories
  }

  /// Where the private server of an environment keeps its data, outside of git.
  func embeddedFolder(of environment: Environment) -> String {
    "\(folder)/.embedded/\(environment.name)"
  }

  /// The files of a revision.
  ///
  /// - Throws: ``Problem``.
  static func revisionSource(
    _ revision: String,
    folder: String,
    _ repository: Repository
  ) throws -> RevisionSource {
    do throws(GitError) {
      let commit = try repository.resolve(revision)
      return RevisionSource(
        repository: repository,
        commit: commit,
        folder: folder.hasPrefix("/") ? relative(folder, in: repository) : folder,
        name: revision
      )
    } catch {
      throw Problem(
        .usage,
        "there is no revision \(revision): \(error.message)",
        hint: "name a branch, a tag or a commit; in a shallow clone, fetch it first"
      )
    }
  }

  /// The folder as git's trees name it.
  static func relative(_ folder: String, in repository: Repository) -> String {
    guard let workTree = repository.workTree else { return ".vault-migrations" }
    let root = URL(filePath: workTree).resolvingSymlinksInPath().path(percentEncoded: false)
    let full = URL(filePath: folder).resolvingSymlinksInPath().path(percentEncoded: false)
    let prefix = root.hasSuffix("/") ? root : root + "/"
    return full.hasPrefix(prefix) ? String(full.dropFirst(prefix.count)) : full
  }

  /// Resolves the references of one environment's entries.
  func resolver(for environment: Environment, mode: Resolver.Mode, _ context: Context) -> Resolver {
    guard let base else { return resolver(project.settings, environment, mode, nil, context) }
    var settings = project.settings
    settings.plain = base.settings.plain
    let withholding = Resolver.Withholding(base.withholds) { reference in
      context.console.tell(
        "\(reference) is not read: \(base.revision) neither uses it nor lists it under allowed"
      )
    }
    let own = project.settings.environments[environment.name] ?? environment
    return resolver(settings, own, mode, withholding, context)
  }

  /// Resolves what the connection to an environment is made with.
  func connectionResolver(for environment: Environment, _ context: Context) -> Resolver {
    resolver(settings, environment, .strict, nil, context)
  }

  private func resolver(
    _ settings: Settings,
    _ environment: Environment,
    _ mode: Resolver.Mode,
    _ withholding: Resolver.Withholding?,
    _ context: Context
  ) -> Resolver {
    let folder = folder
    return Resolver(
      settings: settings,
      environment: environment,
      processVariables: context.environment,
      mode: mode,
      withholding: withholding
    ) { path in
      let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
      return try [UInt8](Data(contentsOf: URL(filePath: full)))
    }
  }
}

extension Context {
  /// A path as a user would type it here.
  func shown(_ path: String) -> String {
    let prefix = workingDirectory + "/"
    return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path
  }
}
