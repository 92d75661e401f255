import CGit2
import FoundationEssentials
import Glibc

/// A clone that left objects behind at its remote (`git clone --filter=…`): libgit2 does not fetch them, so git is asked to.
extension Repository {
  var configuredPromisor: String? {
    if let name = try? configuration("extensions.partialClone") { return name }
    return (try? configuration("remote.origin.promisor")) == "true" ? "origin" : nil
  }

  /// Brings everything below a tree here at once, where reading would ask for one object after the other.
  ///
  /// - Throws: ``GitError`` of kind `unreachable` when the remote does not give it.
  package func complete(_ tree: ObjectID) throws(GitError) {
    guard let remote = promisor, try lacksSomething(below: tree) else { return }
    try fetch(tree, from: remote, ["--no-filter"])
  }

  /// Runs a lookup again after the object was fetched, if it is one that this clone left behind.
  func fetchingMissing<Result>(
    _ id: ObjectID,
    _ lookup: () throws(GitError) -> Result
  ) throws(GitError) -> Result {
    do throws(GitError) {
      return try lookup()
    } catch {
      guard error.kind == .notFound, let remote = promisor else { throw error }
      // Without a filter of our own, which git would remember as that of the clone.
      try fetch(id, from: remote, [])
      return try lookup()
    }
  }

  private func lacksSomething(below tree: ObjectID) throws(GitError) -> Bool {
    guard contains(tree) else { return true }
    for entry in try rawTree(tree) {
      switch EntryKind(mode: entry.mode) {
      case .submodule: continue
      case .tree: if try lacksSomething(below: entry.id) { return true }
      default: if !contains(entry.id) { return true }
      }
    }
    return false
  }

  private func fetch(_ id: ObjectID, from remote: String, _ filter: [String]) throws(GitError) {
    let arguments = [
      "git", "--git-dir=\(gitDirectory)", "-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet",
      "--no-tags",
      "--no-write-fetch-head", "--no-auto-maintenance", "--recurse-submodules=no",
    ]
    guard try Self.run(arguments + filter + [remote, id.description], for: .seconds(600)) == 0 else {
      throw GitError(
        .unreachable,
        "the repository is a partial clone, and \(remote) does not give the object \(id) that it left behind"
      )
    }
    try check(git_odb_refresh(database), "read the objects again")
  }

  /// Runs a program to its end; reading objects does not wait for anything else meanwhile.
  private static func run(_ arguments: [String], for deadline: Duration) throws(GitError) -> Int32 {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (descriptor, mode) in [(Int32(0), O_RDONLY), (1, O_WRONLY), (2, O_WRONLY)] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", mode, 0)
    }
    let variables = GitProgram.variables(ProcessInfo.processInfo.environment).map { "\($0.key)=\($0.value)" }
    var pid: pid_t = 0
    let code = withCStrings(arguments) { arguments in
      withCStrings(variables) { posix_spawnp(&pid, "git", &actions, nil, arguments, $0) }
    }
    guard code == 0 else {
      throw GitError(.gitProgramMissing, "the objects of a partial clone need the git program")
    }
    let end = ContinuousClock.now + deadline
    var status: Int32 = 0
    while waitpid(pid, &status, WNOHANG) == 0 {
      if ContinuousClock.now > end { kill(pid, SIGTERM) }
      usleep(2_000)
    }
    return status
  }
}

/// Lends C the array of pointers that it wants for arguments and variables.
private func withCStrings<Result>(
  _ texts: [String],
  _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
  let pointers = texts.map { strdup($0) }
  defer { for pointer in pointers { free(pointer) } }
  return body(pointers + [nil])
}
