import TestSupport
import Testing
import Values

/// What is taken away ends cleanly, and a run never takes away what it stands on.
@Suite struct OwnGroundTests {
  @Test(.enabled(if: Postgres.installed != nil))
  func endsDatabaseLoginsBeforeTheirMountGoes() async throws {
    try await Postgres.with { database in
      try await withServer(Self.database) { project, server in
        let project = project.with([
          "DB_PASSWORD": database.password, "db_port": String(database.port),
        ])
        try await project.generate("initial")
        try await project.tool("sync")
        let user = try #require(try server.data("database/creds/app")?["username"]?.string)
        #expect(try await Self.users(database).contains(user))
        // A login that owns something cannot be dropped, so that its lease cannot be revoked.
        _ = try await database.psql("CREATE TABLE t(); ALTER TABLE t OWNER TO \"\(user)\"")
        try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
        try await project.generate("drop")
        let error = try await project.json("sync", exits: 1)
        #expect(error.at("error.path") == "database/")
        #expect(error.at("error.hint")?.string?.contains("sys/leases/revoke-force/database") == true)
        #expect(try server.data("database/roles/app") != nil, "the mount still serves")
        #expect(try await Self.users(database).contains(user))

        _ = try await database.psql("DROP TABLE t")
        try await project.tool("sync")
        #expect(try await !Self.users(database).contains(user))
        #expect(try server.data("sys/mounts")?["database/"] == nil)
        try await expectNothingLeft(project)
      }
    }
  }

  @Test func refusesToDeleteTheMethodThatItLoggedInThrough() async throws {
    let login = "auth: {method: approle, mount: pipeline, role_id: \"${ROLE}\", secret_id: \"${SECRET}\"}"
    try await withServer("auth/pipeline:\n  type: approle\nauth/pipeline/role/sync:\n  token_policies: [all]")
    {
      project,
      server in
      try server.request(
        "POST",
        "sys/policies/acl/all",
        #"{"policy": "path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }"}"#
      )
      try await project.generate("initial")
      try await project.tool("sync")
      let role = try #require(try server.data("auth/pipeline/role/sync/role-id")?["role_id"]?.string)
      let answer = try server.request("POST", "auth/pipeline/role/sync/secret-id", "{}").body
      let secret = BaoServer.field("secret_id", in: answer)
      try project.write("config.yaml", configuration(server.address, login))
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
      let piped = project.with(["ROLE": role, "SECRET": secret])
      #expect(try await piped.json("plan", exits: 65).at("error.path") == "auth/pipeline")
      try await project.generate("drop")
      let error = try await piped.json("sync", exits: 65)
      #expect(error.at("error.message")?.string?.contains("this login came through") == true)
      #expect(try server.data("sys/policies/acl/other") == nil, "nothing was written")

      try project.write("config.yaml", configuration(server.address))
      try await project.tool("sync", "--allow-dirty")
      #expect(try server.data("sys/auth")?["pipeline/"] == nil)
    }
  }

  private static func users(_ database: Postgres) async throws -> String {
    try await database.psql("SELECT rolname FROM pg_roles").output
  }

  private static let database = #"""
    database/:
      type: database
    database/config/app:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://{{username}}:{{password}}@127.0.0.1:${db_port}/postgres"
      username: vaultadmin
      password: ${DB_PASSWORD}
      allowed_roles: [app]
    database/roles/app:
      db_name: app
      creation_statements:
        - CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'
      revocation_statements:
        - DROP ROLE IF EXISTS "{{name}}"
      default_ttl: 1h
    """#
}
