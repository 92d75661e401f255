import TestSupport
import Testing
import Values

/// The path of every change: schema, migration, server, state branch, tag.
@Suite struct MainStoryTests {
  @Test func scaffoldsAProjectThatLeadsToAValidMigration() async throws {
    try await Project.with([:]) { project in
      let first = try await project.json("init", "--project", "shop")
      #expect(first["written"]?.texts.sorted().last == ".vault-migrations/schema.yaml")
      let unwritten = try await project.json("validate", exits: 65)
      #expect(unwritten.at("error.hint") == "run generate to write the missing migration")
      try await project.generate("initial")
      let valid = try await project.json("validate")
      #expect(valid["valid"] == true)
      #expect(valid["migrations"] == 1)
      let again = try await project.json("init", exits: 64)
      #expect(again.at("error.hint")?.string?.contains("edit it") == true)
    }
  }

  @Test(.enabled(if: Postgres.installed != nil))
  func bringsAFreshServerToExactlyTheSchema() async throws {
    try await Postgres.with { database in
      let variables = "variables: {db_port: \"\(database.port)\"}"
      try await withServer(Everything.state, settings: variables) { project, server in
        let project = project.with([
          "API_KEY": "api-key-1", "ALICE_PASSWORD": "alice-password-1", "DB_PASSWORD": database.password,
        ])
        try await project.generate("initial")
        try await project.tool("validate")
        let run = try await project.json("sync")
        #expect(run.at("applied.0.version") == "0001")
        #expect(run.at("applied.0.tag") == "vault-migrations/prod/0001")
        try await Everything.check(server, database)
        try await expectNothingLeft(project)

        try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
        try await project.generate("longer-tokens")
        #expect(project.read("migrations/0002-longer-tokens.yaml").contains("parent: sha256:"))
        try await project.tool("sync")
        #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1800)
        try await expectNothingLeft(project)
        try await expectTwoVersions(project)
      }
    }
  }

  private func expectTwoVersions(_ project: Project) async throws {
    let log = try await project.git(
      "--git-dir",
      project.remote,
      "log",
      "--format=%s",
      "vault-migrations/prod"
    )
    #expect(log == "prod: apply 0002 longer-tokens\nprod: apply 0001 initial")
    let history = try await project.json("history")["history"]
    #expect(history?.array?.compactMap { $0["version"]?.string } == ["0001", "0002"])
    let show = try await project.json("show", "2")
    #expect(show["name"] == "longer-tokens")
    #expect(show.at("tasks.0.path") == "auth/approle/role/web")
    #expect(show.at("tasks.0.outcome") == "done")
    #expect(show.at("tasks.0.before.token_ttl") == 1200)
    let head = try await project.git("rev-parse", "HEAD")
    let message = try await project.git(
      "--git-dir",
      project.remote,
      "log",
      "-1",
      "--format=%B",
      "vault-migrations/prod"
    )
    #expect(message.contains("Migration: 0002-longer-tokens\n"))
    #expect(message.contains("Source-Commit: \(head)\n"))
    #expect(message.contains("Checksum: sha256:"))
    #expect(message.contains("Applied-By: tester@"))
  }
}
