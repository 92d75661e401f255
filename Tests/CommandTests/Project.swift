import FoundationEssentials
import TestSupport
import Testing
import Values

/// A user's repository with a project in it and a bare remote beside it, and the tool run inside.
struct Project: Sendable {
  let scratch: Scratch
  /// The root of the work tree.
  let folder: String
  /// All variables that the tool and git get.
  var variables: [String: String]

  /// The bare repository that stands for the hosted one.
  var remote: String { scratch.file("remote.git") }

  /// More projects at once would only wait for each other, and for the memory of their servers.
  static let turns = Turns(3)

  /// Makes a repository with one commit, and a remote that has it too; files lie below `.vault-migrations/`.
  static func with<Result>(
    _ files: [String: String],
    _ body: (Project) async throws -> Result
  ) async throws -> Result {
    try await turns.take {
      try await Scratch.with { scratch in
        let project = try await Project(in: scratch)
        for (name, text) in files { try project.write(name, text) }
        try await project.commit("Start")
        try await project.git("push", "-q", "-u", "origin", "main")
        return try await body(project)
      }
    }
  }

  private init(in scratch: Scratch) async throws {
    self.scratch = scratch
    folder = scratch.file("repository")
    variables = [
      "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch.file("home"), "GIT_CONFIG_NOSYSTEM": "1",
      "USER": "tester", "VAULT_MIGRATIONS_SERVER": try BaoServer.executable(),
    ]
    try scratch.write(
      "home/.gitconfig",
      "[user]\n  name = Test\n  email = test@example.com\n[init]\n  defaultBranch = main\n[gc]\n  auto = 0\n"
    )
    try scratch.write("repository/README", "A project.\n")
    try await git("init", "-q")
    try await git("init", "-q", "--bare", remote)
    try await git("remote", "add", "origin", "file://\(remote)")
  }

  private init(_ other: Project, folder: String) {
    scratch = other.scratch
    variables = other.variables
    self.folder = folder
  }

  /// Another machine: a clone that shares nothing with this one but the remote.
  func clone(_ name: String, _ options: String...) async throws -> Project {
    let path = scratch.file(name)
    try await git(["clone", "-q"] + options + ["file://\(remote)", path])
    return Project(self, folder: path)
  }

  /// Another work tree that is there already.
  func moved(to folder: String) -> Project { Project(self, folder: folder) }

  /// The same work tree with other variables.
  func with(_ more: [String: String]) -> Project {
    var project = self
    project.variables.merge(more) { $1 }
    return project
  }

  // MARK: - Files

  /// Writes a file below `.vault-migrations/`.
  func write(_ name: String, _ text: String) throws {
    let path = "\(folder)/.vault-migrations/\(name)"
    let parent = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// Reads a file below `.vault-migrations/`; empty if there is none.
  func read(_ name: String) -> String {
    let bytes = FileManager.default.contents(atPath: "\(folder)/.vault-migrations/\(name)")
    return String(decoding: bytes ?? Data(), as: UTF8.self)
  }

  /// Replaces a text in a file below `.vault-migrations/`, which must be there.
  func edit(_ name: String, _ old: String, _ new: String) throws {
    let text = read(name)
    guard text.contains(old) else { throw FixtureError("\(name) has no \(old)") }
    try write(name, text.replacing(old, with: new))
  }

  // MARK: - Programs

  /// Runs the tool, whatever comes of it.
  func run(_ arguments: [String]) async throws -> Command.Outcome {
    try await Tool.run(arguments, environment: variables, directory: folder)
  }

  /// Runs the tool, and expects an exit status.
  @discardableResult
  func tool(
    _ arguments: String...,
    exits status: Int32 = 0,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws -> Command.Outcome {
    try await tool(arguments, exits: status, at: location)
  }

  @discardableResult
  func tool(
    _ arguments: [String],
    exits status: Int32 = 0,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws -> Command.Outcome {
    let outcome = try await run(arguments)
    #expect(
      outcome.status == status,
      "\(arguments.joined(separator: " ")): \(outcome.output)\(outcome.errors)",
      sourceLocation: location
    )
    return outcome
  }

  /// Runs the tool with `--output json`, and reads its document.
  func json(
    _ arguments: String...,
    exits status: Int32 = 0,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws -> Value {
    try await json(arguments, exits: status, at: location)
  }

  func json(
    _ arguments: [String],
    exits status: Int32 = 0,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws -> Value {
    let outcome = try await tool(arguments + ["--output", "json"], exits: status, at: location)
    return try JSON.parse(Array(outcome.output.utf8))
  }

  /// Runs git, which must succeed.
  ///
  /// - Returns: Its output, without the last line break.
  @discardableResult
  func git(_ arguments: String...) async throws -> String { try await git(arguments) }

  @discardableResult
  func git(_ arguments: [String]) async throws -> String {
    let outcome = try await Command.run("git", arguments, environment: variables, directory: folder)
    guard outcome.status == 0 else { throw FixtureError("git \(arguments): \(outcome.errors)") }
    return outcome.output.hasSuffix("\n") ? String(outcome.output.dropLast()) : outcome.output
  }

  /// Runs git, and gives its exit status.
  @discardableResult
  func gitStatus(_ arguments: String...) async throws -> Int32 {
    try await Command.run("git", arguments, environment: variables, directory: folder).status
  }

  /// Merges a branch, as far as git can.
  @discardableResult
  func merge(_ branch: String) async throws -> Int32 { try await gitStatus("merge", "-q", branch) }

  /// Commits everything.
  func commit(_ message: String) async throws {
    try await git("add", "-A")
    try await git("commit", "-q", "--allow-empty", "-m", message)
  }

  /// Writes the next migration and commits it, as after a merged pull request.
  @discardableResult
  func generate(_ name: String, _ more: String...) async throws -> Command.Outcome {
    let outcome = try await tool(["generate", "--offline", "-m", name] + more)
    try await commit("Add \(name)")
    return outcome
  }
}
