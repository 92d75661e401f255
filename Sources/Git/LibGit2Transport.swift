import CGit2
import FoundationEssentials

/// The network through libgit2, for machines without the git program: HTTP, HTTPS, git and local paths.
///
/// libgit2 1.5 can neither fetch nor push in a shallow clone, so everything goes through a bare repository of our own
/// beside the user's objects, the courier, which holds nothing but what was sent and fetched.
///
/// There is no atomic push. Leases of all references are checked first, then the first reference goes alone, and the others
/// follow only if it was accepted.
package struct LibGit2Transport: Transport {
  private let repository: Repository
  private let environment: [String: String]
  private let helper: CredentialHelper?
  private let deadline: Duration

  /// Works on behalf of a repository.
  ///
  /// - Parameters:
  ///   - repository: Where objects come from and go to.
  ///   - environment: Where `VM_GIT_TOKEN` and the like are.
  ///   - program: The git that asks credential helpers; nil for none.
  ///   - deadline: How long a transfer may take; libgit2 offers no limit for the connection itself.
  package init(
    repository: Repository,
    environment: [String: String] = ProcessInfo.processInfo.environment,
    program: GitProgram? = nil,
    deadline: Duration = .seconds(120)
  ) {
    self.repository = repository
    self.environment = environment
    self.deadline = deadline
    helper = program.map {
      CredentialHelper(
        program: $0,
        gitDirectory: repository.gitDirectory,
        directory: repository.workTree ?? repository.gitDirectory
      )
    }
  }

  package func listReferences(
    of remote: String,
    matching patterns: [String]
  ) async throws(GitError) -> [String: ObjectID] {
    let location = try repository.location(of: remote, environment: environment)
    let found = try await converse(location.fetchURL, location) { (session) throws(GitError) in
      try session.listReferences()
    }
    if patterns.isEmpty { return found }
    return found.filter { name, _ in patterns.contains { globMatches($0, name) } }
  }

  package func fetch(_ refspecs: [FetchRefspec], from remote: String) async throws(GitError) {
    let location = try repository.location(of: remote, environment: environment)
    try await converse(location.fetchURL, location) { (session) throws(GitError) in
      try session.fetch(refspecs)
      for refspec in refspecs {
        guard let id = try session.courier.reference(refspec.destination) else {
          throw GitError(.failed, "\(refspec.source) did not arrive")
        }
        try repository.copyObjects([id], from: session.courier)
        try repository.setReference(refspec.destination, to: id)
      }
    }
  }

  package func push(_ updates: [ReferenceUpdate], to remote: String) async throws(GitError) -> PushReport {
    let location = try repository.location(of: remote, environment: environment)
    let present = try await converse(location.pushURL, location) { (session) throws(GitError) in
      try session.courier.copyObjects(updates.compactMap(\.new), from: repository)
      return try session.listReferences()
    }
    var outcomes: [String: PushReport.Outcome] = [:]
    for update in updates where present[update.name] != update.old {
      outcomes[update.name] = .stale(reason: "stale info")
    }
    var rest = updates[...]
    // The first one is the commit point: nobody shall see what follows from it without it.
    for count in [1, updates.count - 1] where outcomes.values.allSatisfy({ $0 == .accepted }) && count > 0 {
      let part = Array(rest.prefix(count))
      rest = rest.dropFirst(count)
      outcomes.merge(try await push(part, to: location)) { $1 }
    }
    for update in updates where outcomes[update.name] == nil { outcomes[update.name] = .abandoned }
    return PushReport(outcomes: outcomes)
  }

  private func push(
    _ updates: [ReferenceUpdate],
    to location: RemoteLocation
  ) async throws(GitError) -> [String: PushReport.Outcome] {
    let leases = Dictionary(updates.map { ($0.name, $0.old) }) { $1 }
    return try await converse(location.pushURL, location, leases: leases) { (session) throws(GitError) in
      do throws(GitError) {
        try session.push(updates)
      } catch {
        // Somebody was faster, between our look and the push.
        guard !session.exchange.stale.isEmpty else { throw error }
      }
      var outcomes: [String: PushReport.Outcome] = [:]
      for update in updates {
        if session.exchange.stale.contains(update.name) {
          outcomes[update.name] = .stale(reason: "stale info")
        } else if let status = session.exchange.statuses[update.name] {
          outcomes[update.name] = status.map { .refusal($0) } ?? .accepted
        }
      }
      return outcomes
    }
  }

  // MARK: Talking

  /// Talks to the remote: with the pipeline's token or what the URL holds, and once more with what the helpers know.
  private func converse<Result>(
    _ url: String,
    _ location: RemoteLocation,
    leases: [String: ObjectID?] = [:],
    _ body: (RemoteSession) throws(GitError) -> Result
  ) async throws(GitError) -> Result {
    if RemoteLocation.isSSH(url) {
      throw GitError(
        .gitProgramMissing,
        "SSH remotes need the git program; install it, or use HTTPS for \(url)"
      )
    }
    let courier = try Repository.createBare(at: "\(repository.commonDirectory)/vault-migrations/courier.git")
    try useCertificates()
    let session = { (credential: Credential?) in
      RemoteSession(
        courier: courier,
        url: url,
        headers: location.headers,
        exchange: Exchange(credential: credential, deadline: .now + deadline, leases: leases)
      )
    }
    do throws(GitError) {
      return try body(session(.fromEnvironment(environment, url: url)))
    } catch {
      guard error.kind == .authentication, let helper, let credential = await helper.fill(url) else {
        throw error
      }
      let second = session(credential)
      do throws(GitError) {
        let result = try body(second)
        await helper.report(credential, for: url, isGood: true)
        return result
      } catch {
        if error.kind == .authentication { await helper.report(credential, for: url, isGood: false) }
        throw error
      }
    }
  }

  // libgit2 reads neither git's setting nor the variables for a private certificate authority.
  private func useCertificates() throws(GitError) {
    var file = environment["GIT_SSL_CAINFO"] ?? environment["SSL_CERT_FILE"]
    if let configured = try repository.configuration("http.sslCAInfo"), environment["GIT_SSL_CAINFO"] == nil {
      file = configured
    }
    guard let file, !file.isEmpty else { return }
    try check(git2_shim_option_certificates(file, nil), "trust the certificates in \(file)")
  }
}
