import TestSupport
import Testing
import Values

/// Credentials of a real PostgreSQL, whose own password only the server knows in the end.
@Suite(.enabled(if: Postgres.installed != nil)) struct DatabaseEngineTests {
  private static let state = #"""
    database/:
      type: database
    database/config/app:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://{{username}}:{{password}}@127.0.0.1:${db_port}/postgres"
      allowed_roles: [reader, nightly]
      username: manager
      password: ${DB_PASSWORD}
      max_open_connections: 3
    database/roles/reader:
      db_name: app
      creation_statements:
        - CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'
      default_ttl: 1h
    database/static-roles/nightly:
      db_name: app
      username: nightly
      rotation_period: 24h
    database/rotate-root/app: {}
    """#

  @Test func `A rotated root password stays, whatever else changes`() async throws {
    try await withDatabase { project, server, database in
      try await project.generate("initial")
      try await project.tool("sync")
      // The password of the file is dead, and the server's own works.
      #expect(try await database.psql("SELECT 1", user: "manager", password: "manager-1").status != 0)
      try await expectLogin(server, database)
      try await expectNothingLeft(project)

      try project.edit("schema.yaml", "max_open_connections: 3", "max_open_connections: 5")
      try await project.generate("more-connections")
      try await project.tool("sync")
      #expect(try server.data("database/config/app")?.at("connection_details.max_open_connections") == 5)
      try await expectLogin(server, database)
      try await expectNothingLeft(project)

      // A field less is reset, and the password stays out as well.
      try project.edit("schema.yaml", "    max_open_connections: 5\n", "")
      try await project.generate("default-connections")
      try await project.tool("sync")
      try await expectLogin(server, database)
      try await expectNothingLeft(project)
    }
  }

  @Test func `A run that stops after the rotation does not send the stale password when it goes on`()
    async throws
  {
    try await withDatabase { project, server, database in
      try await project.generate("initial")
      try project.refusePushes()
      try await project.tool("sync", exits: 1)
      try project.allowPushes()
      try await project.tool("sync")
      try await expectLogin(server, database)
      try await expectNothingLeft(project)
    }
  }

  @Test func `A role that is rotated once more gets another password`() async throws {
    try await withDatabase { project, server, database in
      try await project.generate("initial")
      try await project.tool("sync")
      let old = try #require(try server.data("database/static-creds/nightly")?["password"]?.string)
      try project.write(
        "schema.yaml",
        project.read("schema.yaml") + "  database/rotate-role/nightly#may: {}\n"
      )
      try await project.generate("rotate")
      try await project.tool("sync")
      let new = try #require(try server.data("database/static-creds/nightly")?["password"]?.string)
      #expect(new != old)
      #expect(try await database.psql("SELECT 1", user: "nightly", password: new).output == "1\n")
      #expect(try await database.psql("SELECT 1", user: "nightly", password: old).status != 0)
      try await expectNothingLeft(project)
    }
  }

  private func expectLogin(_ server: BaoServer, _ database: Postgres) async throws {
    let made = try #require(try server.data("database/creds/reader"))
    let user = try #require(made["username"]?.string)
    let answer = try await database.psql(
      "SELECT current_user",
      user: user,
      password: made["password"]?.string
    )
    #expect(answer.output == "\(user)\n")
  }

  private func withDatabase(_ body: (Project, BaoServer, Postgres) async throws -> Void) async throws {
    try await Postgres.with { database in
      let setup =
        "CREATE ROLE manager SUPERUSER LOGIN PASSWORD 'manager-1'; CREATE ROLE nightly LOGIN PASSWORD 'x'"
      #expect(try await database.psql(setup).status == 0)
      try await withServer(Self.state, settings: "variables: {db_port: \"\(database.port)\"}") {
        project,
        server in
        try await body(project.with(["DB_PASSWORD": "manager-1"]), server, database)
      }
    }
  }
}
