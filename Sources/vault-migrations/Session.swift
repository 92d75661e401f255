import Catalogue
import Configuration
import Embedded
import FoundationEssentials
import Git
import HTTP
import Logging
import Migrations
import StateTracker
import Values
import VaultClient

/// A connection to one environment that ends with the command: its server runs, its token is good, its state is at hand.
struct Session {
  let target: Target

  /// Opens the environment, and closes it whatever happens: tokens of a login are revoked, a private server stops.
  ///
  /// With `usesOwnToken` the user's own token counts, whatever login the environment has. Throws ``Problem`` and what the
  /// body throws.
  static func with<Result>(
    _ open: OpenProject,
    _ context: Context,
    cancellation: Cancellation = Interruption.cancellation(),
    usesOwnToken: Bool = false,
    _ body: (Target) async throws -> Result
  ) async throws -> Result {
    var environment = try environment(of: open, context)
    let name = environment.name
    if usesOwnToken { environment.login = nil }
    let resolver = open.resolver(for: environment, mode: .strict, context)
    // A pull request's own variables do not lead anywhere else.
    let connection = open.base == nil ? resolver : open.connectionResolver(for: environment, context)
    let tracker = try stateTracker(of: environment, open, context)
    defer { context.metrics.stands(tracker, newest: open.project.migrations.map(\.version), in: name) }
    let others = OtherServers(open, context, cancellation)
    defer { others.close() }
    let specifications = SpecificationCache(
      gitDirectory: try context.repository(holding: open.folder).commonDirectory
    )
    switch environment.server {
    case .embedded:
      let manager = EmbeddedServerManager(
        dataDirectory: open.embeddedFolder(of: environment),
        environment: context.environment,
        probe: EmbeddedProbe()
      ) { [logger = context.logger] in logger.info("\($0)") }
      return try await manager.with { server in
        var settings = VaultSettings(address: try VaultAddress(server.address))
        settings.requestTimeout = .milliseconds(open.settings.lockTTL * 1_000 / 4)
        let client = try VaultClient(settings, token: server.token, cancellation: cancellation)
        context.trace(client)
        client.observe { context.metrics.count($0, in: name) }
        return try await body(
          Target(
            environment: environment,
            settings: open.settings,
            client: client,
            tracker: tracker,
            resolver: resolver,
            catalogue: open.base?.catalogue ?? open.project.catalogue,
            specifications: specifications,
            connect: others.client
          )
        )
      }
    case .remote(let address):
      let client = try client(for: environment, address, connection, open, cancellation, context)
      client.observe { context.metrics.count($0, in: name) }
      defer {
        client.ignoreCancellation()
        giveBackToken(of: client, context)
      }
      let target = try Target(
        environment: environment,
        settings: open.settings,
        client: client,
        tracker: tracker,
        resolver: resolver,
        catalogue: open.base?.catalogue ?? open.project.catalogue,
        specifications: specifications,
        connect: others.client,
        fingerprintKey: EnvironmentVariables(context.environment).fingerprintKey
      )
      try await LoginStep(client: client, environment: environment, resolver: connection, open, context).run()
      return try await body(target)
    }
  }

  /// The chosen environment, with what the shell says where it says nothing.
  ///
  /// Throws ``Problem`` when there is none, or when a pull request tampered with its files.
  static func environment(of open: OpenProject, _ context: Context) throws -> Environment {
    var environment = try open.settings.environment(context.options.env)
    try open.refuseChangedFiles(of: environment, context)
    environment.tls = environment.tls.relative(to: open.folder)
    return context.connection.filling(environment)
  }

  /// The state of an environment as this repository knows it, without a server.
  static func stateTracker(
    of environment: Environment,
    _ open: OpenProject,
    _ context: Context
  ) throws -> StateTracker {
    let repository = try context.repository(holding: open.folder)
    var remote: StateTracker.Remote?
    if environment.server != .embedded, let name = open.settings.remote {
      let isConfigured = try repository.configuration("remote.\(name).url") != nil
      if isConfigured {
        remote = StateTracker.Remote(
          name: name,
          transport: Transports.standard(for: repository, environment: context.environment)
        )
      } else if !repository.isBare {
        // A repository that others push to is the remote itself.
        throw Problem(
          .configurationInvalid,
          "the repository has no remote \"\(name)\", which is to hold the state of \(environment.name)",
          at: SourceLocation(file: open.settings.file),
          hint:
            "add it with \"git remote add \(name) URL\", or set \"remote: ''\" to keep the state in this repository"
        )
      }
    }
    let identity = Identity.resolve(environment: context.environment, repository: repository)
    return StateTracker(
      repository: repository,
      environment: environment.name,
      branch: open.settings.stateBranch(of: environment.name),
      remote: remote,
      identity: identity,
      // What an embedded environment records never leaves this machine.
      signer: environment.server == .embedded
        ? nil : try Signer(of: repository, identity: identity, environment: context.environment)
    )
  }

