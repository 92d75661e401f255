import FoundationEssentials
import Glibc

/// Where programs and folders of a run are.
struct Options {
  /// The tool, as released.
  var tool: String
  var reference: String
  /// Writes a state as the tool does; built from the tool's own rooms.
  var stateCommit: String
  /// OpenBao's program.
  var server: String
  /// The Python that has hvac.
  var python: String
  /// The folder of this package.
  var package: String
  /// Where projects that take long to make are kept.
  var fixtures: String
  /// How often each side is measured.
  var runs: Int
  /// Makes kept projects anew.
  var isFresh: Bool
}

/// The place where measurements are made: a scratch folder, and how the programs are called.
final class Lab {
  let options: Options
  private let scratch: String
  private var folders = 0
  /// Projects that were made in this run.
  var made: Set<String> = []

  init(_ options: Options) throws {
    self.options = options
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    scratch = "\(base)/vault-migrations-bench.\(getpid())"
    try Files.makeFolder(scratch)
    try Files.write(
      home + "/.gitconfig",
      """
      [user]
        name = Benchmark
        email = benchmark@example.com
      [init]
        defaultBranch = main
      [gc]
        auto = 0
      [maintenance]
        auto = false

      """
    )
  }

  /// Nothing is removed before: ext4 makes files slowly for some seconds after many were removed.
  func close() throws { try Files.remove(scratch) }

  private var home: String { scratch + "/home" }

  /// A new empty folder.
  func folder(_ name: String) throws -> String {
    folders += 1
    let path = "\(scratch)/\(folders)-\(name)"
    try Files.makeFolder(path)
    return path
  }

  /// Tries every 20 ms, for half a minute.
  func retry(_ what: String, _ isDone: () throws -> Bool) throws {
    for _ in 0..<1_500 {
      if try isDone() { return }
      usleep(20_000)
    }
    throw BenchError("waited in vain until \(what)")
  }

  func say(_ text: String) {
    _ = (text + "\n").withCString { write(2, $0, strlen($0)) }
  }

  // MARK: - Programs

  /// The variables of the tool and of git.
  var environment: [String: String] {
    [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "USER": "benchmark", "GIT_CONFIG_NOSYSTEM": "1",
      "VAULT_MIGRATIONS_SERVER": options.server,
    ]
  }

  func referenceCommand(_ arguments: [String], token: String) -> Command {
    Command(
      program: options.reference,
      arguments: arguments,
      environment: ["REFERENCE_TOKEN": token, "PATH": "/usr/bin:/bin"],
      directory: scratch
    )
  }

  /// Runs a program that tells its own cost, without what its start takes.
  func timed(_ command: Command) throws -> Usage {
    let outcome = try command.check(log: scratch + "/timed")
    let told = try JSONDecoder().decode(Told.self, from: Data(outcome.output.utf8))
    return Usage(wall: told.seconds, cpu: told.cpu, memory: outcome.usage.memory)
  }

  /// Runs a part of the reference.
  func reference(_ arguments: [String], token: String = "") throws -> Usage {
    try timed(referenceCommand(arguments, token: token))
  }

  private struct Told: Decodable {
    let seconds: Double
    let cpu: Double

    enum CodingKeys: String, CodingKey { case seconds, cpu = "cpu_seconds" }
  }

  func command(_ program: String, _ arguments: [String], in directory: String) -> Command {
    Command(program: program, arguments: arguments, environment: environment, directory: directory)
  }

  @discardableResult
  func git(_ arguments: String..., in directory: String) throws -> String {
    let output = try command("git", arguments, in: directory).check(log: scratch + "/git").output
    return output.hasSuffix("\n") ? String(output.dropLast()) : output
  }

  /// A log for commands whose output nobody needs.
  var log: String { scratch + "/command" }
}

extension Lab {
  /// Sends a list of requests with the reference client.
  func send(_ list: String, to server: Server, port: Int? = nil, inFlight: Int) throws -> Usage {
    let address = server.address.replacing(":\(server.port)", with: ":\(port ?? server.port)")
    let arguments = ["http", address, list, String(inFlight), server.kind == .tls ? "2" : "1"]
    return try reference(arguments + [server.authority].compactMap(\.self), token: server.token)
  }

  /// Writes a list of requests.
  func list(_ requests: String) throws -> String {
    let path = try folder("requests") + "/list"
    try Files.write(path, requests)
    return path
  }
}
