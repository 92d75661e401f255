import TestSupport
import Testing
import Values

/// Files that are missing, malformed or wrong.
@Suite struct BadFileTests {
  /// A change to a good project, and what the tool says of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let file: String
    let old: String
    let new: String
    let refusal: Refusal

    var testDescription: String { refusal.message }
  }

  private static func config(
    _ old: String,
    _ new: String,
    _ message: String,
    at place: String,
    hint: String = ""
  ) -> Case {
    let refusal = Refusal(
      status: 78,
      message: message,
      place: ".vault-migrations/config.yaml:\(place)",
      hint: hint
    )
    return Case(file: "config.yaml", old: old, new: new, refusal: refusal)
  }

  private static func schema(
    _ old: String,
    _ new: String,
    _ message: String,
    at place: String,
    hint: String = ""
  ) -> Case {
    let refusal = Refusal(
      status: 65,
      message: message,
      place: ".vault-migrations/schema.yaml:\(place)",
      hint: hint
    )
    return Case(file: "schema.yaml", old: old, new: new, refusal: refusal)
  }

  private static let cases = [
    config("project: shop", "project: [shop", "this is not YAML", at: "3:20"),
    config(
      "default_environment:",
      "defualt_environment:",
      "config.yaml has an unknown key \"defualt_environment\"",
      at: "3:1",
      hint: "default_environment"
    ),
    config("project: shop", "project: 12", "project must be a name", at: "2:10"),
    config(
      "    address",
      "    protect: maybe\n    address",
      "protect of environment prod must be true or false",
      at: "6:14"
    ),
    config("project: shop", "project: shop\nlock_ttl: soon", "lock_ttl", at: "3:11"),
    config(
      "project: shop",
      "project: shop\nproject: shop",
      "the key 'project' is in this map twice",
      at: "3:1"
    ),
    config(
      "default_environment: prod",
      "default_environment: pord",
      "default_environment names \"pord\"",
      at: "3:22",
      hint: "prod"
    ),
    config(
      "project: shop",
      "project: shop\nstate_branch: state",
      "state_branch must contain {environment}",
      at: "3:15"
    ),
    config("version: 1", "version: 2", "version", at: "1:10"),
    schema("    type: kv-v2", "    type: [kv-v2", "this is not YAML", at: "6:16"),
    schema("    type: kv-v2", "    type: kv-v2\n    typ: x", "unknown key \"typ\"", at: "6:5", hint: "type"),
    schema("    type: kv-v2", "    description: x", "apps/ has no type", at: "5:5", hint: "type: kv-v2"),
    schema("  apps/data/web:", "  /apps/data/web:", "starts with a slash", at: "6:3", hint: "apps/data/web"),
    schema("  apps/data/web:", "  apps/:", "the key 'apps/' is in this map twice", at: "6:3"),
    schema("mode: fast", "mode: ", "mode of apps/data/web has no value", at: "7:47"),
    schema("${APP_PASSWORD}", "${APP_PASSWORD", "${", at: "7:22"),
    schema(
      "token_ttl: 20m",
      "token_ttl: 20m\n    environments: [prdo]",
      "environment \"prdo\"",
      at: "10:3",
      hint: "prod"
    ),
    schema(
      "token_ttl: 20m",
      "token_ttl: 30m",
      "the migrations do not give the schema",
      at: "10:3",
      hint: "run generate"
    ),
  ]

  @Test(arguments: cases)
  func saysWhereTheMistakeIs(_ example: Case) async throws {
    try await Self.withGoodProject { project in
      try project.edit(example.file, example.old, example.new)
      try await example.refusal.expect(["validate"], andOf: ["sync", "--allow-dirty"], project)
    }
  }

  @Test func asksForAProject() async throws {
    try await Project.with([:]) { project in
      let refusal = Refusal(status: 78, message: "there is no .vault-migrations/config.yaml in", hint: "init")
      for (command, other) in [
        ("validate", "generate"), ("plan", "apply"), ("sync", "status"), ("history", "drift"),
      ] {
        try await refusal.expect([command], andOf: [other], project)
      }
      let other = Refusal(status: 78, message: "there is no elsewhere.yaml", hint: "--config")
      try await other.expect(["plan", "--config", "elsewhere.yaml"], project)
    }
  }

  @Test func asksForASchema() async throws {
    try await Self.withGoodProject { project in
      try await project.git("rm", "-q", ".vault-migrations/schema.yaml")
      let refusal = Refusal(
        status: 65,
        message: "there is no schema at .vault-migrations/schema.yaml",
        hint: "init"
      )
      try await refusal.expect(["validate"], andOf: ["sync", "--allow-dirty"], project)
      try await refusal.expect(["generate"], project)
    }
  }

  @Test func wantsAnEnvironmentThatExists() async throws {
    try await Self.withGoodProject { project in
      let refusal = Refusal(status: 64, message: "there is no environment \"prd\"", hint: "prod")
      for (command, other) in [("validate", "plan"), ("sync", "status"), ("history", "drift")] {
        try await refusal.expect([command, "--env", "prd"], andOf: [other, "--env", "prd"], project)
      }
    }
  }

  @Test func wantsEveryVariable() async throws {
    try await withSmallProject { project, server in
      var project = project
      project.variables["APP_PASSWORD"] = nil
      let place = ".vault-migrations/schema.yaml:6:3"
      let offline = Refusal(
        status: 78,
        message: "${APP_PASSWORD} is not set for environment prod",
        place: place,
        path: "apps/data/web",
        hint: "export APP_PASSWORD"
      )
      try await offline.expect(["validate"], project)
      try await project.tool("validate", "--mode", "lenient")
      let online = Refusal(
        status: 78,
        message: "${APP_PASSWORD} is not set for environment prod",
        path: "apps/data/web",
        hint: "export APP_PASSWORD"
      )
      try await online.expect(["sync"], project, server)
      #expect(try await project.json("status")["state"] == "empty")
    }
  }

  @Test func noticesMigrationsThatWereTamperedWith() async throws {
    let edits: [(String, String, (Project) async throws -> Void)] = [
      (
        "0001 was changed after it was generated", "restore it with git",
        { project in
          try project.edit("migrations/0001-initial.yaml", "token_ttl: 20m", "token_ttl: 21m")
        }
      ),
      (
        "0001-initial is in the chain, but its file is missing", "git checkout",
        { project in
          try await project.git("rm", "-q", ".vault-migrations/migrations/0001-initial.yaml")
        }
      ),
      (
        "version 0001 exists twice", "two branches added it",
        { project in
          try project.write(
            "migrations/0001-other.yaml",
            project.read("migrations/0001-initial.yaml")
              .replacing("name: initial", with: "name: other")
          )
        }
      ),
      (
        "the file is named 0002-initial, but holds 0001-initial", "rename",
        { project in
          try await project.git(
            "mv",
            ".vault-migrations/migrations/0001-initial.yaml",
            ".vault-migrations/migrations/0002-initial.yaml"
          )
        }
      ),
      (
        "is not named like a migration", "NNNN-name.yaml",
        { project in
          try project.write("migrations/notes.yaml", "x")
        }
      ),
      (
        "migration 0001 is not in the chain", "generate",
        { project in try project.write("migrations/chain", "") }
      ),
    ]
    try await Self.withGoodProject { project in
      for (message, hint, edit) in edits {
        try await edit(project)
        for command in [["validate"], ["sync", "--allow-dirty"], ["generate"]] {
          let outcome = try await project.tool(command, exits: 65)
          #expect(outcome.errors.contains(message), "\(outcome.errors)")
          #expect(outcome.errors.contains(hint), "\(outcome.errors)")
        }
        try await project.git("reset", "-q", "--hard")
        try await project.git("clean", "-qfd")
      }
      try await project.tool("validate")
    }
  }

  @Test func doesNotLetAnAppliedMigrationChange() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try await project.git("rm", "-q", "-r", ".vault-migrations/migrations")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 21m")
      try await project.generate("initial")
      let refusal = Refusal(
        status: 3,
        message: "migration 0001 is applied already, and is not the one that was applied",
        hint: "restore"
      )
      try await refusal.expect(["sync"], project, server)
      #expect(try await project.json("status")["state"] == "diverged")
    }
  }

  /// A project that is valid, for a server that nobody needs.
  private static func withGoodProject(_ body: (Project) async throws -> Void) async throws {
    let files = [
      "config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": CommandTests.schema(Small.state),
    ]
    try await Project.with(files) { project in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      try await project.generate("initial")
      try await body(project)
    }
  }
}
