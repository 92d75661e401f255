import Catalogue
import TestSupport
import Testing
import Values
import VaultClient

@Suite(.enabled(if: Postgres.installed != nil, "needs PostgreSQL below /usr/lib/postgresql"))
struct PostgresTests {
  @Test func `a real database takes a real connection, and a wrong password is not repeated`() async throws {
    try await BaoServer.with { server in
      try await Postgres.with { database in
        let client = try makeClient(server)
        _ = try client.perform(
          VaultRequest(.write, VaultPath("sys/mounts/database"), body: ["type": "database"])
        )
        func connect(_ password: String) -> VaultError? {
          client.failure(
            .write,
            "database/config/app",
            [
              "plugin_name": "postgresql-database-plugin", "allowed_roles": "*",
              "connection_url": .string(
                "postgresql://{{username}}:{{password}}@127.0.0.1:\(database.port)/postgres"
              ),
              "username": .string(database.user), "password": .secret(Secret(password)),
            ]
          )
        }
        let wrong = connect("hidden-and-wrong")
        #expect(wrong?.kind == .refused)
        #expect(wrong?.message.contains("hidden-and-wrong") == false)
        #expect(connect(database.password) == nil)
        let count = try await database.psql("SELECT 40 + 2")
        #expect(count.output == "42\n")
        #expect(try await database.psql("SELECT 1", password: "no").status == 2)
      }
    }
  }
}
