import Foundation
import Git
import TestSupport
import Testing

/// A scratch directory that goes away with the test, and real git to make and to check repositories with.
final class GitFixture {
  let root: URL

  init() throws {
    root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appending(path: "git-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: root) }

  func path(_ name: String) -> String { root.appending(path: name).path(percentEncoded: false) }

  /// Variables that make git independent of who runs the tests, and when.
  var environment: [String: String] {
    [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
      "HOME": root.path(percentEncoded: false), "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
      "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": "@1700000000 +0000",
      "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
      "GIT_COMMITTER_DATE": "@1700000000 +0000",
    ]
  }

  /// Runs git in a directory of the fixture, and gives what it prints without the last newline.
  @discardableResult
  func git(
    _ arguments: String...,
    in directory: String,
    input: Data = Data(),
    extra: [String: String] = [:],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let result = try run(arguments, in: directory, input: input, extra: extra)
    try #require(
      result.status == 0,
      "git \(arguments.joined(separator: " ")): \(result.error)",
      sourceLocation: sourceLocation
    )
    return result.output.hasSuffix("\n") ? String(result.output.dropLast()) : result.output
  }

  /// Runs git and gives its status, whatever it is.
  func run(
    _ arguments: [String],
    in directory: String,
    input: Data = Data(),
    extra: [String: String] = [:]
  ) throws -> (status: Int32, output: String, error: String) {
    let outcome = try Command.runBlocking(
      "git",
      arguments,
      environment: environment.merging(extra) { $1 },
      directory: path(directory),
      input: input
    )
    return (outcome.status, outcome.output, outcome.errors)
  }

  /// Makes a repository with a work tree and no commit.
  func initialize(_ name: String, _ options: String...) throws {
    let result = try run(["init", "-q", "-b", "main"] + options + [path(name)], in: "")
    try #require(result.status == 0, "\(result.error)")
  }

  /// Writes files, adds them and commits.
  @discardableResult
  func commit(_ files: [String: String], in name: String, message: String = "change") throws -> ObjectID {
    for (file, content) in files { try write(content, to: "\(name)/\(file)") }
    try git("add", "-A", in: name)
    try git("commit", "-q", "-m", message, in: name)
    return try id("HEAD", in: name)
  }

  func write(_ content: String, to name: String) throws {
    let url = root.appending(path: name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data(content.utf8).write(to: url)
  }

  func id(_ revision: String, in name: String) throws -> ObjectID {
    try #require(ObjectID(try git("rev-parse", "--verify", revision, in: name)))
  }

  /// Has git check every object, and that what references name is whole.
  func checkIntegrity(of name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let result = try run(["fsck", "--full", "--strict"], in: name)
    #expect(result.status == 0, "\(result.output)\(result.error)", sourceLocation: sourceLocation)
    #expect(!result.output.contains("missing"), sourceLocation: sourceLocation)
  }

  /// Index and work tree, for "nothing was touched".
  func fingerprint(of name: String) throws -> [String: Data] {
    var found: [String: Data] = [:]
    let index = root.appending(path: "\(name)/.git/index")
    found[".git/index"] = try? Data(contentsOf: index)
    found["status"] = Data(try git("status", "--porcelain", "--ignored", in: name).utf8)
    for reference in ["HEAD", "FETCH_HEAD", "ORIG_HEAD"] {
      found[reference] = try? Data(contentsOf: root.appending(path: "\(name)/.git/\(reference)"))
    }
    let tree = FileManager.default.enumerator(atPath: path(name))
    while let file = tree?.nextObject() as? String {
      if !file.hasPrefix(".git/") {
        found[file] = try? Data(contentsOf: root.appending(path: "\(name)/\(file)"))
      }
    }
    return found
  }
}

extension Signature {
  static let ada = Signature(name: "Ada", email: "ada@example.org", time: 1_700_000_000)
}

extension Repository {
  /// A commit of our own making, on no branch.
  func commit(
    _ changes: [String: TreeChange],
    on parent: ObjectID? = nil,
    message: String = "apply",
    time: Int64 = 1_700_000_000
  ) throws -> ObjectID {
    var signature = Signature.ada
    signature.time = time
    return try createCommit(
      tree: writeTree(base: parent, changes: changes),
      parents: parent.map { [$0] } ?? [],
      author: signature,
      committer: signature,
      message: message
    )
  }
}

/// Runs something that must fail, and gives its error.
func failure<Result>(of body: () throws -> Result, sourceLocation: SourceLocation = #_sourceLocation)
  -> GitError?
{
  do {
    _ = try body()
  } catch {
    return error as? GitError
  }
  Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  return nil
}

/// Runs something asynchronous that must fail, and gives its error.
func failure<Result>(
  of body: () async throws -> Result,
  sourceLocation: SourceLocation = #_sourceLocation
) async -> GitError? {
  do {
    _ = try await body()
  } catch {
    return error as? GitError
  }
  Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  return nil
}
