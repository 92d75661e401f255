import FoundationEssentials
import Subprocess
import SystemPackage

/// A program that is run as a child, and cannot outlive its deadline.
struct ChildProgram: Sendable {
  private let executable: FilePath
  private let name: String
  private let environment: [String: String]

  /// Looks for a program by its name in the PATH of an environment, or takes the file that a path names; nil when there is none.
  init?(_ name: String, environment: [String: String]) {
    let candidates =
      name.contains("/")
      ? [name] : (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
    guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
      return nil
    }
    executable = FilePath(found)
    self.name = name
    self.environment = environment
  }

  /// A file without a name, open for reading; in memory where there is room for that, because it may hold a credential.
  ///
  /// A pipe would not do: Subprocess crashes when the child ends before it has read what is written for it.
  private static func file(holding bytes: [UInt8]) throws -> FileDescriptor {
    if bytes.isEmpty { return try FileDescriptor.open("/dev/null", .readOnly) }
    let folder =
      FileManager.default.isWritableFile(atPath: "/dev/shm")
      ? "/dev/shm" : FileManager.default.temporaryDirectory.path(percentEncoded: false)
    let path = FilePath(folder).appending("vault-migrations-\(UUID().uuidString)")
    let file = try FileDescriptor.open(
      path,
      .readWrite,
      options: [.create, .exclusiveCreate],
      permissions: .ownerReadWrite
    )
    do {
      try FileManager.default.removeItem(atPath: path.string)
      try file.writeAll(bytes)
      try file.seek(offset: 0, from: .start)
    } catch {
      try? file.close()
      throw error
    }
    return file
  }

  /// Runs it and collects what it says; its own failure is a result, not an error.
  ///
  /// - Parameters:
  ///   - arguments: What follows its name.
  ///   - directory: Where to run it.
  ///   - input: What it reads from its standard input.
  ///   - deadline: When to stop it.
  /// - Returns: Its exit status and both streams.
  /// - Throws: ``GitError`` of kind `unreachable` at the deadline, `failed` when it cannot be started.
  func run(
    _ arguments: [String],
    in directory: String,
    input: [UInt8],
    deadline: Duration
  ) async throws(GitError) -> GitProgram.Output {
    var options = PlatformOptions()
    // git stops its own helpers when it is told to stop, but not when it is killed.
    options.teardownSequence = [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))]
    let configuration = Configuration(
      executable: .path(executable),
      arguments: Arguments(arguments),
      environment: .custom(
        Dictionary(
          uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }
        )
      ),
      workingDirectory: FilePath(directory),
      platformOptions: options
    )
    do {
      let output = try await withThrowingTaskGroup(of: GitProgram.Output?.self) { group in
        group.addTask {
          let result = try await Subprocess.run(
            configuration,
            input: .fileDescriptor(try Self.file(holding: input), closeAfterSpawningProcess: true),
            output: .string(limit: 64 << 20),
            error: .string(limit: 4 << 20)
          )
          let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
          return GitProgram.Output(
            status: status,
            standardOutput: result.standardOutput,
            standardError: result.standardError
          )
        }
        group.addTask {
          try await Task.sleep(for: deadline)
          return nil
        }
        defer { group.cancelAll() }
        return try await group.next().flatMap { $0 }
      }
      if let output { return output }
    } catch {
      throw GitError(.failed, "cannot run \(name): \(error)")
    }
    let verb = arguments.first { !$0.hasPrefix("-") }.map { " \($0)" } ?? ""
    throw GitError(.unreachable, "\(name)\(verb) did not end in \(deadline)")
  }
}
