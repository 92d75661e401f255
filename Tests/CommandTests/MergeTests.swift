import TestSupport
import Testing
import Values

/// Two branches that both add a version: caught before the merge, mended after.
@Suite struct MergeTests {
  private static let state = "sys/policies/acl/base:\n  policy: path \"base\" { capabilities = [\"read\"] }\n"
  private static let settings =
    "version: 1\nproject: shop\ndefault_environment: dev\nenvironments: {dev: {server: embedded}}\n"

  private static func policy(_ name: String, _ path: String) -> String {
    "  sys/policies/acl/\(name):\n    policy: path \"\(path)\" { capabilities = [\"read\"] }\n"
  }

  /// A project with one version, and two branches with a second one each: `web` and `db`; the work tree is at `web`.
  private func withBranches(
    web: String,
    db: String,
    _ body: (Project) async throws -> Void
  ) async throws {
    try await Project.with(["config.yaml": Self.settings, "schema.yaml": schema(Self.state)]) { project in
      try await project.generate("initial")
      let base = project.read("schema.yaml")
      for (branch, text) in [("db", base + db), ("web", web + base.dropFirst("desired_state:\n".count))] {
        try await project.git("checkout", "-q", "-b", branch, "main")
        try project.write("schema.yaml", branch == "web" ? "desired_state:\n" + text : text)
        try await project.generate(branch)
      }
      try await body(project)
    }
  }

  @Test func catchesAForkOfTheChainBeforeTheMerge() async throws {
    try await withBranches(web: Self.policy("web", "web"), db: Self.policy("db", "db")) { project in
      try await project.tool("validate")
      try await project.tool("validate", "--merge-base", "main")
      try await project.git("checkout", "-q", "main")
      try await project.git("merge", "-q", "db")
      try await project.git("checkout", "-q", "web")
      let before = try await Snapshot(project)
      let error = try await project.json("validate", "--merge-base", "main", exits: 65)
      #expect(
        error.at("error.message") == "merging main forks the chain: version 0002 is web here, and db there"
      )
      #expect(error.at("error.file") == ".vault-migrations/migrations/chain")
      #expect(
        error.at("error.hint")
          == #"run "git merge main", then "vault-migrations rebase", "git add .vault-migrations" and "git commit""#
      )
      #expect(try await Snapshot(project) == before)
    }
  }

  /// The very commands that the message gives.
  @Test func renumbersTheLoserOfTheRace() async throws {
    try await withBranches(web: Self.policy("web", "web"), db: Self.policy("db", "db")) { project in
      try await project.git("checkout", "-q", "main")
      try await project.git("merge", "-q", "db")
      try await project.git("checkout", "-q", "web")
      #expect(try await project.merge("main") != 0)
      let result = try await project.json("rebase")
      #expect(result.at("renumbered.0.from") == "0002-web.yaml")
      #expect(result.at("renumbered.0.to") == "0003-web.yaml")
      try await project.git("add", ".vault-migrations")
      try await project.git("commit", "-q", "-m", "Merge main")
      try await project.tool("validate")
      try await project.tool("validate", "--merge-base", "main")
      #expect(try await project.tool("generate").output == "No changes required\n")
      try await project.tool("sync")
      #expect(try await project.json("history")["history"]?.array?.count == 3)
      #expect(try await project.tool("rebase", "main").output == "nothing to renumber\n")
    }
  }

  @Test func renumbersInTheMiddleOfARebaseOfGit() async throws {
    try await withBranches(web: Self.policy("web", "web"), db: Self.policy("db", "db")) { project in
      let comment = "# Looked at by security.\n"
      let file = "migrations/0002-web.yaml"
      try project.write(file, comment + project.read(file))
      try await project.git("commit", "-q", "-a", "--amend", "--no-edit")
      #expect(try await project.gitStatus("rebase", "db") != 0)
      try await project.tool("rebase")
      #expect(project.read("migrations/0003-web.yaml").hasPrefix(comment))
      try await project.git("add", ".vault-migrations")
      try await project.with(["GIT_EDITOR": "true"]).git("rebase", "--continue")
      try await project.tool("validate", "--merge-base", "db")
      #expect(try await project.git("status", "--porcelain") == "")
      #expect(try await project.git("rev-list", "--count", "db..HEAD") == "1")
    }
  }

  /// Both change the same object: which of the two is meant, nobody but a person knows.
  @Test func showsWhatOverlapsAndWritesNothing() async throws {
    let web = "  sys/policies/acl/both:\n    policy: path \"web\" { capabilities = [\"read\"] }\n"
    let db = "  sys/policies/acl/both:\n    policy: path \"db\" { capabilities = [\"read\"] }\n"
    try await withBranches(web: web, db: db) { project in
      #expect(try await project.merge("db") != 0)
      try project.write("schema.yaml", schema(Self.state) + web)
      let before = try await Snapshot(project)
      let error = try await project.json("rebase", exits: 65)
      #expect(
        error.at("error.message")
          == "0002-web.yaml and 0002-db.yaml both touch sys/policies/acl/both"
      )
      #expect(error.at("error.hint")?.string?.contains("run generate again") == true)
      #expect(try await Snapshot(project) == before)
    }
  }

  /// One side takes a mount away in which the other one makes something.
  @Test func seesAMountAsEverythingInIt() async throws {
    let state = Self.state + "apps/:\n  type: kv-v2\n"
    try await Project.with(["config.yaml": Self.settings, "schema.yaml": schema(state)]) { project in
      try await project.generate("initial")
      try await project.git("checkout", "-q", "-b", "gone")
      try project.write("schema.yaml", schema(Self.state))
      try await project.generate("gone")
      try await project.git("checkout", "-q", "-b", "more", "main")
      try project.write("schema.yaml", schema(state + "apps/data/web:\n  data: {mode: fast}\n"))
      try await project.generate("more")
      _ = try await project.merge("gone")
      try project.write("schema.yaml", schema(Self.state))
      let error = try await project.json("rebase", exits: 65)
      #expect(error.at("error.message")?.string?.hasSuffix("both touch apps/data/web") == true)
    }
  }

  @Test func leavesAnAppliedVersionItsNumber() async throws {
    try await withBranches(web: Self.policy("web", "web"), db: Self.policy("db", "db")) { project in
      try await project.git("checkout", "-q", "-b", "third", "main")
      try project.write("schema.yaml", schema(Self.state) + Self.policy("web", "web"))
      try await project.git("checkout", "-q", "web", "--", ".vault-migrations")
      try await project.commit("Take it over")
      try await project.tool("sync")
      #expect(try await project.merge("db") != 0)
      let error = try await project.json("rebase", exits: 65)
      #expect(error.at("error.message")?.string?.contains("was applied to dev") == true)
    }
  }

  @Test func saysWhichHistoryIsMissing() async throws {
    try await withBranches(web: Self.policy("web", "web"), db: Self.policy("db", "db")) { project in
      try await project.git("push", "-q", "origin", "web", "db")
      let other = try await project.clone("other", "--depth=1", "--branch=web", "--no-single-branch")
      let error = try await other.json("validate", "--merge-base", "origin/db", exits: 64)
      #expect(error.at("error.hint")?.string?.contains("--unshallow") == true)
    }
  }
}
