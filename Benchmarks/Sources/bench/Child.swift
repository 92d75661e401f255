import FoundationEssentials
import Glibc

/// What a child process cost, with all that it started itself.
struct Usage {
  /// Seconds from its start until it was waited for.
  var wall: Double
  /// Seconds of CPU, its own and the kernel's for it.
  var cpu: Double
  /// The most memory it had at once, in bytes.
  var memory: Int
}

/// A child process that ran to its end.
struct Outcome {
  let usage: Usage
  let status: Int32
  /// What it printed, on both channels.
  let output: String
  let errors: String
}

/// Something that keeps a measurement from being made.
struct BenchError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A program with its arguments, variables and folder.
struct Command {
  var program: String
  var arguments: [String]
  var environment: [String: String] = [:]
  var directory: String
  /// A file to read from.
  var input = "/dev/null"

  /// Starts it; its outputs go to the files `log` and `log.err`.
  func start(log: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, log + ".err", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    // Nothing else happens meanwhile, and every path of this program is absolute.
    guard chdir(directory) == 0 else { throw BenchError("there is no folder \(directory)") }

    var pid = pid_t()
    let words = ([program] + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    let result = posix_spawnp(&pid, program, &actions, nil, words, variables)
    guard result == 0 else {
      throw BenchError("cannot start \(program): \(String(cString: strerror(result)))")
    }
    return pid
  }

  /// Runs it to its end; output that is not read stays in the file alone.
  func run(log: String, reading isRead: Bool = true) throws -> Outcome {
    let begin = Self.now()
    let pid = try start(log: log)
    var status: Int32 = 0
    var usage = rusage()
    while wait4(pid, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw BenchError("cannot wait for \(program)") }
    }
    let wall = Self.now() - begin
    let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    let signal = status & 0x7f
    return Outcome(
      usage: Usage(
        wall: wall,
        cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime),
        memory: usage.ru_maxrss * 1024
      ),
      status: signal == 0 ? status >> 8 & 0xff : 128 + signal,
      output: isRead ? try Files.read(log) : "",
      errors: try Files.read(log + ".err")
    )
  }

  /// Runs it, and takes no other exit status.
  @discardableResult
  func check(log: String, exits expected: Int32 = 0, reading isRead: Bool = true) throws -> Outcome {
    let outcome = try run(log: log, reading: isRead)
    guard outcome.status == expected else {
      let said = (outcome.errors + outcome.output).prefix(2_000)
      throw BenchError(
        "\(program) \(arguments.joined(separator: " ")): exit status \(outcome.status)\n\(said)"
      )
    }
    return outcome
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}

/// A program that serves until it is ended, and ends with this process in any case.
final class Service {
  private let pid: pid_t
  private var isEnded = false

  init(_ command: Command, log: String) throws {
    var guarded = command
    guarded.program = "setpriv"
    guarded.arguments = ["--pdeathsig", "KILL", "--", command.program] + command.arguments
    pid = try guarded.start(log: log)
  }

  deinit { end() }

  /// Whether it has not ended by itself.
  var isRunning: Bool {
    if !isEnded, waitpid(pid, nil, WNOHANG) != 0 { isEnded = true }
    return !isEnded
  }

  func end() {
    guard isRunning else { return }
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    isEnded = true
  }
}

/// Files as texts.
enum Files {
  static func read(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BenchError("cannot read \(path)")
    }
    return String(decoding: data, as: UTF8.self)
  }

  /// Writes a file and the folders that it lies in.
  static func write(_ path: String, _ text: String) throws {
    try makeFolder(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  static func makeFolder(_ path: some StringProtocol) throws {
    try FileManager.default.createDirectory(atPath: String(path), withIntermediateDirectories: true)
  }

  static func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  static func remove(_ path: String) throws {
    if exists(path) { try FileManager.default.removeItem(atPath: path) }
  }
}

extension Files {
  /// The names in a folder, in order.
  static func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }
}
