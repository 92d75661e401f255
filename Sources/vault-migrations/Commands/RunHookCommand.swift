import ArgumentParser
import Catalogue
import Configuration
import FoundationEssentials
import Git
import Migrations
import StateTracker
import Values

struct RunHookCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Does what a hook does; called by the installed scripts, and by managers of hooks.",
    discussion: """
      EXAMPLE:
        vault-migrations hooks run pre-commit
      """
  )

  @Argument(help: "pre-commit, pre-push, post-merge or post-receive.")
  var hook: Hook

  @Argument(help: ArgumentHelp("What git passes to the hook.", visibility: .hidden))
  var arguments: [String] = []

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    // What a hook does may move references itself.
    guard context.environment["VAULT_MIGRATIONS_HOOK"] == nil else { return 0 }
    var context = context
    context.environment["VAULT_MIGRATIONS_HOOK"] = hook.rawValue
    switch hook {
    case .preCommit: return try HookCheck(context).checkStaged()
    case .prePush: return try HookCheck(context).checkPushed(references(context))
    case .postMerge: return try await HookSync(context).followMerge()
    case .postReceive:
      return try await HookSync(context).followPush(PushedReference.ofReceive(Self.input()))
    }
  }

  private static func input() -> String {
    var text = ""
    while let line = readLine(strippingNewline: false) { text += line }
    return text
  }

  private func references(_ context: Context) throws -> [PushedReference] {
    // The pre-commit framework reads the standard input itself, and gives its content in variables.
    if let commit = context.environment["PRE_COMMIT_TO_REF"] {
      let repository = try context.repository(holding: context.workingDirectory)
      let name = context.environment["PRE_COMMIT_REMOTE_BRANCH"] ?? "refs/heads/unknown"
      return [PushedReference(name: name, new: try repository.resolve(commit), old: nil)]
    }
    return PushedReference.ofPush(Self.input())
  }
}

/// What is checked before a commit and before a push: every project of the repository that is changed.
struct HookCheck {
  private let context: Context
  private let repository: Repository
  private let projects: HookProjects

  init(_ context: Context) throws {
    self.context = context
    repository = try context.repository(holding: context.workingDirectory)
    projects = try HookProjects(in: repository, context)
  }

  /// Looks at what is staged of projects that are another one than that of the last commit.
  func checkStaged() throws -> Int32 {
    let staged = try repository.staged(below: "", environment: context.environment)
    let head = try repository.head()
    try collectingProblems(projects.folders(among: staged.keys)) { folder in
      let prefix = folder + "/"
      var files: [String: ObjectID] = [:]
      for (path, id) in staged where path.hasPrefix(prefix) {
        files[String(path.dropFirst(prefix.count))] = id
      }
      if let head, try repository.files(below: folder, at: head) == files { return }
      let source = BlobSource(files, in: repository, shownAs: folder)
      try refuseUnstaged(in: source, folder)
      // A schema may be committed before its migration.
      try check(source, of: folder, comparesSchema: false)
    }
    return 0
  }

  /// `git commit -a` takes the chain along, which git knows, and leaves the new migration that it names.
  private func refuseUnstaged(in source: BlobSource, _ folder: String) throws {
    guard let root = repository.workTree else { return }
    let migrations = try Project.readSettings(from: source).settings.migrations
    guard let chain = try source.bytes(at: "\(migrations)/\(Chain.fileName)") else { return }
    let staged = Set(try source.names(in: migrations) ?? [])
    let names = Chain.read(chain).links.map { "\(Migration.label($0.version))-\($0.name).yaml" }
    let forgotten = names.filter { name in
      !staged.contains(name)
        && FileManager.default.fileExists(atPath: "\(root)/\(folder)/\(migrations)/\(name)")
    }
    try Problems.check(
      forgotten.map {
        Problem(
          .migrationInvalid,
          "\($0) is in the chain that is staged, and is not staged itself",
          at: SourceLocation(file: source.shown("\(migrations)/\($0)")),
          hint: "run \"git add \(folder)\", then commit again"
        )
      }
    )
  }

  /// Validates each commit that a branch of the remote shall have, if it brings a change to a project.
  func checkPushed(_ references: [PushedReference]) throws -> Int32 {
    var checked: Set<ObjectID> = []
    var sources: [(folder: String, source: RevisionSource)] = []
    for reference in references where reference.name.hasPrefix("refs/heads/") {
      guard let new = reference.new, checked.insert(new).inserted else { continue }
      let old = reference.old.flatMap { repository.contains($0) ? $0 : nil }
      for folder in try projects.folders(at: new, unlike: old) {
        let source = RevisionSource(repository: repository, commit: new, folder: folder, name: new.short)
        sources.append((folder, source))
      }
    }
    try collectingProblems(sources) { try check($0.source, of: $0.folder, comparesSchema: true) }
    return 0
  }

  /// What is wrong with one project hides nothing of another.
  private func collectingProblems<Item>(_ items: [Item], _ check: (Item) throws -> Void) throws {
    var problems: [Problem] = []
    for item in items {
      do {
        try check(item)
      } catch let error as Problems {
        problems += error.items
      }
    }
    guard problems.isEmpty else { throw Problems(items: problems) }
  }

  private func check(_ source: any ProjectSource, of folder: String, comparesSchema: Bool) throws {
    let project = try Project.read(from: source)
    let root = repository.workTree ?? repository.gitDirectory
    let open = OpenProject(folder: "\(root)/\(folder)", source: source, project: project)
    var resolvers: [String: Resolver] = [:]
    for environment in project.settings.environments.values {
      resolvers[environment.name] = open.resolver(for: environment, mode: .lenient, context)
    }
    let problems =
      try Validator.problems(
        in: project,
        resolvers: resolvers,
        comparesSchema: comparesSchema,
        fields: .builtIn
      ) + AppliedCheck.problems(in: project, applied: try open.knownHistories(context))
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    for warning in problems { context.console.complain { ErrorReport.text(warning, $0) } }
  }
}
