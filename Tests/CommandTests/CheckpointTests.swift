import TestSupport
import Testing
import Values

/// Versions without tasks, which stand for all before them.
@Suite struct CheckpointTests {
  private static let settings =
    "version: 1\nproject: shop\ndefault_environment: dev\nenvironments: {dev: {server: embedded}}\n"
  private static let state = """
    pki/:
      type: pki
    pki/roles/web:
      allowed_domains: [example.com]

    """

  @Test func `Servers stay as they are, and the version is recorded like any other`() async throws {
    try await withServer("sys/policies/acl/web:\n  policy: path \"a\" { capabilities = [\"read\"] }\n") {
      project,
      server in
      try await project.generate("initial")
      try project.edit("schema.yaml", "\"a\"", "\"b\"")
      try await project.generate("other")
      let told = try await project.json("generate", "--checkpoint")
      #expect(told.at("migration.checkpoint") == true && told["changes"] == [])
      #expect(
        project.read("migrations/0003-checkpoint.yaml").hasSuffix("\ncheckpoint: true\ntasks: []\n")
      )
      try await project.commit("Add a checkpoint")
      try await project.tool("validate")
      #expect(try await project.tool("status").output.contains("0003 checkpoint"))
      try await project.tool("sync")
      #expect(try server.data("sys/policies/acl/web")?["version"] == 2)
      let history = try await project.json("history")["history"]?.array ?? []
      #expect(history.map { $0["name"] } == ["initial", "other", "checkpoint"])
      #expect(try await project.tool("show", "3").output.contains("vault-migrations/prod/0003"))
      try await expectNothingLeft(project)

      // The newest version that did something is the one to take back.
      try await project.tool("rollback", "--now", "--to", "2", exits: 64)
      let back = try await project.json("rollback", "--now")
      #expect(back["from"] == "0003" && back["to"] == "0001")
      #expect(try server.data("sys/policies/acl/web")?["policy"]?.string?.contains("\"a\"") == true)
      #expect(try await project.json("release")["to"] == "0003")
      #expect(try server.data("sys/policies/acl/web")?["policy"]?.string?.contains("\"b\"") == true)
      try await expectNothingLeft(project)

      // As a migration, the way back over it has nothing to write; further back, it has.
      #expect(try await project.tool("rollback", "--to", "2").output == "No changes required\n")
      try await project.tool("rollback", "--to", "1")
      try await project.commit("Go back")
      try await project.tool("sync")
      #expect(try server.data("sys/policies/acl/web")?["policy"]?.string?.contains("\"a\"") == true)
    }
  }

  @Test func `Verify begins behind the last one, so that servers need not take the history before`()
    async throws
  {
    try await Project.with(["config.yaml": Self.settings, "schema.yaml": schema(Self.state)]) { project in
      try await project.generate("initial")
      // An older server took this one.
      try project.edit("schema.yaml", "[example.com]", "[example.com]\n    key_type: dsa")
      try await project.generate("refused")
      try project.edit("schema.yaml", "key_type: dsa", "key_type: ec")
      try await project.generate("mended")
      try await project.tool("verify", exits: 1)
      try await project.generate("from-here", "--checkpoint")
      let alone = try await project.tool("verify").output
      #expect(alone.contains("4 versions up, on "))
      #expect(alone.contains("0004 is a checkpoint: what it stands for was taken as one"))

      try project.edit("schema.yaml", "key_type: ec", "key_type: rsa")
      try await project.generate("rsa")
      let report = try await project.json("verify").at("environments.0")
      #expect(report?["checkpoint"] == "0004" && report?["from"] == "0005" && report?["down_to"] == "0004")
      let error = try await project.json("verify", "--from", "1", exits: 1)
      #expect(error.at("error.path") == "pki/roles/web")
      #expect(try await project.json("verify", "--from", "4").at("environments.0.down_to") == "0003")
    }
  }

  @Test func `One that lost the race for its number stands for what was faster, too`() async throws {
    try await Project.with(["config.yaml": Self.settings, "schema.yaml": schema(Self.state)]) { project in
      try await project.generate("initial")
      try await project.git("checkout", "-q", "-b", "db")
      try project.edit("schema.yaml", "example.com", "example.org")
      try await project.generate("domain")
      try await project.git("checkout", "-q", "-b", "point", "main")
      try await project.generate("checkpoint", "--checkpoint")
      try await project.merge("db")
      #expect(try await project.json("rebase").at("renumbered.0.to") == "0003-checkpoint.yaml")
      #expect(project.read("migrations/0003-checkpoint.yaml").contains("checkpoint: true"))
      try await project.commit("Merge db")
      try await project.tool("validate")
      #expect(try await project.json("verify").at("environments.0.checkpoint") == "0003")
    }
  }

  @Test func `What would be no checkpoint is refused, and nothing is written`() async throws {
    try await Project.with(["config.yaml": Self.settings, "schema.yaml": schema(Self.state)]) { project in
      let early = try await project.tool("generate", "--checkpoint", exits: 64)
      #expect(early.errors.contains("no migration yet that a checkpoint could stand for"))
      try await project.generate("initial")
      try project.edit("schema.yaml", "example.com", "example.org")
      let open = try await project.tool("generate", "--checkpoint", exits: 64)
      #expect(open.errors.contains("the schema has changes that are in no migration yet"))
      try await project.git("checkout", "-q", "--", ".")
      try await project.tool("generate", "--checkpoint", "--approve", "dev=x", exits: 64)
      #expect(try await project.git("status", "--porcelain") == "")
      try await project.generate("point", "--checkpoint")
      #expect(try await project.tool("generate", "--checkpoint").output == "No changes required\n")
      #expect(try await project.git("status", "--porcelain") == "")

      // By hand it cannot be made to do something, nor to be something else.
      let file = "migrations/0002-point.yaml"
      try project.edit(file, "tasks: []", "tasks: [{path: pki/roles/web, delete: true, was: {}}]")
      #expect(try await project.tool("validate", exits: 65).errors.contains("has no tasks of its own"))
      try project.edit(
        file,
        "checkpoint: true\ntasks: [{path: pki/roles/web, delete: true, was: {}}]",
        "tasks: []"
      )
      #expect(try await project.tool("validate", exits: 65).errors.contains("0002 was changed after it was"))
    }
  }
}
