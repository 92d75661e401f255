import TestSupport
import Testing
import Values

/// State lives on the remote, and nothing else of the repository is touched.
@Suite struct RemoteTests {
  @Test func pushesOneCommitAndOneTagPerVersion() async throws {
    try await withSmallProject { project, server in
      let before = try await Snapshot(project, server)
      try await project.tool("sync")
      let first = try await project.published()
      #expect(
        first.keys.sorted() == ["refs/heads/vault-migrations/prod", "refs/tags/vault-migrations/prod/0001"]
      )
      #expect(try await project.publishedCommits() == 1)
      let after = try await Snapshot(project)
      #expect(after.index == before.index)
      #expect(after.status == before.status)

      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("slow")
      try await project.tool("sync")
      #expect(try await project.publishedCommits() == 2)
      let second = try await project.published()
      #expect(second["refs/tags/vault-migrations/prod/0001"] == first["refs/tags/vault-migrations/prod/0001"])
      for (tag, commit) in [("0001", "vault-migrations/prod~1"), ("0002", "vault-migrations/prod")] {
        let name = "refs/tags/vault-migrations/prod/\(tag)"
        #expect(try await project.git("--git-dir", project.remote, "cat-file", "-t", name) == "tag")
        let target = try await project.git("--git-dir", project.remote, "rev-parse", "\(name)^{commit}")
        #expect(try await project.git("--git-dir", project.remote, "rev-parse", commit) == target)
      }
      for folder in [project.remote, "\(project.folder)/.git"] {
        #expect(try await project.git("--git-dir", folder, "fsck", "--full", "--strict") == "")
      }
    }
  }

  @Test func doesNothingTheSecondTime() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let published = try await project.published()
      let ledger = try server.data("vault-migrations/metadata/shop/prod/head")
      #expect(try await project.tool("sync").output == "No changes required\n")
      #expect(try await project.published() == published)
      #expect(try server.data("vault-migrations/metadata/shop/prod/head") == ledger)
      #expect(try server.data("apps/data/web")?.at("metadata.version") == 1)
    }
  }

  @Test func showsAnotherCloneTheSame() async throws {
    try await withSmallProject { project, _ in
      try await project.git("push", "-q")
      try await project.tool("sync")
      let other = try await project.clone("other")
      for command in [["status"], ["history"], ["show", "1"], ["plan"]] {
        let here = try await project.tool(command + ["-o", "json"])
        #expect(try await other.tool(command + ["-o", "json"]).output == here.output)
      }
      #expect(try await other.tool("sync").output == "No changes required\n")
    }
  }

  @Test(arguments: ["shallow", "detached"])
  func syncsFromAPipelinesCheckout(_ kind: String) async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await project.git("push", "-q")
      let other = try await project.clone("other", "--depth=1")
      if kind == "detached" { try await other.git("checkout", "-q", "--detach") }
      #expect(try await other.git("rev-list", "--count", "HEAD") == "1")
      try await other.tool("sync")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1500)
      #expect(try await project.json("status")["version"] == "0002")
      #expect(try await project.publishedCommits() == 2)
      #expect(try await other.git("status", "--porcelain") == "")
    }
  }

  @Test func keepsEverythingLocalWithoutARemote() async throws {
    try await withSmallProject(settings: "remote: \"\"") { project, _ in
      try await project.tool("sync")
      #expect(try await project.published() == [:])
      let tag = try await project.git("rev-parse", "vault-migrations/prod/0001^{commit}")
      #expect(try await project.git("rev-parse", "refs/heads/vault-migrations/prod") == tag)
      #expect(try await project.json("status")["state_commit"] == .string(tag))
      #expect(try await project.tool("sync").output == "No changes required\n")
    }
  }

  @Test func callsAnOldCheckoutBehind() async throws {
    try await withSmallProject { project, server in
      try await project.git("push", "-q")
      let old = try await project.clone("old")
      try await project.tool("sync")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await project.tool("sync")
      let published = try await project.published()
      #expect(try await old.json("status")["state"] == "behind")
      #expect(try await old.json("sync")["behind"] == true)
      #expect(try await project.published() == published)
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1500)
    }
  }

  @Test func readsTheStateWithGitAlone() async throws {
    try await withSmallProject { project, _ in
      try await project.tool("sync")
      let files = try await project.git(
        "--git-dir",
        project.remote,
        "ls-tree",
        "-r",
        "--name-only",
        "vault-migrations/prod"
      )
      #expect(
        files.split(separator: "\n") == [
          "history/0001-initial.yaml", "observed/apps%2F.yaml", "observed/apps/data/web.yaml",
          "observed/auth/approle.yaml", "observed/auth/approle/role/web.yaml",
          "observed/sys/policies/acl/web.yaml", "schema/schema.yaml", "sent/apps%2F.yaml",
          "sent/apps/data/web.yaml",
          "sent/auth/approle.yaml", "sent/auth/approle/role/web.yaml", "sent/sys/policies/acl/web.yaml",
          "server.yaml",
        ]
      )
      let sent = try await project.git(
        "--git-dir",
        project.remote,
        "show",
        "vault-migrations/prod:sent/auth/approle/role/web.yaml"
      )
      #expect(sent == "token_policies: [web]\ntoken_ttl: 20m")
      let snapshot = try await project.git(
        "--git-dir",
        project.remote,
        "rev-parse",
        "vault-migrations/prod:schema/schema.yaml"
      )
      #expect(try await project.git("rev-parse", "HEAD:.vault-migrations/schema.yaml") == snapshot)
    }
  }
}
