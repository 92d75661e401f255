import FoundationEssentials
import TestSupport
import Testing
import Values

/// Repositories and remotes that cannot hold the state.
@Suite struct BadRepositoryTests {
  @Test func wantsARepository() async throws {
    try await withSmallProject { project, server in
      try FileManager.default.removeItem(atPath: "\(project.folder)/.git")
      let refusal = Refusal(status: 78, message: "repository", hint: "git init")
      for command in ["sync", "status", "generate", "history"] {
        try await refusal.expectOutside([command], project)
      }
      #expect(try server.list("sys/policies/acl").contains("web") == false)
    }
  }

  @Test func saysThatItCannotReadSHA256() async throws {
    try await withSmallProject { project, server in
      try FileManager.default.removeItem(atPath: "\(project.folder)/.git")
      try await project.git("init", "-q", "--object-format=sha256")
      try await project.commit("Start")
      let refusal = Refusal(status: 78, message: "uses SHA-256 object ids")
      try await refusal.expect(["sync"], andOf: ["status"], project, server)
    }
  }

  @Test func wantsTheRemoteThatIsConfigured() async throws {
    try await withSmallProject { project, server in
      try project.write("config.yaml", project.read("config.yaml") + "remote: upstream\n")
      try await project.commit("Another remote")
      let refusal = Refusal(
        status: 78,
        message: "the repository has no remote \"upstream\"",
        hint: "git remote add upstream URL"
      )
      try await refusal.expect(["sync"], andOf: ["status"], project, server)
    }
  }

  @Test func saysThatTheRemoteIsNotThere() async throws {
    try await withSmallProject { project, server in
      try await project.git("remote", "set-url", "origin", "file://\(project.scratch.file("nowhere.git"))")
      let outcome = try await project.json("sync", exits: 69)
      #expect(outcome.at("error.code") == "unreachable")
      #expect(outcome.at("error.message")?.string?.contains("nowhere.git") == true)
      #expect(try server.list("sys/policies/acl").contains("web") == false)
    }
  }

  @Test func wantsEverythingCommitted() async throws {
    try await withSmallProject { project, server in
      try project.write("config.yaml", project.read("config.yaml") + "\n# A remark.\n")
      try project.write(
        "migrations/0001-initial.yaml",
        "# Reviewed.\n" + project.read("migrations/0001-initial.yaml")
      )
      let refusal = Refusal(
        status: 64,
        message:
          "not committed: .vault-migrations/config.yaml, .vault-migrations/migrations/0001-initial.yaml",
        hint: "--allow-dirty"
      )
      try await refusal.expect(["sync"], project, server)
      try await project.git("add", "-A")
      try await refusal.expect(["sync"], project, server)
      try await project.tool("sync", "--allow-dirty")
      #expect(try await project.json("status")["version"] == "0001")
    }
  }

  @Test func appliesWhatIsNotCommittedWhenTold() async throws {
    try await withSmallProject { project, _ in
      try project.write("config.yaml", project.read("config.yaml") + "\n# A remark.\n")
      try await project.tool("apply")
      #expect(try await project.json("status")["version"] == "0001")
    }
  }

  @Test func worksBeforeTheFirstCommit() async throws {
    try await withSmallProject { project, server in
      try FileManager.default.removeItem(atPath: "\(project.folder)/.git")
      try await project.git("init", "-q")
      try await project.git("remote", "add", "origin", "file://\(project.remote)")
      try await project.tool("validate")
      try await project.tool("generate", "--offline")
      try await Refusal(status: 64, message: "not committed", hint: "--allow-dirty").expect(
        ["sync"],
        project,
        server
      )
      try await project.tool("sync", "--allow-dirty")
      #expect(try await project.json("show", "1")["source_commit"] == nil)
    }
  }

  @Test func noticesThatTheBranchIsGone() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try await project.git(
        "--git-dir",
        project.remote,
        "update-ref",
        "-d",
        "refs/heads/vault-migrations/prod"
      )
      let other = try await project.clone("other")
      try await other.git("checkout", "-q", "-B", "main", try await project.git("rev-parse", "origin/main"))
      let refusal = Refusal(
        status: 3,
        message: "the ledger says version 0001 is applied",
        hint: "repair --rebuild"
      )
      try await refusal.expect(["sync"], project, server)
    }
  }

  @Test func noticesThatTheBranchWasRewritten() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let forger = try await project.clone("forger", "--branch", "vault-migrations/prod")
      let file = "\(forger.folder)/sent/auth/approle/role/web.yaml"
      try Data("token_ttl: 99h\n".utf8).write(to: URL(filePath: file))
      try await forger.git("commit", "-qam", "Not by the tool")
      try await forger.git("push", "-q")
      let published = try await project.published()
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.message") == "branch and ledger disagree about version 0001")
      #expect(error.at("error.hint")?.string?.contains("rewritten") == true)
      #expect(try await project.published() == published)
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }
}
