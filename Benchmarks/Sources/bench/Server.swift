import FoundationEssentials
import Glibc

/// A real OpenBao server on loopback, made for one measurement.
final class Server {
  enum Kind: String {
    /// In memory, without TLS.
    case memory
    /// In memory, with TLS.
    case tls
    /// One node that keeps its data on disk, as in production, without TLS.
    case raft
  }

  let kind: Kind
  let port: Int
  private(set) var token = "root-of-the-benchmark"
  private let folder: String
  private let lab: Lab
  private var service: Service?

  var address: String { "\(kind == .tls ? "https" : "http")://127.0.0.1:\(port)" }

  /// The authority of a server with TLS.
  var authority: String? { kind == .tls ? folder + "/vault-ca.pem" : nil }

  init(_ kind: Kind, in lab: Lab) throws {
    self.kind = kind
    self.lab = lab
    port = try Self.freePort()
    folder = try lab.folder("server")
    service = try Service(kind == .raft ? clustered() : developing(), log: folder + "/log")
    if kind == .raft { try initialise() }
    try waitUntilReady("GET sys/health")
  }

  func end() { service?.end() }

  private func developing() -> Command {
    var arguments = ["server", "-dev", "-dev-no-store-token", "-dev-listen-address=127.0.0.1:\(port)"]
    if kind == .tls { arguments += ["-dev-tls", "-dev-tls-cert-dir=\(folder)"] }
    var command = program(arguments)
    command.environment["BAO_DEV_ROOT_TOKEN_ID"] = token
    return command
  }

  private func clustered() throws -> Command {
    try Files.write(folder + "/seal.key", String(repeating: "k", count: 32))
    try Files.makeFolder(folder + "/data")
    let file = folder + "/server.hcl"
    try Files.write(
      file,
      """
      storage "raft" {
        path = "\(folder)/data"
        node_id = "one"
        performance_multiplier = 1
      }
      seal "static" {
        current_key_id = "benchmark"
        current_key = "file://\(folder)/seal.key"
      }
      listener "tcp" {
        address = "127.0.0.1:\(port)"
        cluster_address = "127.0.0.1:\(try Self.freePort())"
        tls_disable = true
      }
      api_addr = "http://127.0.0.1:\(port)"
      cluster_addr = "https://127.0.0.1:\(try Self.freePort())"
      """
    )
    return program(["server", "-config=\(file)"])
  }

  private func initialise() throws {
    let command = program([
      "operator", "init", "-format=json", "-recovery-shares=1", "-recovery-threshold=1",
    ])
    try lab.retry("the server can be initialised") {
      let outcome = try command.run(log: folder + "/init")
      let answer = try? JSONDecoder().decode(Initialisation.self, from: Data(outcome.output.utf8))
      guard let answer else { return false }
      token = answer.rootToken
      return true
    }
  }

  private struct Initialisation: Decodable {
    let rootToken: String

    enum CodingKeys: String, CodingKey { case rootToken = "root_token" }
  }

  private func program(_ arguments: [String]) -> Command {
    Command(
      program: lab.options.server,
      arguments: arguments,
      environment: ["HOME": folder, "PATH": "/usr/bin:/bin", "BAO_ADDR": address],
      directory: folder
    )
  }

  private func waitUntilReady(_ question: String) throws {
    let list = folder + "/question"
    try Files.write(list, question + "\n")
    try lab.retry("the server answers") {
      guard service?.isRunning == true else {
        throw BenchError("the server ended: \(try Files.read(folder + "/log"))")
      }
      return try lab.referenceCommand(
        ["http", address, list, "1", "1"] + [authority].compactMap(\.self),
        token: token
      )
      .run(log: folder + "/answer").status == 0
    }
  }

  /// A port that was free a moment ago.
  private static func freePort() throws -> Int {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    guard isBound else { throw BenchError("no free port") }
    return Int(UInt16(bigEndian: address.sin_port))
  }
}

/// A delay between a server and its clients.
final class DelayProxy {
  let port: Int
  private let service: Service

  /// Listens on a port of its own.
  init(to server: Server, milliseconds: Double, in lab: Lab) throws {
    let log = try lab.folder("proxy") + "/port"
    let command = lab.referenceCommand(["proxy", String(server.port), String(milliseconds)], token: "")
    let started = try Service(command, log: log)
    var found: Int?
    try lab.retry("the proxy listens") {
      found = Int(try Files.read(log).filter { !$0.isWhitespace })
      return found != nil
    }
    guard let found else { throw BenchError("the proxy has no port") }
    (service, port) = (started, found)
  }

  func end() { service.end() }
}
