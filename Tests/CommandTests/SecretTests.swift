import TestSupport
import Testing
import Values

/// No secret leaves the server's own storage, whatever is asked of the tool and whatever goes wrong.
@Suite(.enabled(if: Postgres.installed != nil)) struct SecretTests {
  private static let state = #"""
    apps/:
      type: kv-v2
    apps/data/web:
      data: {key: "${KV_SECRET}", text: "key=${KV_PART};", nested: {list: ["${NESTED_SECRET}"]}, file: "${file:key}"}
    auth/userpass:
      type: userpass
    auth/userpass/users/alice:
      password: ${transitive}
      token_policies: [web]
    database/:
      type: database
    database/config/app:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://{{username}}:{{password}}@127.0.0.1:${db_port}/postgres"
      username: vaultadmin
      password: ${DB_PASSWORD}
    database/config/url:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://vaultadmin:${DB_PASSWORD}@127.0.0.1:${db_port}/postgres"
    """#

  private static let commands = [
    ["validate"], ["generate", "--dry-run"], ["plan"], ["plan", "--offline"], ["apply", "--dry-run"],
    ["sync"],
    ["status"], ["history"], ["show", "1"], ["drift"],
  ]

  @Test func appearsNowhere() async throws {
    try await withSecrets { project, server, canaries in
      for round in 1...2 {
        for command in Self.commands {
          for format in ["text", "json"] {
            let outcome = try await project.run(
              command + ["--log-level", "trace", "--log-format", format, "--output", format]
            )
            canaries.expectNone(in: outcome, "round \(round), \(command) \(format)")
          }
        }
        #expect(try await project.tool("sync").output == "No changes required\n")
        // A second round with other secrets: these are refreshes.
        if round == 1 { try await changeByHandAndInTheSchema(project, server) }
      }
      #expect(try server.data("apps/data/web")?.at("data.text")?.string?.hasPrefix("key=") == true)
      try await canaries.expectNone(inRepository: project.folder, project)
      try await canaries.expectNone(inRepository: project.remote, project)
      try canaries.expectNone(inLedgerOf: server)
    }
  }

  private func changeByHandAndInTheSchema(_ project: Project, _ server: BaoServer) async throws {
    try server.request("POST", "auth/userpass/users/alice", #"{"token_num_uses": 3}"#)
    try project.edit("schema.yaml", "nested: {", "more: \"${KV_SECRET}\", nested: {")
    try await project.generate("more")
  }

  @Test func appearsNowhereWhenTheServerRefuses() async throws {
    try await withSecrets { project, server, canaries in
      var canaries = canaries
      var wrong = project
      wrong.variables["DB_PASSWORD"] = canaries.make("wrong password")
      for format in ["text", "json"] {
        let outcome = try await wrong.run(
          ["sync", "--log-level", "trace", "--log-format", format, "--output", format])
        #expect(outcome.status == 1)
        #expect((outcome.output + outcome.errors).contains("database/config/"))
        canaries.expectNone(in: outcome, "sync with a wrong password, \(format)")
      }
      #expect(try server.data("database/config/app") == nil)
      canaries.expectNone(in: try await wrong.run(["status"]), "status")
      try canaries.expectNone(inLedgerOf: server)
      try await canaries.expectNone(inRepository: project.folder, project)
      // With the right password the next run finishes what this one began.
      let finished = try await project.tool("sync")
      canaries.expectNone(in: finished, "the run that finishes")
      #expect(try server.data("database/config/app") != nil)
      #expect(try server.data("apps/data/web")?.at("metadata.version") == 1)
      try await canaries.expectNone(inRepository: project.remote, project)
      try canaries.expectNone(inLedgerOf: server)
    }
  }

  @Test func appearsNowhereWhenNobodyAnswers() async throws {
    try await withSecrets { project, server, canaries in
      try project.edit("config.yaml", server.address, "http://127.0.0.1:1")
      for command in [["sync", "--allow-dirty"], ["plan"], ["status"], ["drift"], ["generate"]] {
        let outcome = try await project.run(command + ["--log-level", "trace"])
        #expect(outcome.status == (command == ["generate"] ? 0 : 69))
        canaries.expectNone(in: outcome, "\(command) without a server")
      }
      try await canaries.expectNone(inRepository: project.folder, project)
    }
  }

  /// A project whose first migration is committed and not applied.
  private func withSecrets(_ body: (Project, BaoServer, Canaries) async throws -> Void) async throws {
    try await Postgres.with { database in
      let variables = "variables: {db_port: \"\(database.port)\", transitive: \"${USER_PASSWORD}\"}"
      try await withServer(Self.state, settings: variables) { project, server in
        var canaries = Canaries()
        var project = project
        for name in ["KV_SECRET", "KV_PART", "NESTED_SECRET", "USER_PASSWORD"] {
          project.variables[name] = canaries.make(name)
        }
        project.variables["DB_PASSWORD"] = database.password
        canaries.add("DB_PASSWORD", database.password)
        canaries.add("the token", server.rootToken)
        // Outside of the repository, like a file that an orchestrator mounts.
        try project.scratch.write("key", canaries.make("the file"))
        try project.edit("schema.yaml", "${file:key}", "${file:\(project.scratch.file("key"))}")
        try await project.generate("initial")
        try await body(project, server, canaries)
      }
    }
  }
}