  // MARK: - Remote servers

  /// A token that stays is worth no failure of a run that did its work, but must not stay unnoticed.
  static func giveBackToken(of client: VaultClient, _ context: Context) {
    do throws(VaultError) {
      try client.revokeSelf()
    } catch {
      context.logger.warning("the token of the login could not be revoked: \(error.message)")
    }
  }

  /// A client with a token, outside of a session: no program is waited for, and giving the token back is the caller's.
  ///
  /// Throws ``Problem`` or ``VaultError``.
  static func connect(
    to environment: Environment,
    at address: String?,
    _ open: OpenProject,
    _ context: Context,
    cancellation: Cancellation = Cancellation(),
    isHasty: Bool = false
  ) throws -> VaultClient {
    let resolver = open.connectionResolver(for: environment, context)
    let client = try client(
      for: environment,
      address,
      resolver,
      open,
      cancellation,
      context,
      isHasty: isHasty
    )
    try LoginStep(client: client, environment: environment, resolver: resolver, open, context)
      .runWithoutHelper()
    return client
  }

  private static func client(
    for environment: Environment,
    _ address: String?,
    _ resolver: Resolver,
    _ open: OpenProject,
    _ cancellation: Cancellation,
    _ context: Context,
    isHasty: Bool = false
  ) throws -> VaultClient {
    guard let address else {
      throw Problem(
        .configurationInvalid,
        "environment \(environment.name) has no address",
        at: SourceLocation(file: open.settings.file),
        hint: "write \"address: https://…\" or \"server: embedded\" in config.yaml, or export VAULT_ADDR"
      )
    }
    var settings = VaultSettings(address: try VaultAddress(try resolver.text(address, "address")))
    settings.namespace = try environment.namespace.map { try resolver.text($0, "namespace") } ?? ""
    settings.trustedHosts = environment.trustedHosts
    settings.proxy = try environment.proxy.map { try resolver.text($0, "proxy") }
    settings.tls.caText = environment.tls.caText
    settings.tls.caFile = environment.tls.caFile
    settings.tls.caDirectory = environment.tls.caDirectory
    settings.tls.clientCertificate = environment.tls.clientCertificate
    settings.tls.clientKey = environment.tls.clientKey
    settings.tls.serverName = environment.tls.serverName
    settings.tls.verify = !environment.tls.skipVerify
    // A request must be over before the lock that protects it can be taken away.
    settings.requestTimeout = .milliseconds(open.settings.lockTTL * 1_000 / 4)
    if environment.tls.skipVerify {
      context.console.complain { "\($0.changed("warning: "))the server's certificate is not verified" }
    }
    if isHasty {
      settings.connectTimeout = .seconds(2)
      settings.requestTimeout = .seconds(5)
      settings.maxTries = 1
    }
    let client = try VaultClient(settings, cancellation: cancellation)
    context.trace(client)
    return client
  }
}

extension Resolver {
  /// A setting as text that may be shown.
  func text(_ text: String, _ what: String) throws -> String {
    switch try resolve(.string(text), path: what) {
    case .string(let text): text
    case .secret(let secret): secret.exposed { $0 }
    default: text
    }
  }

  func secret(_ text: String, _ what: String) throws -> Secret {
    switch try resolve(.string(text), path: what) {
    case .secret(let secret): secret
    case .string(let text): Secret(text)
    default:
      throw Problem(
        .configurationInvalid,
        "\(what) must be text",
        hint: "check the variable that it refers to"
      )
    }
  }
}

extension Environment.TLS {
  /// File names in config.yaml are relative to its folder; those of variables are relative to where the command runs.
  fileprivate func relative(to folder: String) -> Environment.TLS {
    func absolute(_ path: String?) -> String? {
      path.map { $0.hasPrefix("/") ? $0 : "\(folder)/\($0)" }
    }
    var tls = self
    tls.caFile = absolute(caFile)
    tls.caDirectory = absolute(caDirectory)
    tls.clientCertificate = absolute(clientCertificate)
    tls.clientKey = absolute(clientKey)
    return tls
  }
}
