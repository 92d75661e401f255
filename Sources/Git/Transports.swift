import FoundationEssentials

/// The choice between the ways to other repositories.
package enum Transports {
  /// The git program when there is one, libgit2 when there is none.
  package static func standard(
    for repository: Repository,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> any Transport {
    if let program = GitProgram(environment: environment) {
      return GitProcessTransport(repository: repository, program: program)
    }
    return LibGit2Transport(repository: repository, environment: environment)
  }
}
