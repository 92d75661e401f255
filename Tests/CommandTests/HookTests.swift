import FoundationEssentials
import TestSupport
import Testing
import Values

/// Hooks as git calls them, with the installed scripts.
@Suite struct HookTests {
  private static let state = "sys/policies/acl/web:\n  policy: path \"a\" { capabilities = [\"read\"] }\n"

  /// A project on its private server, its first migration committed and pushed.
  private func withProject(_ body: (Project) async throws -> Void) async throws {
    let settings =
      "version: 1\nproject: shop\ndefault_environment: dev\nenvironments: {dev: {server: embedded}}\n"
    try await Project.with(["config.yaml": settings, "schema.yaml": schema(Self.state)]) { project in
      let project = project.withToolOnPath
      try await project.generate("initial")
      try await project.git("push", "-q")
      try await body(project)
    }
  }

  @Test func installsAndTakesAwayWhatFitsTheRepository() async throws {
    try await withProject { project in
      let installed = try await project.json("hooks", "install")
      #expect(installed.at("hooks")?.object?.keys.sorted() == ["post-merge", "pre-commit", "pre-push"])
      #expect(try await project.json("hooks", "status").at("hooks.pre-push.state") == "installed")
      let again = try await project.tool("hooks", "install").output
      #expect(again.contains("pre-push: installed\n"))
      #expect(
        try await project.json("hooks", "uninstall")["removed"]?.texts == [
          "pre-commit", "pre-push", "post-merge",
        ]
      )
      #expect(try await project.json("hooks", "status").at("hooks.pre-push.state") == "absent")
      #expect(try await project.tool("hooks", "uninstall").output == "there were none\n")
    }
  }

  /// git calls hooks at the root, and the projects are elsewhere.
  @Test func looksAfterEveryProjectOfARepository() async throws {
    try await Project.with([:]) { root in
      let root = root.withToolOnPath
      let (infra, shop) = (
        root.moved(to: root.folder + "/infra/vault"), root.moved(to: root.folder + "/shop")
      )
      for (project, name) in [(infra, "infra"), (shop, "shop")] {
        let settings = "version: 1\nproject: \(name)\nenvironments: {\(name): {server: embedded}}\n"
        try project.write("config.yaml", settings + "hooks: {post_merge: [\(name)]}\n")
        try project.write("schema.yaml", schema(Self.state))
        try await project.generate("initial")
      }
      try await root.git("push", "-q")
      let other = try await root.clone("other").withToolOnPath
      try await other.tool("hooks", "install")
      try await root.tool("hooks", "install")

      // Before a commit, what is staged of each.
      try infra.write("schema.yaml", "desired_state:\n  sys/policies/acl/web: {polcy: x\n")
      try await root.git("add", "-A")
      let refused = try await root.commitNow("Broken when staged")
      #expect(refused.status != 0 && refused.errors.contains("infra/vault/.vault-migrations/schema.yaml:"))
      try await root.git("reset", "-q", "--hard")

      // Before a push, what it changes of each; one tells its own, whatever is wrong with the other.
      for project in [infra, shop] {
        try project.write("schema.yaml", schema(Self.state.replacing("\"a\"", with: "\"b\"")))
      }
      try await root.commit("Forget the migrations")
      let both = try await root.push()
      #expect(both.status != 0)
      for path in ["infra/vault", "shop"] {
        #expect(both.errors.contains(":\(path)/.vault-migrations/schema.yaml:2:3"), "\(both.errors)")
      }
      try await infra.generate("mended")
      #expect(try await !root.push().errors.contains("infra/vault/.vault-migrations"))
      try await root.git("push", "-q", "--no-verify")
      try await infra.change("more")
      // What is broken there already is not this push's.
      #expect(try await root.push().status == 0)
      try await shop.generate("mended")
      #expect(try await root.push().status == 0)

      // After a pull, the environments of both.
      #expect(try await other.runGit(["pull", "-q"]).status == 0)
      let there = other.moved(to: other.folder + "/infra/vault")
      #expect(try await there.json("status", "--env", "infra")["version"] == "0003")
      #expect(
        try await other.moved(to: other.folder + "/shop").json("status", "--env", "shop")["version"] == "0002"
      )
    }
  }

  /// git 2.54 and newer runs hooks that its configuration names, beside those of the folder.
  @Test func tellsOfHooksInTheConfiguration() async throws {
    try await withProject { project in
      let command = "vault-migrations hooks run pre-push"
      for (name, event, command) in [
        ("vault", "pre-push", command), ("vault", "pre-rebase", command), ("other", "pre-commit", "true"),
        ("off", "post-merge", command),
      ] {
        try await project.git("config", "--add", "hook.\(name).event", event)
        try await project.git("config", "hook.\(name).command", command)
      }
      try await project.git("config", "hook.off.enabled", "false")
      func withGit(_ version: String) throws -> Project {
        let git = try project.scratch.write(
          "git-\(version)/git",
          "#!/bin/sh\n[ \"$*\" = --version ] && exec echo git version \(version)\nexec /usr/bin/git \"$@\"\n"
        )
        try makeExecutable(git)
        let path = project.variables["PATH"] ?? ""
        return project.with(["PATH": project.scratch.file("git-\(version)") + ":" + path])
      }
      let old = try withGit("2.53.0")
      let status = try await old.json("hooks", "status")
      #expect(status["configured"]?.array?.map { $0["name"] } == ["vault", "other"])
      #expect(status.at("configured.0.run") == false && status.at("hooks.pre-push.state") == "absent")
      #expect(try await old.tool("hooks", "status").output.contains("git 2.53.0 does not run it"))

      let new = try withGit("2.54.1.windows.2")
      let text = try await new.tool("hooks", "status").output
      #expect(text.contains("pre-push: configured\n") && text.contains("pre-commit: absent\n"))
      #expect(text.contains("pre-commit: \"true\" by hook.other of git's configuration\n"))
      // What runs already is not installed a second time.
      try await new.tool("hooks", "install")
      #expect(try await new.json("hooks", "status").at("hooks.pre-push.state") == "configured")
      #expect(try await new.json("hooks", "status").at("hooks.pre-commit.state") == "installed")
      #expect(!FileManager.default.fileExists(atPath: "\(project.folder)/.git/hooks/pre-push"))
    }
  }

  /// Somebody else's hook runs first, gets the same input and arguments, and comes back.
  @Test func chainsWhatWasThereBefore() async throws {
    try await withProject { project in
      let seen = project.scratch.file("seen")
      try project.writeHook(
        "pre-push",
        "#!/bin/sh\necho \"$1\" > \(seen)\ncat >> \(seen)\n[ ! -e \(seen).refuse ]\n"
      )
      try await project.tool("hooks", "install")
      #expect(try await project.json("hooks", "status").at("hooks.pre-push.chained") == true)
      try await project.change("first")
      try await project.git("push", "-q")
      let lines = project.scratch.read("seen").split(separator: "\n")
      #expect(lines.first == "origin")
      #expect(lines.count == 2 && lines[1].hasPrefix("refs/heads/main "))
      // What it refuses stays refused.
      try project.scratch.write("seen.refuse", "")
      try await project.change("second")
      #expect(try await project.push().status != 0)
      try await project.tool("hooks", "uninstall")
      let hook = FileManager.default.contents(atPath: "\(project.folder)/.git/hooks/pre-push") ?? Data()
      #expect(String(decoding: hook, as: UTF8.self).contains(".refuse"))
      let left = try FileManager.default.contentsOfDirectory(atPath: "\(project.folder)/.git/hooks")
      #expect(!left.contains { $0.contains("vault-migrations") })
    }
  }

  @Test func stopsAPushOfAProjectThatIsBroken() async throws {
    try await withProject { project in
      try await project.tool("hooks", "install", "pre-push")
      // The schema says more than the migrations.
      try project.write("schema.yaml", schema(Self.state.replacing("\"a\"", with: "\"b\"")))
      try await project.commit("Forget the migration")
      let refused = try await project.push()
      #expect(refused.status != 0)
      #expect(refused.errors.contains("the migrations do not give the schema"))
      #expect(refused.errors.contains(".vault-migrations/schema.yaml:2:3"))
      let head = try await project.git("rev-parse", "HEAD")
      #expect(try await project.git("--git-dir", project.remote, "rev-parse", "main") != head)
      // The work tree is not what is pushed.
      try await project.git("checkout", "-q", "-b", "other", "HEAD~1")
      try project.write("schema.yaml", "desired_state: [nonsense]\n")
      #expect(try await project.push("origin", "other").status == 0)
      try await project.git("checkout", "-q", "--", ".")
      try await project.git("checkout", "-q", "main")
      try await project.generate("mended")
      #expect(try await project.push().status == 0)
    }
  }

  /// New branches, deleted ones, tags and several at once.
  @Test func looksAtEveryBranchThatIsPushed() async throws {
    try await withProject { project in
      try await project.tool("hooks", "install", "pre-push")
      try await project.git("checkout", "-q", "-b", "bad")
      try project.write("schema.yaml", schema("nonsense\n"))
      try await project.commit("Break it")
      try await project.git("checkout", "-q", "-b", "good", "main")
      try await project.change("more")
      try await project.git("tag", "-a", "v1", "-m", "one")
      let refused = try await project.push("origin", "good", "bad", "v1")
      #expect(refused.status != 0)
      #expect(refused.errors.contains(":.vault-migrations/schema.yaml:"))
      #expect(try await project.push("origin", "good", "v1").status == 0)
      #expect(try await project.push("origin", ":good").status == 0)
      // Nothing of the project changes: the broken history behind it is not looked at again.
      try await project.git("push", "-q", "--no-verify", "origin", "bad")
      try await project.git("checkout", "-q", "bad")
      try await project.git("commit", "-q", "--allow-empty", "-m", "Nothing")
      #expect(try await project.push("origin", "bad").status == 0)
    }
  }

  @Test func doesNotLetAnAppliedMigrationBePushedInAnotherForm() async throws {
    try await withProject { project in
      try await project.tool("hooks", "install", "pre-push")
      try await project.tool("sync")
      try await project.git("rm", "-q", "-r", ".vault-migrations/migrations")
      try project.write("schema.yaml", schema(Self.state.replacing("\"a\"", with: "\"b\"")))
      try await project.generate("initial")
      let refused = try await project.push()
      #expect(refused.status != 0)
      #expect(refused.errors.contains("migration 0001 was changed after dev had applied it"))
    }
  }

  /// The index counts, also that of `git commit FILE`, and a schema may come before its migration.
  @Test func looksAtWhatIsStagedBeforeACommit() async throws {
    try await withProject { project in
      try await project.tool("hooks", "install")
      try project.write("schema.yaml", "desired_state:\n  sys/policies/acl/web: {polcy: x\n")
      try await project.git("add", ".vault-migrations")
      try project.write("schema.yaml", schema(Self.state))
      let refused = try await project.commitNow("Broken when staged")
      #expect(refused.status != 0)
      #expect(refused.errors.contains(".vault-migrations/schema.yaml:"))
      try await project.git("add", ".vault-migrations")
      try project.write("schema.yaml", schema(Self.state.replacing("\"a\"", with: "\"b\"")))
      #expect(
        try await project.commitNow("-m", "Only the schema", ".vault-migrations/schema.yaml").status == 0
      )
      try project.scratch.write("repository/README", "Another text.\n")
      #expect(try await project.commitNow("-a", "-m", "Something else").status == 0)
      // A new file is not what `git commit -a` takes along.
      try await project.tool("generate", "--offline", "-m", "second")
      let forgotten = try await project.commitNow("-a", "-m", "Second")
      #expect(forgotten.status != 0)
      #expect(forgotten.errors.contains("0002-second.yaml is in the chain that is staged, and is not staged"))
      #expect(forgotten.errors.contains("run \"git add .vault-migrations\""))
    }
  }

  @Test func appliesAfterAMergeWhereThatIsWanted() async throws {
    try await withProject { project in
      let settings = project.read("config.yaml") + "hooks: {post_merge: [dev]}\n"
      try project.write("config.yaml", settings)
      try await project.commit("Follow merges")
      try await project.git("push", "-q")
      let other = try await project.clone("other").withToolOnPath
      try await other.tool("hooks", "install")
      try await project.change("more")
      try await project.git("push", "-q")
      let pulled = try await other.runGit(["pull", "-q"])
      #expect(pulled.status == 0)
      #expect(try await other.json("status")["version"] == "0002")
      // On another branch nothing follows.
      try await other.git("checkout", "-q", "-b", "topic")
      try await project.change("even-more")
      try await project.git("push", "-q")
      try await other.git("pull", "-q", "origin", "main")
      #expect(try await other.json("status")["version"] == "0002")
    }
  }

  @Test(arguments: ["husky", "lefthook", "pre-commit", "shared"])
  func respectsManagersOfHooks(_ manager: String) async throws {
    try await withProject { project in
      switch manager {
      case "husky":
        try project.scratch.write("repository/.husky/pre-push", "npm test")
        try await project.git("config", "core.hooksPath", ".husky/_")
      case "lefthook": try project.scratch.write("repository/lefthook.yml", "pre-push: {}\n")
      case "pre-commit": try project.scratch.write("repository/.pre-commit-config.yaml", "repos: []\n")
      default: try await project.git("config", "core.hooksPath", project.scratch.file("company-hooks"))
      }
      let output = try await project.tool("hooks", "install").output
      let own = try FileManager.default.contentsOfDirectory(atPath: "\(project.folder)/.git/hooks")
      #expect(!own.contains("pre-push"))
      if manager == "husky" {
        #expect(
          project.scratch.read("repository/.husky/pre-push")
            == "npm test\nvault-migrations hooks run pre-push\n"
        )
        #expect(output.contains("pre-push: installed"))
        try await project.tool("hooks", "uninstall")
        #expect(project.scratch.read("repository/.husky/pre-push") == "npm test\n")
      } else {
        #expect(output.contains("vault-migrations hooks run pre-push"))
        #expect(!FileManager.default.fileExists(atPath: project.scratch.file("company-hooks")))
      }
    }
  }

  /// The pre-commit framework keeps the standard input for itself.
  @Test func takesWhatIsPushedFromThePreCommitFramework() async throws {
    try await withProject { project in
      let commit = try await project.git("rev-parse", "HEAD")
      let good = project.with(["PRE_COMMIT_TO_REF": commit, "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main"])
      try await good.tool("hooks", "run", "pre-push")
      try project.write("schema.yaml", schema("nonsense\n"))
      try await project.commit("Break it")
      let bad = project.with([
        "PRE_COMMIT_TO_REF": try await project.git("rev-parse", "HEAD"),
        "PRE_COMMIT_REMOTE_BRANCH": "refs/heads/main",
      ])
      try await bad.tool("hooks", "run", "pre-push", exits: 65)
    }
  }

  /// A repository that hosts itself: who pushes does not wait, and the state is on its own branch.
  @Test func appliesAPushToABareRepository() async throws {
    try await withServer(Self.state) { project, server in
      let project = project.withToolOnPath
      try project.write("config.yaml", project.read("config.yaml") + "hooks: {post_receive: [prod]}\n")
      try await project.generate("initial")
      let hosting = try GitServer.http(serving: project.scratch.path, project.variables)
      let host = project.moved(to: project.remote)
      try await host.git("config", "http.receivepack", "true")
      #expect(try await host.json("hooks", "install").at("hooks.post-receive.state") == "installed")
      let login = "http://ada:open%20sesame@127.0.0.1:\(hosting.port)/remote.git"
      try await project.git("push", "-q", login, "HEAD:refs/heads/topic")
      #expect(try server.data("sys/policies/acl/web") == nil)
      let pushed = try await project.push(login, "HEAD:refs/heads/main")
      #expect(pushed.status == 0)
      #expect(pushed.errors.contains("applied in the background"))
      try await waitUntil("the version is applied") {
        project.scratch.read("remote.git/vault-migrations/post-receive.log").contains(
          "vault-migrations/prod/0001"
        )
      }
      #expect(try server.data("sys/policies/acl/web") != nil)
      #expect(try await project.publishedCommits() == 1)
      #expect(try await project.git("--git-dir", project.remote, "fsck", "--full", "--strict") == "")
    }
  }
}

