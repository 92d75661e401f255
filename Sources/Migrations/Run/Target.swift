package import Catalogue
package import Configuration
import Git
package import StateTracker
package import Values
package import VaultClient

/// One environment as a command works with it: its server, its ledger, its state branch.
package final class Target {
  package let environment: Environment
  package let settings: Settings
  package let client: VaultClient
  package let ledger: Ledger
  package let tracker: StateTracker
  package let resolver: Resolver
  package internal(set) var catalogue: Catalogue
  /// What servers said about themselves before; `nil` where nothing is kept.
  let specifications: SpecificationCache?
  /// Gives clients of other environments.
  let connect: ((String) throws -> VaultClient)?
  package let health: Health
  private let clock = ContinuousClock()
  private let startedAt: ContinuousClock.Instant
  private var listedEntries: [String: (engines: [String: Value], methods: [String: Value])] = [:]
  /// Values that were looked up for `${saved:…}` and `${vault:…}`; each is asked for once.
  var knownValues: [GivenObject: GivenValues.Finding] = [:]

  /// Connects to the server and makes sure that it can work.
  ///
  /// The key is for fingerprints of secrets, where no ledger keeps one.
  ///
  /// - Throws: ``Problem`` when it is sealed, not initialised or not to be reached.
  package init(
    environment: Environment,
    settings: Settings,
    client: VaultClient,
    tracker: StateTracker,
    resolver: Resolver,
    catalogue: Catalogue,
    specifications: SpecificationCache? = nil,
    connect: ((String) throws -> VaultClient)? = nil,
    fingerprintKey: Secret? = nil
  ) throws {
    self.connect = connect
    self.specifications = specifications
    self.environment = environment
    self.settings = settings
    self.client = client
    self.tracker = tracker
    self.resolver = resolver
    self.catalogue = catalogue
    ledger =
      if let mount = settings.ledgerMount(of: environment) {
        Ledger(client: client, mount: mount, project: settings.project, environment: environment.name)
      } else {
        Ledger(
          references: tracker.recordReferences(),
          key: fingerprintKey,
          project: settings.project,
          environment: environment.name
        )
      }
    health = try client.health()
    startedAt = clock.now
    if !health.initialized || health.sealed {
      throw Problem(
        .unreachable,
        "the server at \(client.settings.address) is \(health.initialized ? "sealed" : "not initialised")",
        hint: health.initialized
          ? "unseal it, then run the command again" : "initialise it, then run the command again"
      )
    }
  }

  /// Which server this is, as a version's record names it.
  package var server: HistoryRecord.Server {
    // The private server gets another port with each start; its cluster id tells it apart.
    let address =
      environment.server == .embedded ? HistoryRecord.Server.embedded : client.settings.address.description
    return HistoryRecord.Server(
      address: address,
      namespace: client.settings.namespace,
      clusterID: health.clusterID,
      version: health.version
    )
  }

  /// The server's clock, in seconds since 1970, carried on by our own.
  package var serverTime: Int {
    (health.serverTime ?? 0) + Int(startedAt.duration(to: clock.now).components.seconds)
  }

  /// Fetches the state and reads the ledger, and judges whether they agree.
  ///
  /// - Throws: ``GitError``, ``VaultError``, or ``Problem`` when there is no ledger.
  package func examine(_ project: Project, acceptsServer: Bool = false) async throws -> Standing {
    let recorded = try await tracker.fetch()
    let entries = try await readLedger()
    return try Standing.judge(
      project: project,
      recorded: recorded,
      entries: entries,
      hasLedger: ledger.mount != nil,
      server: server,
      acceptsServer: acceptsServer,
      at: serverTime
    )
  }

  /// Whose the lock is, also if it has expired; `nil` if it was given back, or never taken.
  ///
  /// - Throws: ``VaultError``, or ``Problem`` when there is no ledger.
  package func lockHolder() async throws -> LockRecord? {
    LockRecord(try await readLedger()[.lock]?.value).flatMap { $0.isReleased ? nil : $0 }
  }

  private func readLedger() async throws -> [Ledger.Record: Ledger.Entry] {
    do {
      return try await ledger.read()
    } catch {
      guard (error as? VaultError)?.kind == .noSuchMount, let mount = ledger.mount else { throw error }
      // The private server gets its ledger with the first run.
      if environment.server == .embedded { return [:] }
      throw Problem(
        .configurationInvalid,
        "the server has no ledger at \(mount)/",
        hint: "an administrator makes it once with \"vault-migrations ledger init --env \(environment.name)\""
      )
    }
  }

  /// Makes this run the only one on the environment.
  func takeLock(
    for identity: RunIdentity,
    ttl: Int,
    patience: Int = 0,
    cancelled: @escaping () -> Bool = { false },
    report: @escaping (RunEvent) -> Void
  ) async throws -> RunLock {
    let request = RunLock.Request(
      runID: identity.runID,
      holder: identity.appliedBy,
      ttl: ttl,
      patience: patience,
      asksProcesses: environment.server == .embedded,
      serverTime: { self.serverTime },
      cancelled: cancelled,
      report: report
    )
    return try await RunLock.take(in: ledger, request)
  }

  /// Reads what is at declared paths, and knows which of their fields hold secrets.
  func reader(for declared: [VaultPath: Value], sharing manages: [VaultPath: Manage] = [:]) -> LiveReader {
    let secretFields = declared.compactMapValues { value -> Set<String>? in
      let fields = (value.object ?? [:]).filter { resolver.isSensitive($0.value) }.keys
      return fields.isEmpty ? nil : Set(fields)
    }
    return LiveReader(
      client: client,
      catalogue: catalogue,
      secrets: resolver.secrets,
      secretFields: secretFields,
      manages: manages
    )
  }

  /// Forgets all values that were looked up, because they may be others by now.
  func forgetValues() { knownValues = [:] }

  /// Forgets those that a change at a path may have changed: in the same mount one object often shows another.
  func forgetValues(near path: VaultPath, _ mounts: MountTable) {
    guard !knownValues.isEmpty else { return }
    let prefix = path.contentPrefix ?? mounts.mount(holding: path)?.prefix ?? path.path
    knownValues = knownValues.filter { object, _ in
      object.path.namespace != path.namespace || !object.path.path.hasPrefix(prefix)
    }
  }

  /// The types of all mounts: those that the server lists, and those that a fold declares.
  ///
  /// - Throws: ``VaultError``; a token that may not list mounts leaves those unknown.
  package func mounts(declaredBy fold: Fold) throws -> MountTable {
    var table = MountTable()
    for namespace in Set(fold.resources.keys.map(\.namespace)).union([""]).sorted() {
      table.insert(contentsOf: try listedMounts(in: namespace))
    }
    table.insert(contentsOf: fold.mounts)
    return table
  }

  private func listedMounts(in namespace: String) throws(VaultError) -> MountTable {
    var table = MountTable()
    do throws(VaultError) {
      let (engines, methods) = try mountEntries(in: namespace)
      for (name, entry) in engines { table.insert(VaultPath(name, in: namespace), declared: entry) }
      for (name, entry) in methods { table.insert(VaultPath("auth/" + name, in: namespace), declared: entry) }
    } catch {
      guard error.kind == .denied || error.kind == .namespaceNotFound else { throw error }
    }
    return table
  }

  /// What the server lists as mounted, asked for once: runs know themselves what they mount.
  func mountEntries(
    in namespace: String
  ) throws(VaultError) -> (engines: [String: Value], methods: [String: Value]) {
    if let known = listedEntries[namespace] { return known }
    let entries = try client.asking("what is mounted") { () throws(VaultError) in
      (engines: try client.mounts(namespace: namespace), methods: try client.authMounts(namespace: namespace))
    }
    listedEntries[namespace] = entries
    return entries
  }
}
