package import FoundationEssentials
import Glibc

extension Command {
  /// Runs a program to its end from code that is not asynchronous, with files in the place of pipes.
  ///
  /// - Parameters:
  ///   - executable: A path, or a name to look for on the `PATH`.
  ///   - arguments: Its arguments.
  ///   - environment: All its variables.
  ///   - directory: Where it runs.
  ///   - input: What it reads.
  /// - Returns: Exit status and outputs.
  /// - Throws: ``FixtureError`` when it cannot be started.
  package static func runBlocking(
    _ executable: String,
    _ arguments: [String],
    environment: [String: String],
    directory: String,
    input: Data = Data()
  ) throws -> Outcome {
    let base = FileManager.default.temporaryDirectory.path + "/command-\(UUID().uuidString)"
    let files = ["in", "out", "err"].map { "\(base).\($0)" }
    defer { for file in files { unlink(file) } }
    try input.write(to: URL(filePath: files[0]))
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, files[0], O_RDONLY, 0)
    for (descriptor, file) in [(Int32(1), files[1]), (2, files[2])] {
      posix_spawn_file_actions_addopen(&actions, descriptor, file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    }
    let words = (["/usr/bin/env", "-C", directory, executable] + arguments).map { strdup($0) } + [nil]
    let settings = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in words + settings { free(text) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, "/usr/bin/env", &actions, nil, words, settings)
    guard failure == 0 else { throw FixtureError("cannot start \(executable): errno \(failure)") }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return Outcome(
      status: status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F,
      output: try text(of: files[1]),
      errors: try text(of: files[2])
    )
  }

  private static func text(of file: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
  }
}
