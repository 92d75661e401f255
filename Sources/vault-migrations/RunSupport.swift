import Catalogue
import Configuration
import FoundationEssentials
import Git
import HTTP
import Migrations
import Values

/// Progress of a run on standard error: a line a task, and on terminals a bar below.
final class Progress {
  let console: Console
  private var bar: ProgressBar?

  init(console: Console) {
    self.console = console
  }

  func show(_ event: RunEvent) {
    tell(event)
    guard console.isAnimated else { return }
    switch event {
    case .versionStarted(_, _, let tasks): bar = ProgressBar(total: tasks)
    case .taskFinished: bar?.advance()
    case .versionApplied: bar = nil
    default: break
    }
    if let bar { console.draw(bar.line()) }
  }

  private func tell(_ event: RunEvent) {
    switch event {
    case .waitingForLock(let other):
      console.note { "\($0.changed("waiting")) for \(other.holder) (run \(other.runID))" }
    case .lockTakenOver(let other):
      console.note { $0.changed("took over the lock of a dead run (\(other))") }
    case .versionStarted(let label, let name, let tasks):
      console.note { "\($0.title("\(label) \(name)"))  \(Plural.of(tasks, "task"))" }
    case .taskFinished(let path, let outcome, let action):
      console.note { line(path.description, outcome, action, $0) }
    case .notice(let text, let path):
      console.note { "  \($0.changed("note:")) \(path.map { "\($0): " } ?? "")\(text)" }
    case .warning(let problem): console.complain { ErrorReport.text(problem, $0) }
    case .versionApplied(let label, let tag):
      console.note { "\($0.added("applied")) \(label), tagged \(tag)" }
    case .refreshed(let path): console.note { "\($0.added("refreshed")) \(path)" }
    case .reverted(let path): console.note { "\($0.added("reverted")) \(path)" }
    }
  }

  private func line(
    _ path: String,
    _ outcome: RunRecord.Progress,
    _ action: Change.Action,
    _ style: Style
  ) -> String {
    switch outcome {
    case .adopted: "  \(style.faint("=")) \(path) \(style.faint("(is so already)"))"
    case .kept: "  \(style.changed("=")) \(path) \(style.faint("(kept as it is)"))"
    case .done, .intended:
      switch action {
      case .create: "  \(style.added("+")) \(path)"
      case .delete: "  \(style.removed("-")) \(path)"
      case .run: "  \(style.title("!")) \(path)"
      case .move: "  \(style.changed("→")) \(path)"
      case .update, .refresh: "  \(style.changed("~")) \(path)"
      }
    }
  }
}

extension Context {
  /// In whose name this run happens: the pipeline's actor, else the user.
  func runIdentity(sourceCommit: String?) -> RunIdentity {
    let actor =
      ["VAULT_MIGRATIONS_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN", "BUILD_USER_ID", "USER"].lazy
      .compactMap { environment[$0] }.first { !$0.isEmpty } ?? "unknown"
    let host = ProcessInfo.processInfo.hostName
    return RunIdentity(
      runID: UUID().uuidString.lowercased(),
      appliedBy: "\(actor)@\(host)",
      approvedBy: environment["VAULT_MIGRATIONS_APPROVED_BY"],
      pullRequest: environment["VAULT_MIGRATIONS_PULL_REQUEST"],
      sourceCommit: sourceCommit
    )
  }
}

extension Context {
  /// What every command that writes to a server works with.
  func runner(
    on target: Target,
    of open: OpenProject,
    _ options: RunOptions,
    _ cancellation: Cancellation
  ) throws -> Runner {
    Runner(
      target: target,
      project: open.project,
      identity: runIdentity(sourceCommit: try open.sourceCommit(self)),
      options: options,
      logger: logger,
      cancelled: { cancellation.isCancelled },
      report: Progress(console: console).show
    )
  }
}

extension OpenProject {
  /// The commit that it is of, or that the work tree is at; `nil` before the first one.
  func sourceCommit(_ context: Context) throws -> String? {
    try (commit ?? context.repository(holding: folder).head())?.description
  }

  /// What is not committed of configuration, schema and migrations, as shown to users.
  func uncommitted(_ context: Context) throws -> [String] {
    let repository = try context.repository(holding: folder)
    guard let head = try repository.head() else { return [source.shown("config.yaml")] }
    let committed = RevisionSource(
      repository: repository,
      commit: head,
      folder: OpenProject.relative(folder, in: repository),
      name: "HEAD"
    )
    var different: [String] = []
    for path in try paths(in: source).union(paths(in: committed)).sorted()
    where try source.bytes(at: path) != committed.bytes(at: path) {
      different.append(source.shown(path))
    }
    return different
  }

  /// The files that the project was read from, as shown to users.
  var files: [String] {
    (try? paths(in: source).sorted().map(source.shown)) ?? []
  }

  private func paths(in source: any ProjectSource) throws -> Set<String> {
    var found: Set<String> = ["config.yaml"]
    func collect(_ path: String) throws {
      guard let names = try source.names(in: path) else {
        found.insert(path)
        return
      }
      for name in names { try collect("\(path)/\(name.hasSuffix("/") ? String(name.dropLast()) : name)") }
    }
    try collect(project.settings.schema)
    if try source.names(in: Overlay.folder) != nil { try collect(Overlay.folder) }
    if try source.names(in: project.settings.migrations) != nil { try collect(project.settings.migrations) }
    return found
  }
}
