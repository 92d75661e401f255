import TestSupport
import Testing
import Values

/// A day of two engineers, and the pipelines behind them: one knows the repository by HTTP and has a password, the other by
/// git's own protocol, and the host by its path.
@Suite struct TeamStoryTests {
  private static let state = """
    sys/policies/acl/base:
      policy: path "base" { capabilities = ["read"] }
    auth/approle:
      type: approle
    auth/approle/role/web:
      token_ttl: 20m

    """

  private static func policy(_ name: String) -> String {
    "  sys/policies/acl/\(name):\n    policy: path \"\(name)\" { capabilities = [\"read\"] }\n"
  }

  @Test func `Two engineers, a bad push, a comment, merges, two pipelines, drift, and a way back`()
    async throws
  {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      try await project.git("push", "-q")
      try await project.tool("sync")
      let hosting = try GitServer.http(serving: project.scratch.path, project.variables)
      let host = "http://ada:open%20sesame@127.0.0.1:\(hosting.port)/remote.git"
      try await project.git("--git-dir", project.remote, "config", "http.receivepack", "true")
      let daemon = try GitServer.daemon(serving: project.scratch.path, project.variables)
      defer { withExtendedLifetime((hosting, daemon)) {} }
      let inside = "git://127.0.0.1:\(daemon.port)/remote.git"

      // Two engineers begin at the same commit.
      let ada = try await engineer("ada", project, host)
      let bob = try await engineer("bob", project, inside)
      try await ada.branch("web", adding: Self.policy("web"), before: true)
      try await bob.branch("db", adding: Self.policy("db"), before: false)
      try await ada.git("push", "-q", "origin", "web")

      // Bob forgets to generate: his hook stops the push, and says what is missing.
      let migration = bob.read("migrations/0002-db.yaml")
      try await bob.git("checkout", "-q", "-b", "hasty", "main")
      try bob.write("schema.yaml", bob.read("schema.yaml") + Self.policy("db"))
      try await bob.git("commit", "-q", "-a", "-m", "Forget the migration")
      let refused = try await bob.push("hasty")
      #expect(refused.status != 0 && refused.errors.contains("run generate to write the missing migration"))
      try await bob.git("checkout", "-q", "db")
      #expect(bob.read("migrations/0002-db.yaml") == migration)
      #expect(try await bob.push("db").status == 0)

      // What a reviewer of Ada's pull request reads.
      let comment = try await ada.tool("plan", "--base", "origin/main", "--output", "markdown").output
      #expect(comment.hasPrefix("<!-- vault-migrations:prod -->"))
      #expect(comment.contains("sys/policies/acl/web"))
      try await ada.tool("verify")

      // Ada is merged first. Bob's pipeline sees it, and he follows its advice.
      try await merge("web", into: project)
      try await bob.git("fetch", "-q", "origin")
      let fork = try await bob.json("validate", "--merge-base", "origin/main", exits: 65)
      #expect(fork.at("error.message")?.string?.contains("version 0002 is db here, and web there") == true)
      try await bob.merge("origin/main")
      #expect(try await bob.json("rebase").at("renumbered.0.to") == "0003-db.yaml")
      try await bob.git("add", ".vault-migrations")
      try await bob.git("commit", "-q", "-m", "Merge main")
      #expect(try await bob.push("db").status == 0)
      try await merge("db", into: project)

      // Two pipelines start at once.
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (name, address) in [("first", host), ("second", inside)] {
          group.addTask {
            let runner = try await project.clone("runner-\(name)", "--depth", "1")
            try await runner.git("remote", "set-url", "origin", address)
            let outcome = try await runner.run(["sync", "--lock-timeout", "1m"])
            #expect(outcome.status == 0, "\(outcome.errors)")
          }
        }
        try await group.waitForAll()
      }
      #expect(try await project.publishedCommits() == 3)
      for name in ["web", "db"] { #expect(try server.data("sys/policies/acl/\(name)")?["version"] == 1) }

      // Somebody changes a role by hand; the nightly job tells, and puts it back.
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": 60}"#)
      let night = try await engineer("night", project, inside)
      #expect(try await night.json("drift", exits: 2).at("drift.0.path") == "auth/approle/role/web")
      try await night.tool("drift", "--revert")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)

      // The last change was wrong: its inverse is a migration like any other.
      try await night.git("checkout", "-q", "-b", "back")
      try await night.tool("rollback", "--to", "0002")
      try await night.git("add", ".vault-migrations")
      try await night.git("commit", "-q", "-m", "Take db back")
      #expect(try await night.push("back").status == 0)
      try await merge("back", into: project)
      let runner = try await project.clone("runner-last", "--depth", "1")
      try await runner.tool("sync")
      #expect(try server.data("sys/policies/acl/db") == nil)
      #expect(try server.data("sys/policies/acl/web") != nil)
      #expect(try await runner.json("status", "--detailed-exitcode")["version"] == "0004")
      #expect(
        try await project.git("--git-dir", project.remote, "fsck", "--full", "--strict", "--no-dangling")
          == ""
      )
    }
  }

  private func engineer(_ name: String, _ project: Project, _ host: String) async throws -> Project {
    let folder = "/" + Tool.path.split(separator: "/").dropLast().joined(separator: "/")
    let clone = try await project.clone(name).with(["PATH": "\(folder):/usr/local/bin:/usr/bin:/bin"])
    try await clone.git("remote", "set-url", "origin", host)
    try await clone.tool("hooks", "install")
    return clone
  }

  /// What the host does when a pull request is accepted.
  private func merge(_ branch: String, into project: Project) async throws {
    let merger = try await project.clone("merge-\(branch)")
    try await merger.git("merge", "-q", "--no-ff", "-m", "Merge \(branch)", "origin/\(branch)")
    try await merger.git("push", "-q", "origin", "HEAD:main")
  }
}

extension Project {
  /// A branch with one more policy in front of or behind the others, and its migration.
  fileprivate func branch(_ name: String, adding entry: String, before: Bool) async throws {
    try await git("checkout", "-q", "-b", name)
    let text = read("schema.yaml")
    let head = "desired_state:\n"
    try write("schema.yaml", before ? head + entry + text.dropFirst(head.count) : text + entry)
    try await generate(name)
  }

  fileprivate func push(_ branch: String) async throws -> Command.Outcome {
    try await Command.run(
      "git",
      ["push", "origin", branch],
      environment: variables,
      directory: folder
    )
  }
}
