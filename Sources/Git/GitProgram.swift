import FoundationEssentials

/// The user's `git`, run as a child that cannot ask questions and cannot outlive its deadline.
package struct GitProgram: Sendable {
  package struct Output: Sendable {
    package let status: Int32
    package let standardOutput: String
    package let standardError: String
  }

  private let program: ChildProgram

  /// Looks for `git` in the PATH of an environment; nil when there is none.
  ///
  /// - Parameter environment: What the child inherits, but for the variables that would point it at another repository.
  package init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    guard let program = ChildProgram("git", environment: Self.variables(environment)) else { return nil }
    self.program = program
  }

  /// What a git of ours inherits.
  static func variables(_ environment: [String: String]) -> [String: String] {
    // The list of `git rev-parse --local-env-vars`, without those that carry the user's `git -c` settings.
    let local = [
      "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_DIR", "GIT_GRAFT_FILE",
      "GIT_IMPLICIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS",
      "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_REPLACE_REF_BASE",
      "GIT_SHALLOW_FILE", "GIT_WORK_TREE",
    ]
    return environment.filter { !local.contains($0.key) }.merging(
      // Messages are read by us, so they must not be translated.
      ["GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "LANGUAGE": "C", "GIT_OPTIONAL_LOCKS": "0"],
      uniquingKeysWith: { $1 }
    )
  }

  /// Runs git and collects what it says; a failure of git itself is a result, not an error.
  ///
  /// - Parameters:
  ///   - arguments: What follows `git`.
  ///   - directory: Where to run it, so that relative URLs mean what they mean to the user.
  ///   - input: The text of its standard input.
  ///   - deadline: When to stop it.
  /// - Returns: Its exit status and both streams.
  /// - Throws: ``GitError`` of kind `unreachable` at the deadline, `failed` when git cannot be started.
  package func run(
    _ arguments: [String],
    in directory: String,
    input: String = "",
    deadline: Duration
  ) async throws(GitError) -> Output {
    try await program.run(arguments, in: directory, input: Array(input.utf8), deadline: deadline)
  }
}
