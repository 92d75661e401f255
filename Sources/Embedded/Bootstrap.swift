import FoundationEssentials
import Values

/// Brings a started server to the state in which it answers as the active one: initialised and unsealed.
struct Bootstrap {
  let folder: ServerFolder
  let kind: ServerProgram.Kind
  let probe: any ServerProbe
  let process: ServerProcess
  let address: String

  /// A restart takes 0.3 s; a first start 1.2 to 2.8 s, most of it raft's first election, which cannot be hurried.
  static let patience = Duration.seconds(60)

  /// Returns when the server is ready.
  ///
  /// - Throws: `Problem` when it ended, refused, or did not become ready in time.
  func run() async throws -> EmbeddedServer {
    let deadline = ContinuousClock.now + Self.patience
    var pause = Duration.milliseconds(10)
    while .now < deadline {
      guard process.isAlive else {
        throw Self.problem("the embedded server ended during its start", in: folder)
      }
      if try await isReady(), let credentials = folder.credentials {
        return EmbeddedServer(
          address: address,
          token: Secret(credentials.rootToken),
          processID: process.processID
        )
      }
      try await Task.sleep(for: pause)
      pause = min(pause * 1.2, .milliseconds(100))
    }
    throw Self.problem("the embedded server was not ready within \(Self.patience)", in: folder)
  }

  /// Takes the next step, if the server needs one.
  private func isReady() async throws -> Bool {
    guard let (_, health) = await answer("GET", "sys/health") else { return false }
    switch (health["initialized"]?.bool, health["sealed"]?.bool, health["standby"]?.bool) {
    case (false, _, _):
      try await initialise()
      return false
    case (true, true, _):
      try await unseal()
      return false
    case (true, false, false):
      return true
    default:
      return false  // An election is under way; or this is no health answer.
    }
  }

  private func initialise() async throws {
    let body: Value =
      switch kind {
      case .openBao: ["recovery_shares": 1, "recovery_threshold": 1]
      case .vault: ["secret_shares": 1, "secret_threshold": 1]
      }
    guard let answer = try await put("sys/init", body) else { return }
    guard let token = answer["root_token"]?.string else {
      throw Self.problem("the embedded server gave no token when it was initialised", in: folder)
    }
    try folder.save(
      ServerFolder.Credentials(
        kind: kind,
        rootToken: token,
        unsealKey: answer["keys_base64"]?.array?.first?.string,
        recoveryKey: answer["recovery_keys_base64"]?.array?.first?.string
      )
    )
  }

  /// OpenBao unseals itself with the key file, and needs nothing but time.
  private func unseal() async throws {
    guard kind == .vault else { return }
    guard let key = folder.credentials?.unsealKey else {
      throw Self.problem("the key that unseals the embedded server is missing", in: folder)
    }
    _ = try await put("sys/unseal", ["key": .string(key)])
  }

  private func put(_ path: String, _ body: Value) async throws -> Value? {
    guard let (status, value) = await answer("PUT", path, body) else { return nil }
    guard (200..<300).contains(status) else {
      throw Self.problem("the embedded server answered \(path) with status \(status)", in: folder)
    }
    return value
  }

  /// Sends a request; no answer is no error yet, as the server may not listen yet, or may have just ended.
  private func answer(
    _ method: String,
    _ path: String,
    _ body: Value? = nil
  ) async -> (status: Int, body: Value)? {
    try? await probe.request(method: method, address: address, path: path, body: body)
  }

  /// A problem that quotes the last line of the server's log.
  static func problem(_ what: String, in folder: ServerFolder) -> Problem {
    let lastLine = folder.logLines.last.map { ": \($0)" } ?? "."
    return Problem(
      .unreachable,
      what + lastLine,
      hint:
        "\(folder.file(ServerFolder.log)) has the rest; to start with an empty server, delete \(folder.path)"
    )
  }
}
