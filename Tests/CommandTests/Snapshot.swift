import FoundationEssentials
import TestSupport
import Values

/// What a command that fails must leave as it was.
struct Snapshot: Equatable {
  /// Every reference of the repository and of its remote.
  let references: [String]
  /// What git says about the work tree, and the bytes of its index.
  let status: String
  let index: Data
  /// What the server lists; empty without one.
  var server: [String: [String]] = [:]

  /// Looks at a project, and at a server if there is one.
  init(_ project: Project, _ server: BaoServer? = nil) async throws {
    let format = "--format=%(refname) %(objectname)"
    let own = try await project.git("for-each-ref", format)
    let remote = try await project.git("--git-dir", project.remote, "for-each-ref", format)
    references = [own, remote]
    // Without this flag git itself would refresh the index.
    status = try await project.git("--no-optional-locks", "status", "--porcelain", "--untracked-files=all")
    index = FileManager.default.contents(atPath: "\(project.folder)/.git/index") ?? Data()
    guard let server else { return }
    for path in ["sys/policies/acl", "apps/metadata", "auth/approle/role", "auth/token/accessors"] {
      self.server[path] = try server.list(path).sorted()
    }
    for path in ["sys/mounts", "sys/auth"] {
      self.server[path] = try server.data(path)?.object?.keys.filter { $0.hasSuffix("/") }.sorted() ?? []
    }
  }
}

extension Project {
  /// The ids of the state branch and tags of `prod`, as the remote has them, by name.
  func published() async throws -> [String: String] {
    let text = try await git(
      "--git-dir",
      remote,
      "for-each-ref",
      "--format=%(refname) %(objectname)",
      "refs/heads/vault-migrations",
      "refs/tags"
    )
    return Dictionary(
      text.split(separator: "\n").map { line in
        let parts = line.split(separator: " ")
        return (String(parts[0]), String(parts[1]))
      },
      uniquingKeysWith: { $1 }
    )
  }

  /// How many commits a branch of the remote has.
  func publishedCommits() async throws -> Int {
    Int(try await git("--git-dir", remote, "rev-list", "--count", "vault-migrations/prod")) ?? 0
  }
}