extension Project {
  /// Scripts find the tool as a user's do.
  fileprivate var withToolOnPath: Project {
    let folder = Tool.path.prefix { $0 != "\0" }.split(separator: "/").dropLast().joined(separator: "/")
    return with(["PATH": "/\(folder):/usr/local/bin:/usr/bin:/bin"])
  }

  fileprivate func writeHook(_ name: String, _ script: String) throws {
    let path = try scratch.write("repository/.git/hooks/\(name)", script)
    try makeExecutable(path)
  }

  /// One more policy, as a migration of its own.
  fileprivate func change(_ name: String) async throws {
    let more = "  sys/policies/acl/\(name):\n    policy: path \"\(name)\" { capabilities = [\"read\"] }\n"
    try write("schema.yaml", read("schema.yaml") + more)
    try await generate(name)
  }

  fileprivate func runGit(_ arguments: [String]) async throws -> Command.Outcome {
    try await Command.run("git", arguments, environment: variables, directory: folder)
  }

  fileprivate func push(_ arguments: String...) async throws -> Command.Outcome {
    try await runGit(["push"] + (arguments.isEmpty ? ["origin", "main"] : arguments))
  }

  fileprivate func commitNow(_ arguments: String...) async throws -> Command.Outcome {
    try await runGit(["commit", "-q"] + (arguments.count == 1 ? ["-m"] : []) + arguments)
  }
}
