import Logging
import Catalogue
import ArgumentParser
import Configuration
import Embedded
import FoundationEssentials
import Git
import Migrations
import StateTracker
import Values
import VaultClient

struct VerifyCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Replays all migrations on a throw-away server: up, down, and up again.",
    discussion: """
      Proves that a pull request works before it is merged. After each version the server is compared with what is declared. \
      Secrets are stand-ins; variables of the process count only where "plain:" lists them. Databases and other systems outside \
      are not asked, and what cannot work without them is left out, and said. The server is the bao or vault of the PATH, or \
      VAULT_MIGRATIONS_SERVER: take the version that the environment has. What is before the last checkpoint ("generate \
      --checkpoint") is taken as one; --from 1 replays all.

      EXAMPLE:
        vault-migrations verify
        vault-migrations verify --env prod --from 0042
      """
  )

  @Option(help: "Verify a commit instead of the work tree.")
  var revision: String?

  @Option(
    help: ArgumentHelp(
      "Take what is declared before this version as one, for a history that new servers refuse.",
      discussion: "Default: the version behind the last checkpoint."
    )
  )
  var from: String?

  @OptionGroup var base: BaseOption
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard let from else { return }
    guard let version = Int(from), version > 0 else {
      throw ValidationError("--from takes a version such as 0042, not \(from)")
    }
  }

  func run(in context: Context) async throws -> Int32 {
    let open = try
      (revision.map { try OpenProject.at($0, context) }
      ?? OpenProject.inWorkTree(context, trusting: base.revision))
      .trusting(base.revision, context)
    let problems = try Validator.problems(in: open.project)
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    let known = open.project.settings.environments
    let chosen =
      try global.env.map { [try open.project.settings.environment($0)] }
      ?? known.values.sorted { $0.name < $1.name }
    var reports: [(String, Verifier.Report)] = []
    for environment in chosen {
      reports.append((environment.name, try await verify(environment, open, context)))
    }
    let checkpoint = from == nil ? open.project.checkpoint : nil
    let views = reports.map { VerificationView(environment: $0.0, report: $0.1, checkpoint: checkpoint) }
    context.console.result(["environments": .array(views.map(\.json))]) { style in
      views.map { $0.text(style) }.joined()
    }
    return 0
  }

  private func verify(
    _ environment: Environment,
    _ open: OpenProject,
    _ context: Context
  ) async throws -> Verifier.Report {
    let first = from.flatMap { Int($0) } ?? open.project.checkpoint.map { $0 + 1 } ?? 1
    let trial = try TrialProject(of: open.project, for: environment, from: first)
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "vault-migrations-\(UUID().uuidString)"
    )
    try FileManager.default.createDirectory(
      at: folder,
      withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700]
    )
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path(percentEncoded: false)
    let repository = try Repository.createBare(at: "\(path)/state.git")
    let manager = EmbeddedServerManager(
      dataDirectory: "\(path)/server",
      environment: context.environment,
      probe: EmbeddedProbe()
    ) { [logger = context.logger] in logger.info("\($0)") }
    return try await manager.with { server in
      let client = try VaultClient(
        VaultSettings(address: try VaultAddress(server.address)),
        token: server.token
      )
      context.trace(client)
      let stage = TrialStage(environment: environment, open: open, context: context, repository: repository)
      return try await Verifier(
        project: open.project,
        trial: trial,
        from: first,
        identity: stage.identity,
        logger: context.logger,
        connect: { try stage.target(client) },
        report: { step in context.console.note { "\($0.faint("\(environment.name): \(step)"))" } }
      ).run()
    }
  }
}

extension Project {
  /// The newest version that stands for all before it.
  fileprivate var checkpoint: Int? { migrations.last(where: \.isCheckpoint)?.version }
}

/// What a replay has in the place of a real environment.
private struct TrialStage {
  private let environment: Environment
  private let settings: Settings
  private let open: OpenProject
  private let context: Context
  private let repository: Repository

  init(environment: Environment, open: OpenProject, context: Context, repository: Repository) {
    var environment = environment
    environment.server = .embedded
    environment.login = nil
    environment.namespace = nil
    environment.isProtected = false
    var settings = open.project.settings
    settings.environments = [environment.name: environment]
    settings.remote = nil
    settings.ledger = "vault-migrations"
    self.environment = environment
    self.settings = settings
    self.open = open
    self.context = context
    self.repository = repository
  }

  private static let standIn = Array("stand-in".utf8)

  var identity: RunIdentity {
    RunIdentity(runID: UUID().uuidString.lowercased(), appliedBy: "verify")
  }

  func target(_ client: VaultClient) throws -> Target {
    // Which variables may be shown, a pull request does not say for its own pipeline.
    let plain = context.environment.filter { open.settings.plain.contains($0.key) }
    return try Target(
      environment: environment,
      settings: settings,
      client: client,
      tracker: StateTracker(
        repository: repository,
        environment: environment.name,
        branch: settings.stateBranch(of: environment.name),
        remote: nil,
        identity: Identity.resolve(environment: context.environment, repository: repository)
      ),
      resolver: Resolver(
        settings: settings,
        environment: environment,
        processVariables: plain,
        mode: .lenient
      ) { path in
        // A file in the repository is no secret; any other one is a stand-in.
        let isInside = !path.hasPrefix("/") && !path.split(separator: "/").contains("..")
        return try isInside ? open.source.bytes(at: path) ?? Self.standIn : Self.standIn
      },
      catalogue: open.project.catalogue
    )
  }
}

/// What a replay found, in words.
private struct VerificationView {
  let environment: String
  let report: Verifier.Report
  /// Where the replay began, if nobody told it to.
  let checkpoint: Int?

  func text(_ style: Style) -> String {
    guard report.versions > 0 else { return "\(style.title(environment))  no migrations\n" }
    // Versions are numbered without gaps.
    let way =
      report.downTo == report.versions ? "up" : "up, down to \(Migration.label(report.downTo)), up again"
    var text =
      "\(style.title(environment))  \(style.added("verified"))  \(Plural.of(report.versions, "version")) \(way)"
      + ", on \(report.serverVersion)\n"
    if let checkpoint {
      text += "  \(Migration.label(checkpoint)) is a checkpoint: what it stands for was taken as one\n"
    } else if report.first > 1 {
      text += "  what is before \(Migration.label(report.first)) was taken as one\n"
    }
    if let obstacle = report.obstacle { text += "  not further down: \(obstacle)\n" }
    for (path, reason) in report.leftOut.sorted(by: { $0.key < $1.key }) {
      text += "  not tried: \(path) (\(reason))\n"
    }
    for path in report.unconnected { text += "  tried without its system: \(path)\n" }
    for notice in report.notices { text += "  \(notice.path) \(notice.text)\n" }
    return text
  }

  var json: Value {
    [
      "environment": .string(environment), "verified": true, "versions": .number(Number(report.versions)),
      "from": .string(Migration.label(report.first)),
      "checkpoint": checkpoint.map { .string(Migration.label($0)) } ?? .null,
      "down_to": .string(Migration.label(report.downTo)),
      "obstacle": report.obstacle.map(Value.string) ?? .null, "server": .string(report.serverVersion),
      "not_tried": .object(
        Dictionary(report.leftOut.map { ($0.key.description, .string($0.value)) }, uniquingKeysWith: { $1 })
      ),
      "unconnected": .array(report.unconnected.map { .string($0.description) }),
      "notices": .array(
        report.notices.map { ["path": .string($0.path.description), "text": .string($0.text)] }
      ),
    ]
  }
}
