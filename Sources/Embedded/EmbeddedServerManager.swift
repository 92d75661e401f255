import Digests
import FoundationEssentials
import Glibc
import Platform
import Subprocess
import SystemPackage
import Values

/// Runs the private server of `server: embedded` environments.
///
/// There is at most one server on a folder at any time: whoever starts one holds the folder's lock, and the server
/// inherits it, so the kernel frees it when the server is gone and not before.
package struct EmbeddedServerManager: Sendable {
  private let folder: ServerFolder
  private let environment: [String: String]
  private let probe: any ServerProbe
  private let lockTimeout: Duration
  private let log: @Sendable (String) -> Void

  /// Describes a server; nothing is started or written yet.
  ///
  /// - Parameters:
  ///   - dataDirectory: Where it keeps its data, as a rule `.vault-migrations/.embedded`.
  ///   - environment: The variables of the process, for finding the program.
  ///   - probe: Sends the few requests that bring a server up.
  ///   - lockTimeout: How long to wait for another run that uses the same folder.
  ///   - log: Gets one sentence for whatever makes the user wait.
  package init(
    dataDirectory: String,
    environment: [String: String],
    probe: any ServerProbe,
    lockTimeout: Duration = .seconds(60),
    log: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    folder = ServerFolder(dataDirectory)
    self.environment = environment
    self.probe = probe
    self.lockTimeout = lockTimeout
    self.log = log
  }

  /// Hands a server to `body`: the one that ``up()`` left running, else one that ends with `body`.
  ///
  /// - Throws: What `body` throws, or `Problem` when no server could be started.
  package func with<Result>(_ body: (EmbeddedServer) async throws -> Result) async throws -> Result {
    switch try await claim() {
    case .running(let server):
      return try await body(server)
    case .free(let lock):
      defer { try? lock.close() }
      let (process, server) = try await start(holding: lock)
      do {
        let result = try await body(server)
        await process.stop()
        return result
      } catch {
        await process.stop()
        throw error
      }
    }
  }

  /// Starts a server that outlives the tool, unless one runs already.
  ///
  /// - Throws: `Problem` when it could not be started.
  package func up() async throws -> EmbeddedServer {
    switch try await claim() {
    case .running(let server):
      return server
    case .free(let lock):
      defer { try? lock.close() }
      let (process, server) = try await start(holding: lock)
      do {
        guard let identity = ProcessIdentity(of: server.processID) else {
          throw Bootstrap.problem("the embedded server ended as soon as it was ready", in: folder)
        }
        try folder.save(ServerFolder.Running(address: server.address, process: identity))
        try await process.release()
        return server
      } catch {
        await process.stop()
        try? folder.removeRunning()
        throw error
      }
    }
  }

  /// Ends the server that ``up()`` left running.
  ///
  /// Its process is signalled only after a check that it is the one that was recorded.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: `Problem` when it cannot be ended.
  package func down() async throws -> Bool {
    guard let running = folder.running, running.process.isAlive else { return false }
    // A clean shutdown takes a second; see ``ServerProcess`` for why it need not be waited for when it hangs.
    for (signal, patience) in [(SIGTERM, Duration.seconds(5)), (SIGKILL, .seconds(5))] {
      guard running.process.isAlive else { break }
      guard kill(running.process.processID, signal) == 0 || errno == ESRCH else {
        throw Problem(
          .operationFailed,
          "the embedded server, process \(running.process.processID), cannot be ended: \(Errno(rawValue: errno))"
        )
      }
      let deadline = ContinuousClock.now + patience
      while running.process.isAlive, .now < deadline { try await Task.sleep(for: .milliseconds(10)) }
    }
    // Another run may have started a server by now, and then the record is that one's.
    if let lock = try folder.tryLock() {
      defer { try? lock.close() }
      try folder.removeRunning()
    }
    return true
  }

  /// Deletes all data of the server, which is ended if it runs; the next start begins anew.
  ///
  /// - Throws: `Problem` when another run uses it.
  package func reset() async throws {
    guard folder.exists else { return }
    _ = try await down()
    guard case .free(let lock) = try await claim() else {
      throw Problem(.locked, "another run has just started the embedded server in \(folder.path)")
    }
    defer { try? lock.close() }
    for name in [ServerFolder.storage, ServerFolder.sealKey, ServerFolder.credentials] {
      try folder.remove(name)
    }
  }

  /// The server that ``up()`` left running, if it still does.
  package func running() throws -> EmbeddedServer? {
    guard let running = folder.running, running.process.isAlive, let credentials = folder.credentials else {
      return nil
    }
    return EmbeddedServer(
      address: running.address,
      token: Secret(credentials.rootToken),
      processID: running.process.processID
    )
  }

  // MARK: - Whose turn it is

  private enum Claim {
    case running(EmbeddedServer)
    /// The folder's lock, to be closed when its server is gone.
    case free(FileDescriptor)
  }

  private func claim() async throws -> Claim {
    try folder.create()
    let deadline = ContinuousClock.now + lockTimeout
    var hasSaid = false
    while true {
      if let server = try running() { return .running(server) }
      if let lock = try folder.tryLock() {
        // A server that still ran would hold the lock, so the record is from before a crash or a reboot.
        try folder.removeRunning()
        return .free(lock)
      }
      guard .now < deadline else {
        throw Problem(
          .locked,
          "another run has used the embedded server in \(folder.path) for \(lockTimeout)",
          hint: "wait until it has ended, or share one server between runs with `vault-migrations dev up`"
        )
      }
      if !hasSaid { log("waiting for another run that uses the embedded server in \(folder.path)") }
      hasSaid = true
      try await Task.sleep(for: .milliseconds(20))
    }
  }

  // MARK: - Starting

  private func start(holding lock: FileDescriptor) async throws -> (ServerProcess, EmbeddedServer) {
    let program = try ServerProgram.find(in: environment, outside: folder.checkout)
    // The server takes settings from such variables, and they are meant for another server.
    let variables = environment.filter { !$0.key.hasPrefix("VAULT_") && !$0.key.hasPrefix("BAO_") }
    let serverEnvironment = Environment.custom(
      Dictionary(uniqueKeysWithValues: variables.map { (Environment.Key(stringLiteral: $0.key), $0.value) })
    )
    let kind: ServerProgram.Kind
    if let credentials = folder.credentials, folder.has(ServerFolder.storage) {
      kind = credentials.kind
    } else {
      kind = try await program.kind(environment: serverEnvironment)
      try prepareStorage()
    }

    var attempts = 3
    while true {
      attempts -= 1
      let ports = try Platform.freeLoopbackPorts(2)
      let settings = ServerSettings.text(for: kind, port: ports[0], clusterPort: ports[1])
      try folder.write(Array(settings.utf8), to: ServerFolder.configuration)
      let process = try await ServerProcess.start(
        program,
        in: folder,
        environment: serverEnvironment,
        lock: lock
      )
      do {
        let bootstrap = Bootstrap(
          folder: folder,
          kind: kind,
          probe: probe,
          process: process,
          address: "http://127.0.0.1:\(ports[0])"
        )
        return (process, try await bootstrap.run())
      } catch {
        await process.stop()
        // Somebody else took the port between our look and the server's.
        let portWasTaken = folder.logLines.contains { $0.contains("address already in use") }
        guard portWasTaken, attempts > 0 else { throw error }
      }
    }
  }

  /// Starts from nothing: data without credentials are of no use to anyone, as when a start was cut off.
  private func prepareStorage() throws {
    try folder.remove(ServerFolder.storage)
    try FileManager.default.createDirectory(
      atPath: folder.file(ServerFolder.storage),
      withIntermediateDirectories: false,
      attributes: [.posixPermissions: 0o700]
    )
    try folder.write(Digests.randomBytes(32), to: ServerFolder.sealKey)
  }
}
