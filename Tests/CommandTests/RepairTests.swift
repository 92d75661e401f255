import FoundationEssentials
import TestSupport
import Testing
import Values

/// What an interrupted run left behind, and the ways out.
@Suite struct InterruptedRepairTests {
  @Test func showsTaskByTaskHowFarARunGot() async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.killAfter, after: 9)
      #expect(try await story.start().wait() == 137)
      try story.expireLock()
      let before = try await Snapshot(story.project, story.server)
      let shown = try await story.project.json("repair", exits: 2)
      #expect(shown["state"] == "interrupted")
      #expect(shown["ways"]?.texts == ["repair --finish", "repair --undo", "repair --record"])
      #expect(shown.at("interrupted.version") == "0001")
      let findings = Dictionary(
        (shown.at("interrupted.tasks")?.array ?? []).map {
          ($0["path"]?.string ?? "", $0["finding"]?.string ?? "")
        },
        uniquingKeysWith: { $1 }
      )
      #expect(findings["apps/"] == "done")
      #expect(findings["pki/roles/web"] == "not-done")
      #expect(Set(findings.values) == ["done", "not-done"])
      #expect(try await story.project.tool("repair", exits: 2).output.contains("✓ apps/  done\n"))
      #expect(try await Snapshot(story.project, story.server) == before)
      try await story.project.tool("repair", "--finish")
      try await story.expectTheNextRunToFinish()
      #expect(try await story.project.json("repair")["ways"] == [])
    }
  }

  @Test(arguments: [6, 9, 12])
  func takesBackWhatARunDid(_ moment: Int) async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.killAfter, after: moment)
      #expect(try await story.start().wait() == 137)
      try story.expireLock()
      try await story.project.tool("repair", "--undo")
      #expect(try story.server.data("sys/mounts")?["apps/"] == nil)
      #expect(try story.server.data("sys/mounts")?["pki/"] == nil)
      #expect(try story.server.data("sys/auth")?["approle/"] == nil)
      #expect(try story.server.data("sys/policies/acl/web") == nil)
      #expect(try await story.project.json("status")["state"] == "empty")
      try await story.project.tool("sync")
      try await expectNothingLeft(story.project)
    }
  }

  @Test func takesBackASecondVersionToWhatWasThere() async throws {
    try await InterruptedProject.with { story in
      try await story.project.tool("sync")
      let role = try story.server.data("auth/approle/role/web")
      let policy = try story.server.data("sys/policies/acl/web")?["policy"]
      try story.project.write(
        "schema.yaml",
        story.project.read("schema.yaml").replacing(
          "token_ttl: 20m",
          with: "token_ttl: 25m\n    token_num_uses: 3"
        )
        .replacing("data/web\" {", with: "data/*\" {") + "  sys/policies/acl/new:\n    policy: '# new'\n"
      )
      try await story.project.generate("more")
      story.executioner.arm(.killAfter, after: 6)
      #expect(try await story.start().wait() == 137)
      try story.expireLock()
      try await story.project.tool("repair", "--undo")
      #expect(try story.server.data("auth/approle/role/web") == role)
      #expect(try story.server.data("sys/policies/acl/web")?["policy"] == policy)
      #expect(try story.server.data("sys/policies/acl/new") == nil)
      #expect(try await story.project.json("status")["state"] == "clean")
      try await story.project.tool("drift")
      try await story.project.tool("sync")
      try await expectNothingLeft(story.project)
      #expect(try story.server.data("auth/approle/role/web")?["token_num_uses"] == 3)
    }
  }

  @Test func recordsWhatIsThereAsTheVersion() async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.killAfter, after: 12)
      #expect(try await story.start().wait() == 137)
      try story.expireLock()
      let missing = try #require(
        try await story.project.json("repair", exits: 2).at("interrupted.tasks")?.array?.filter {
          $0["finding"] == "not-done"
        }.compactMap { $0["path"]?.string }
      )
      #expect(missing.contains("apps/data/web"))
      let writes = story.proxy.requests.count
      try await story.project.tool("repair", "--record")
      #expect(story.proxy.requests.dropFirst(writes).filter(\.isWrite).isEmpty)
      let status = try await story.project.json("status")
      #expect(status["version"] == "0001" && status["state"] == "clean")
      #expect(
        status["kept"]?.array?.compactMap { $0["path"]?.string }
          == missing.sorted().filter { !$0.contains("generate") }
      )
      try await story.project.tool("drift")
      #expect(try await story.project.tool("sync").output == "No changes required\n")
    }
  }
}

