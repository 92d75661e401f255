import Configuration
import Migrations
import TestSupport
import Testing
import Values

/// What is told of a project whose files do not hang together.
@Suite struct ValidatorTests {
  private static let folder = ".vault-migrations/migrations"

  /// Three migrations, each of which adds a policy.
  private func history() throws -> Workspace {
    var workspace = Workspace("desired_state:\n")
    for name in ["a", "b", "c"] {
      workspace.schema += "  sys/policies/acl/\(name): {policy: \"# \(name)\"}\n"
      try workspace.generate(name)
    }
    #expect(try workspace.problems().isEmpty)
    return workspace
  }

  @Test func `A migration that was edited by hand is named`() throws {
    var workspace = try history()
    workspace["migrations/0002-b.yaml"] = workspace["migrations/0002-b.yaml"].replacing(
      "# b",
      with: "# edited"
    )
    #expect(
      try workspace.problems() == [
        "\(Self.folder)/0002-b.yaml:1:1: migration 0002 was changed after it was generated: "
          + "its checksum is not that of the chain "
          + "(restore it with git; to change something, edit the schema and run generate, with --once-from for data moves)"
      ]
    )
  }

  @Test func `A comment or another layout is no edit`() throws {
    var workspace = try history()
    workspace["migrations/0002-b.yaml"] = "# reviewed by Ada\n\n" + workspace["migrations/0002-b.yaml"]
    #expect(try workspace.problems().isEmpty)
  }

  @Test func `A missing migration is named, with the way to get it back`() throws {
    var workspace = try history()
    workspace.remove("migrations/0002-b.yaml")
    #expect(
      try workspace.problems() == [
        "\(Self.folder)/chain:2:1: migration 0002-b is in the chain, but its file is missing "
          + "(restore it with git: git checkout HEAD -- \(Self.folder))"
      ]
    )
  }

  @Test func `A missing last migration is named`() throws {
    var workspace = try history()
    workspace.remove("migrations/0003-c.yaml")
    #expect(
      try workspace.problems() == [
        "\(Self.folder)/chain:3:1: migration 0003-c is in the chain, but its file is missing "
          + "(restore it with git: git checkout HEAD -- \(Self.folder))"
      ]
    )
  }

  @Test func `A migration that the chain does not know is named`() throws {
    var workspace = try history()
    workspace.chain = workspace.chain.split(separator: "\n").prefix(2).map { "\($0)\n" }.joined()
    #expect(
      try workspace.problems() == [
        "\(Self.folder)/0003-c.yaml:1:1: migration 0003 is not in the chain "
          + "(a migration is added by generate, which also writes the chain)"
      ]
    )
  }

  @Test(arguments: [([1, 0, 2], 1, 2), ([0, 2, 1], 2, 3), ([0, 2], 2, 3), ([0, 0, 1, 2], 2, 1)])
  func `Lines of the chain that were reordered, lost or doubled are named`(
    order: [Int],
    line: Int,
    version: Int
  ) throws {
    var workspace = try history()
    let lines = workspace.chain.split(separator: "\n")
    workspace.chain = order.map { "\(lines[$0])\n" }.joined()
    #expect(
      try workspace.problems() == [
        "\(Self.folder)/chain:\(line):1: line \(line) of the chain names version 000\(version) instead of 000\(line) "
          + "(the lines were reordered or one is missing: restore the file with git)"
      ]
    )
  }

  @Test func `A line of the chain with another checksum is no match`() throws {
    var workspace = try history()
    let checksums = try workspace.project().migrations.map(\.checksum)
    workspace.chain = workspace.chain.replacing(checksums[2], with: checksums[1])
    let found = try workspace.problems()
    #expect(found.count == 1 && found[0].contains("0003 was changed after it was generated"), "\(found)")
  }

  @Test func `A migration on another parent is named, even where chain and checksum agree`() throws {
    var workspace = try history()
    let project = try workspace.project()
    let third = project.migrations[2]
    let other = migration(3, third.tasks, name: "c", parent: project.migrations[0].checksum)
    workspace.chain = workspace.chain.split(separator: "\n").prefix(2).map { "\($0)\n" }.joined()
    workspace.add(other)
    #expect(
      try workspace.problems() == [
        "\(Self.folder)/0003-c.yaml:1:1: migration 0003 does not name 0002 as its parent "
          + "(it was made on top of another version: remove it and run generate again)"
      ]
    )
  }

  @Test func `Two migrations of one version are named together`() throws {
    var workspace = try history()
    let twin = migration(3, [], name: "twin", parent: try workspace.project().migrations[1].checksum)
    workspace["migrations/\(twin.fileName)"] = MigrationFile.text(twin)
    let found = try workspace.problems()
    #expect(
      found.first
        == "\(Self.folder)/0003-twin.yaml:1:1: version 0003 exists twice: 0003-c.yaml and 0003-twin.yaml "
        + "(two branches added it: \"vault-migrations rebase BRANCH\" puts this one's behind those of BRANCH)"
    )
  }

  @Test func `A renumbered file is told what it holds`() throws {
    var workspace = try history()
    workspace["migrations/0004-c.yaml"] = workspace["migrations/0003-c.yaml"]
    workspace.remove("migrations/0003-c.yaml")
    let found = try workspace.problems()
    #expect(
      found.first
        == "\(Self.folder)/0004-c.yaml:1:1: the file is named 0004-c, but holds 0003-c "
        + "(rename the file, or restore it with git)"
    )
  }

  @Test(arguments: [
    (5, "version 0004 is missing"), (6, "versions 0004 to 0005 are missing"),
    (20_240_131_120_000, "versions 0004 to 20240131119999 are missing"),
  ])
  func `A gap is told at once, however wide`(version: Int, expected: String) throws {
    var workspace = try history()
    let late = migration(version, [], name: "late", parent: try workspace.project().migrations.last?.checksum)
    workspace["migrations/\(late.fileName)"] = MigrationFile.text(late)
    let found = try workspace.problems()
    #expect(
      found.first
        == "\(Self.folder):1:1: \(expected); versions are numbered without gaps "
        + "(restore them with git, or rename what follows)"
    )
    #expect(found.count == 2, "\(found)")
  }

  @Test func `A schema that the migrations do not give is told where it differs`() throws {
    var workspace = try history()
    workspace.schema += "  auth/approle: {type: approle}\n"
    #expect(
      try workspace.problems() == [
        ".vault-migrations/schema.yaml:5:3: the migrations do not give the schema for environment dev: auth/approle "
          + "(run generate to write the missing migration)"
      ]
    )
    #expect(try Validator.problems(in: try workspace.project(), comparesSchema: false).isEmpty)
  }

  @Test func `Of many differences five are named, and something that is gone has no place`() throws {
    var workspace = try history()
    workspace.schema = "desired_state: {}\n"
    #expect(
      try workspace.problems() == [
        "the migrations do not give the schema for environment dev: sys/policies/acl/a, sys/policies/acl/b, "
          + "sys/policies/acl/c (run generate to write the missing migration)"
      ]
    )
    workspace.schema = desiredState((1...7).map { "x/\($0): {k: 1}" }.joined(separator: "\n"))
    #expect(
      try workspace.problems()[0].contains("sys/policies/acl/b, sys/policies/acl/c and 5 more") == false
    )
    #expect(
      try workspace.problems()[0].hasSuffix(
        "x/1, x/2 and 5 more (run generate to write the missing migration)"
      )
    )
  }

  @Test func `A migration that does not follow from those before is named with its file`() throws {
    var workspace = Workspace(desiredState("a/x: {k: 1}"))
    workspace.add(migration(1, [.write("a/x", ["k": 1], was: .value(["k": 0]))], name: "a"))
    let found = try workspace.problems()
    #expect(found.count == 1)
    #expect(found[0].hasPrefix("\(Self.folder)/0001-a.yaml:1:1: migration 0001 does not follow"), "\(found)")
  }

  @Test func `An environment that config_yaml does not have is told, with the one that was meant`() throws {
    let workspace = Workspace(desiredState("a/x: {k: 1, environments: [dev, prd]}"))
    let found = try workspace.problems()
    #expect(
      found.contains(
        ".vault-migrations/schema.yaml:2:3: a/x is limited to the environment \"prd\", which config.yaml does not have "
          + "(did you mean \"prod\"?)"
      ),
      "\(found)"
    )
  }

  @Test func `An unset variable is told once, where it is first used, in the strict mode only`() throws {
    var workspace = Workspace(desiredState("a/x: {k: \"${NONE}\"}\na/y: {k: \"${NONE}\"}"))
    try workspace.generate()
    let project = try workspace.project()
    func problems(_ mode: Resolver.Mode) throws -> [String] {
      let resolver = Resolver(
        settings: project.settings,
        environment: try project.settings.environment("dev"),
        processVariables: [:],
        mode: mode,
        readFile: { _ in [] }
      )
      return shown(try Validator.problems(in: project, resolvers: ["dev": resolver]))
    }
    #expect(
      try problems(.strict) == [
        ".vault-migrations/schema.yaml:2:3: the variable ${NONE} is not set for environment dev "
          + "(export NONE, or set it under variables in config.yaml, or write ${NONE:-default})"
      ]
    )
    #expect(try problems(.lenient).isEmpty)
  }

  @Test(arguments: ["hunter2", "$${hunter2}"])
  func `A secret that is written into the schema is refused, and not repeated`(text: String) throws {
    var workspace = Workspace(desiredState("db/: {type: database}\ndb/config/x: {password: \"\(text)\"}"))
    workspace.add(try #require(try Generator.next(for: try workspace.project())))
    #expect(
      try workspace.problems() == [
        ".vault-migrations/schema.yaml:3:3: password of db/config/x is a secret, and is written into the schema "
          + "(put a reference in its place, for example ${PASSWORD})"
      ]
    )
    workspace = Workspace(desiredState("db/: {type: database}\ndb/config/x: {password: \"${P}\"}"))
    try workspace.generate()
    #expect(try workspace.problems().isEmpty)
  }

  @Test func `A warning stands in no one's way`() throws {
    var workspace = Workspace(desiredState("a/x: {k: yes}"))
    try workspace.generate()
    let found = try workspace.problems()
    #expect(!found.isEmpty && found.allSatisfy { $0.contains(" warning: ") }, "\(found)")
  }
}
