/// The network through the user's `git`, with the credentials, SSH keys, proxies and rewritten URLs it is set up for.
///
/// Works from shallow clones, which libgit2 1.5 does not, and pushes several references atomically.
package struct GitProcessTransport: Transport, Sendable {
  private let program: GitProgram
  private let gitDirectory: String
  private let directory: String
  private let deadline: Duration

  /// Works on behalf of a repository.
  ///
  /// - Parameters:
  ///   - repository: Where objects come from and go to.
  ///   - program: The user's git.
  ///   - deadline: How long one command may take.
  package init(repository: Repository, program: GitProgram, deadline: Duration = .seconds(120)) {
    self.program = program
    self.deadline = deadline
    gitDirectory = repository.gitDirectory
    directory = repository.workTree ?? repository.gitDirectory
  }

  package func listReferences(
    of remote: String,
    matching patterns: [String]
  ) async throws(GitError) -> [String: ObjectID] {
    // git matches the end of a name, so that refs/heads/y would also give refs/x/refs/heads/y.
    let output = try await run(["ls-remote", "--refs", "--", remote] + patterns, remote: remote)
    return Self.references(in: output, matching: patterns)
  }

  /// Reads what `git ls-remote` prints: an id and a name in each line, with a tab between.
  static func references(in output: String, matching patterns: [String]) -> [String: ObjectID] {
    var found: [String: ObjectID] = [:]
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: "\t")
      guard fields.count == 2, let id = ObjectID(fields[0]) else { continue }
      let name = String(fields[1])
      if patterns.isEmpty || patterns.contains(where: { globMatches($0, name) }) { found[name] = id }
    }
    return found
  }

  package func fetch(_ refspecs: [FetchRefspec], from remote: String) async throws(GitError) {
    // An empty refmap keeps the user's refs/remotes as they are, and nothing here prunes or deepens. A partial clone gets
    // all of it, because libgit2 reads it.
    let arguments = [
      "fetch", "--quiet", "--no-filter", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance",
      "--no-prune",
      "--no-recurse-submodules", "--refmap=", "--", remote,
    ]
    _ = try await run(arguments + refspecs.map { "+\($0.source):\($0.destination)" }, remote: remote)
  }

  package func push(_ updates: [ReferenceUpdate], to remote: String) async throws(GitError) -> PushReport {
    if updates.isEmpty { return PushReport(outcomes: [:]) }
    // --no-verify: called from a pre-push hook, a push that runs the hook again would never end.
    var arguments = ["push", "--no-verify", "--porcelain", "--no-follow-tags", "--no-signed"]
    arguments += ["--recurse-submodules=no"]
    if updates.count > 1 { arguments.append("--atomic") }
    arguments += updates.map { "--force-with-lease=\($0.name):\($0.old?.description ?? "")" }
    arguments += ["--", remote]
    arguments += updates.map { "\($0.new?.description ?? ""):\($0.name)" }
    let output = try await execute(arguments)
    let report = PushPorcelain.parse(output.standardOutput, remoteSaid: output.standardError)
    let isComplete = updates.allSatisfy { report.outcomes[$0.name] != nil }
    guard isComplete, output.status == 0 || !report.isAccepted else {
      throw await failure(output, remote: remote)
    }
    return report
  }

  // MARK: Running

  private func run(_ arguments: [String], remote: String) async throws(GitError) -> String {
    let output = try await execute(arguments)
    guard output.status == 0 else { throw await failure(output, remote: remote) }
    return output.standardOutput
  }

  private func execute(_ arguments: [String]) async throws(GitError) -> GitProgram.Output {
    try await program.run(["--git-dir=\(gitDirectory)"] + arguments, in: directory, deadline: deadline)
  }

  private func failure(_ output: GitProgram.Output, remote: String) async -> GitError {
    let names = try? await execute(["remote"]).standardOutput.split(separator: "\n")
    return GitError(explaining: output, remote: remote, isConfigured: names?.contains(remote[...]) ?? true)
  }
}

extension GitError {
  /// Reads the words of a failed git; they are in English because we asked for that.
  init(explaining output: GitProgram.Output, remote: String, isConfigured: Bool) {
    let text = output.standardError
    let lines = text.split(separator: "\n").filter { !$0.isEmpty && !$0.hasPrefix("hint:") }
    let reason =
      lines.first { $0.hasPrefix("fatal:") || $0.hasPrefix("error:") } ?? lines.last ?? "no reason given"
    let says = { (parts: [String]) in parts.contains { text.contains($0) } }
    let kind: Kind
    if says(["couldn't find remote ref"]) {
      kind = .notFound
    } else if says(["No such remote"])
      || !isConfigured && !looksLikeURL(remote) && says(["does not appear to be a git repository"])
    {
      self.init(.noSuchRemote, "there is no remote named \(remote)", code: output.status)
      return
    } else if says([
      "Authentication failed", "could not read Username", "could not read Password", "Permission denied",
      "terminal prompts disabled", "returned error: 401", "returned error: 403",
      "Host key verification failed",
    ]) {
      kind = .authentication
    } else if says([
      "unable to access", "Could not read from remote repository", "Could not resolve", "unable to connect",
      "unable to look up", "Connection refused", "Connection reset", "timed out", "early EOF", "hung up",
      "does not appear to be a git repository", "not found", "access denied or repository not exported",
    ]) {
      kind = .unreachable
    } else {
      kind = .failed
    }
    self.init(kind, "git could not reach \(remote): \(reason)", code: output.status)
  }
}

/// Whether a remote is named by its place rather than by a configured name.
func looksLikeURL(_ remote: String) -> Bool {
  remote.contains("://") || remote.contains("/") || remote.contains(":")
}
