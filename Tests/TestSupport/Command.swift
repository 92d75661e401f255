import Subprocess
import SystemPackage

/// Runs other programs, and the tool itself.
package enum Command {
  /// What a program left behind.
  package struct Outcome: Sendable {
    /// The exit status; for a signal 128 and its number, as a shell has it.
    package let status: Int32
    package let output: String
    package let errors: String
  }

  /// Runs a program to its end, reading both outputs at once, so that neither can block it.
  ///
  /// - Parameters:
  ///   - executable: A path, or a name to look for on the `PATH`.
  ///   - arguments: Its arguments.
  ///   - environment: All its variables; `nil` hands down those of the test.
  ///   - directory: Where it runs; `nil` is where the test runs.
  ///   - input: What it reads.
  /// - Returns: Exit status and outputs; a status other than 0 is a result, not an error.
  /// - Throws: When the program cannot be started, or writes more than 16 MiB.
  package static func run(
    _ executable: String,
    _ arguments: [String] = [],
    environment: [String: String]? = nil,
    directory: String? = nil,
    input: String = ""
  ) async throws -> Outcome {
    let variables = environment.map { Environment.custom(Self.keyed($0)) } ?? .inherit
    let result = try await Subprocess.run(
      executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
      arguments: Arguments(arguments),
      environment: variables,
      workingDirectory: directory.map { FilePath($0) },
      input: .string(input),
      output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20)
    )
    let status: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): 128 + signal
      }
    return Outcome(status: status, output: result.standardOutput, errors: result.standardError)
  }

  private static func keyed(_ variables: [String: String]) -> [Environment.Key: String] {
    Dictionary(
      variables.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } },
      uniquingKeysWith: { $1 }
    )
  }
}

/// The program under test.
package enum Tool {
  /// Where the build put it: products lie beside the test bundle.
  package static let path =
    FilePath(CommandLine.arguments[0]).removingLastComponent().appending("vault-migrations").string

  /// Runs the tool; a test that uses it must depend on the executable's target, so that it is built.
  ///
  /// - Parameters:
  ///   - arguments: Its arguments.
  ///   - environment: All its variables: nothing of the test's own environment reaches it.
  ///   - directory: Where it runs.
  ///   - input: What it reads.
  /// - Returns: Exit status and outputs.
  /// - Throws: When it cannot be started.
  package static func run(
    _ arguments: [String],
    environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin"],
    directory: String? = nil,
    input: String = ""
  ) async throws -> Command.Outcome {
    try await Command.run(path, arguments, environment: environment, directory: directory, input: input)
  }
}