/// Branch, ledger and server disagree: named, nothing written, and the way out that was chosen.
@Suite struct DisagreementTests {
  /// Two versions, applied and published.
  private func withTwoVersions(_ body: (Project, BaoServer) async throws -> Void) async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await project.tool("sync")
      try await project.git("push", "-q")
      try await body(project, server)
    }
  }

  private func expectNamed(_ project: Project, _ cause: String, _ words: String) async throws {
    let status = try await project.json("status")
    #expect(status["state"] == "diverged")
    #expect(status["cause"] == .string(cause))
    let error = try await project.json("sync", exits: 3)
    #expect(error.at("error.message")?.string?.contains(words) == true)
    #expect(try await project.json("repair", exits: 2)["cause"] == .string(cause))
  }

  @Test(arguments: ["deleted", "rewound"])
  func bringsBackABranchThatTheRepositoryStillHas(_ accident: String) async throws {
    try await withTwoVersions { project, server in
      let lost = try await project.published()
      if accident == "deleted" {
        try await project.git("push", "-q", "origin", ":vault-migrations/prod")
      } else {
        try await project.git(
          "push",
          "-q",
          "-f",
          "origin",
          "vault-migrations/prod/0001^{}:refs/heads/vault-migrations/prod"
        )
      }
      if accident == "rewound" {
        try await project.git("push", "-q", "origin", ":refs/tags/vault-migrations/prod/0002")
        try await project.git("tag", "-d", "vault-migrations/prod/0002")
      }
      try await expectNamed(project, "ledger-ahead", "the ledger says version 0002 is applied")
      let before = try await Snapshot(project, server)
      try await expectNamed(project, "ledger-ahead", "the ledger says version 0002 is applied")
      #expect(try await Snapshot(project, server) == before)
      let done = try await project.json("repair", "--rebuild")
      #expect(done["found"] == lost["refs/heads/vault-migrations/prod"].map(Value.string))
      if accident == "rewound" { try await project.tool("repair", "--tags") }
      #expect(try await project.published().keys.sorted() == lost.keys.sorted())
      try await expectNothingLeft(project)
    }
  }

  @Test func makesABranchAnewFromTheServer() async throws {
    try await withTwoVersions { project, server in
      try await project.git(
        "push",
        "-q",
        "origin",
        ":vault-migrations/prod",
        ":refs/tags/vault-migrations/prod/0001",
        ":refs/tags/vault-migrations/prod/0002"
      )
      let other = try await project.clone("other")
      try await expectNamed(other, "ledger-ahead", "the state branch knows of none")
      #expect(try await other.json("repair", "--rebuild")["found"] == .null)
      #expect(try await other.json("status")["version"] == "0002")
      try await other.tool("repair", "--tags")
      try await expectNothingLeft(other)
      #expect(try await other.json("repair")["ways"] == [])
      #expect(try server.data("apps/data/web")?.at("metadata.version") == 1)
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try await other.tool("drift", exits: 2)
    }
  }

  @Test func appliesAgainWhatARestoreLost() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let head = try #require(try server.data("vault-migrations/data/shop/prod/head")?["data"])
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try project.write(
        "schema.yaml",
        project.read("schema.yaml") + "  sys/policies/acl/new:\n    policy: '# new'\n"
      )
      try await project.generate("longer")
      try await project.tool("sync")
      // As if the server's storage were that of before the second version.
      try server.request("POST", "vault-migrations/data/shop/prod/head", JSON.text(["data": head]))
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "20m"}"#)
      try server.request("DELETE", "sys/policies/acl/new")
      let before = try await Snapshot(project, server)
      try await expectNamed(project, "branch-ahead", "the ledger ends at 0001")
      try await project.tool("repair", "--reapply-from", "0", exits: 64)
      try await project.tool("repair", "--rebuild", exits: 64)
      #expect(try await Snapshot(project, server) == before)
      #expect(try await project.json("repair", "--reapply-from", "1")["versions"] == ["0002"])
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1500)
      #expect(try server.data("sys/policies/acl/new") != nil)
      #expect(try await project.publishedCommits() == 3)
      try await expectNothingLeft(project)
    }
  }

  @Test func trustsTheBranchWhenTold() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let head = try #require(try server.data("vault-migrations/data/shop/prod/head")?["data"])
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await project.tool("sync")
      try server.request("POST", "vault-migrations/data/shop/prod/head", JSON.text(["data": head]))
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "20m"}"#)
      try await project.tool("repair", "--accept")
      #expect(try await project.json("status")["version"] == "0002")
      let drift = try await project.json("drift", exits: 2)
      #expect(drift.at("drift.0.path") == "auth/approle/role/web")
    }
  }

  @Test func namesTheCommitThatHasTheMigrationThatWasApplied() async throws {
    try await withTwoVersions { project, _ in
      let commit = try await project.git("rev-parse", "HEAD~1")
      let good = project.read("migrations/0001-initial.yaml")
      try project.edit("migrations/0001-initial.yaml", "mode: fast", "mode: slow")
      let status = try await project.json("status")
      #expect(status["cause"] == "migration-edited")
      let hint = try #require(status.at("disagreement.hint")?.string)
      let command =
        "git restore --source=\(commit.prefix(12)) -- .vault-migrations/migrations/0001-initial.yaml"
      #expect(hint.contains(command))
      try await project.git(command.split(separator: " ").dropFirst().map(String.init))
      #expect(project.read("migrations/0001-initial.yaml") == good)
      #expect(try await project.json("status")["state"] == "clean")
    }
  }

  @Test func makesTagsAnew() async throws {
    try await withTwoVersions { project, _ in
      let tags = try await project.published().keys.sorted()
      try await project.git("push", "-q", "origin", ":refs/tags/vault-migrations/prod/0001")
      try await project.git("push", "-q", "-f", "origin", "HEAD:refs/tags/vault-migrations/prod/0002")
      let shown = try await project.json("repair", exits: 2)
      #expect(shown["tags"] == ["0001", "0002"])
      #expect(shown["ways"] == ["repair --tags"])
      try await project.tool("repair", "--tags")
      #expect(try await project.published().keys.sorted() == tags)
      for (tag, commit) in [("0001", "vault-migrations/prod~1"), ("0002", "vault-migrations/prod")] {
        let name = "refs/tags/vault-migrations/prod/\(tag)"
        let target = try await project.git("--git-dir", project.remote, "rev-parse", "\(name)^{commit}")
        #expect(try await project.git("--git-dir", project.remote, "rev-parse", commit) == target)
      }
      #expect(try await project.json("repair")["tags"] == [])
    }
  }

  @Test func beginsAPrivateServerAnewThatLostItsData() async throws {
    try await Project.with([:]) { project in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      try await project.tool("init", "--project", "shop")
      try project.write("schema.yaml", schema(Small.state))
      try await project.generate("initial")
      try await project.tool("sync")
      try FileManager.default.removeItem(atPath: "\(project.folder)/.vault-migrations/.embedded/dev/data")
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.hint")?.string?.contains("dev reset --yes") == true)
      try await project.tool("dev", "reset", exits: 64)
      try await project.tool("dev", "reset", "--yes")
      #expect(try await project.json("sync").at("applied.0.version") == "0001")
      try await expectNothingLeft(project)
    }
  }
}

/// What the user keeps is not forgotten.
@Suite struct KeptTests {
  @Test func showsAKeptPathUntilItIsWritten() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 20m\n    token_max_ttl: 1h")
      try await project.generate("more")
      try await project.tool("sync", "--keep", "auth/approle/role/web")
      for command in ["plan", "status"] {
        let shown = try await project.json(command)
        #expect(shown["kept"] == [["path": "auth/approle/role/web", "namespace": "", "since": "0002"]])
        #expect(try await project.tool(command).output.contains("auth/approle/role/web  (since 0002"))
      }
      #expect(try await project.tool("sync").output == "No changes required\n")
      try await project.tool("drift")
      try await project.tool("sync", "--revert", "auth/approle/role/web")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      #expect(try server.data("auth/approle/role/web")?["token_max_ttl"] == 3600)
      #expect(try await project.json("plan")["kept"] == nil)
      try await expectNothingLeft(project)
    }
  }
}
