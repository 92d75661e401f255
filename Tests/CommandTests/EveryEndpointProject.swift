import Catalogue
import Configuration
import FoundationEssentials
import Git
import Logging
import Migrations
import StateTracker
import TestSupport
import Values
import VaultClient

/// A project that is worked on in process: commands would take most of their time to start.
struct EveryEndpointProject {
  let server: BaoServer
  let catalogue: Catalogue
  private let name: String
  private let folder: String
  private let repository: Repository

  /// Makes an empty project with a ledger of its own.
  init(_ name: String, _ server: BaoServer, in scratch: Scratch, catalogue: Catalogue = .builtIn) throws {
    self.server = server
    self.catalogue = catalogue
    self.name = name
    folder = scratch.file(name)
    repository = try Repository.createBare(at: scratch.file("\(name).git"))
    let text = """
      version: 1
      project: \(name)
      remote: ""
      environments:
        prod:
          address: \(server.address)
      """
    try scratch.write("\(name)/config.yaml", text)
    _ = try target().ledger.create()
  }

  /// Leaves what it has to other projects, as when its repository is given up.
  func giveUpClaims() throws {
    let answer = try server.request("DELETE", "vault-migrations/metadata/@claims/\(name).prod")
    guard answer.status == 204 else { throw FixtureError("claims: \(answer)") }
  }

  private func read() throws -> Migrations.Project {
    try .read(from: WorkTreeSource(folder: folder, shownAs: "."), over: catalogue)
  }

  private func target() throws -> Target {
    let settings = try Migrations.Project.readSettings(from: WorkTreeSource(folder: folder, shownAs: "."))
      .settings
    let environment = try settings.environment("prod")
    let address = VaultSettings(address: try VaultAddress(server.address))
    return try Target(
      environment: environment,
      settings: settings,
      client: VaultClient(address, token: Secret(server.rootToken)),
      tracker: StateTracker(
        repository: repository,
        environment: "prod",
        branch: settings.stateBranch(of: "prod"),
        remote: nil,
        identity: Identity.resolve(environment: [:], repository: nil)
      ),
      resolver: Resolver(settings: settings, environment: environment, processVariables: [:]) { _ in [] },
      catalogue: catalogue
    )
  }

  /// Writes the schema and, unless nothing changes, the migration that leads to it.
  ///
  /// - Returns: The file of the migration.
  @discardableResult
  func generate(_ entries: [String: Value]) throws -> String? {
    let schema = JSON.text(["desired_state": .object(entries)])
    try Data(schema.utf8).write(to: URL(filePath: "\(folder)/schema.yaml"))
    let project = try read()
    guard let next = try Generator.next(for: project) else { return nil }
    let link = Chain.Link(
      version: next.version,
      name: next.name,
      checksum: next.checksum,
      schema: try project.schemaID(in: repository)
    )
    return try MigrationStore(folder: folder, project: project).write(next, link)
  }

  /// Applies what is pending.
  ///
  /// - Returns: What became of each path.
  @discardableResult
  func run(reverting paths: [String] = []) async throws -> [String: RunRecord.Progress] {
    var options = RunOptions()
    options.revert = Set(paths.map { VaultPath($0) })
    var outcomes: [String: RunRecord.Progress] = [:]
    let runner = try runner(options) { event in
      if case .taskFinished(let path, let outcome, _) = event { outcomes[path.description] = outcome }
    }
    _ = try await runner.run()
    return outcomes
  }

  /// Takes versions back at once.
  @discardableResult
  func rollBackNow(to version: Int) async throws -> RollbackReport {
    try await runner().rollBackNow(to: version, acceptsLosses: true)
  }

  /// Applies again what was taken back.
  @discardableResult
  func release() async throws -> RollbackReport { try await runner().release() }

  private func runner(
    _ options: RunOptions = RunOptions(),
    report: @escaping (RunEvent) -> Void = { _ in }
  ) throws -> Runner {
    Runner(
      target: try target(),
      project: try read(),
      identity: RunIdentity(runID: randomText(), appliedBy: "test"),
      options: options,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      report: report
    )
  }

  func plan() async throws -> Plan {
    try await Inspector(target: target(), project: read()).plan()
  }

  func drift() async throws -> [Migrations.Change] {
    try await Inspector(target: target(), project: read()).drift()
  }

  /// Takes back a migration that was not applied.
  func remove(_ migration: String) throws {
    try FileManager.default.removeItem(atPath: migration)
    let path = "\(folder)/migrations/chain"
    let text = String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    let lines = text.split(separator: "\n").dropLast().map { $0 + "\n" }
    try Data(lines.joined().utf8).write(to: URL(filePath: path))
  }
}
