import Catalogue
import TestSupport
import Testing
import Values

/// The project of the main story, with a real database, taken back to its first version and brought forward again.
@Suite(.enabled(if: Postgres.installed != nil)) struct RollbackProofTests {
  /// Every path of it that shows what was written.
  private static let shown = [
    "auth/approle/role/web", "sys/auth/approle/tune", "sys/policies/acl/app-text",
    "sys/policies/acl/app-maps",
    "sys/policies/acl/app-hcl", "pki/config/urls", "pki/roles/web", "sys/mounts/pki/tune",
    "sys/mounts/apps/tune",
    "apps/data/web/config", "transit/keys/orders", "auth/userpass/users/alice", "identity/entity/name/alice",
    "identity/group/name/admins", "database/config/app", "database/roles/reader",
  ]
  /// What servers count or date by themselves.
  private static let counted: Set<String> = [
    "version", "metadata", "last_update_time", "modified", "modify_index", "cas_required",
  ]

  /// Something of each is changed, removed or added; and what is there only now.
  private static let edits = [
    ("default_lease_ttl: 1h, max_lease_ttl: 24h", "max_lease_ttl: 48h"),
    ("token_policies: [app-maps, app-hcl]", "token_policies: [app-hcl]\n    secret_id_num_uses: 7"),
    ("    token_max_ttl: 1h\n", ""),
    ("apps/data/text/*\" { capabilities = [\"read\"] }", "apps/data/text/*\" { capabilities = [\"list\"] }"),
    ("[\"https://pki.example.com/ca\"]", "[\"https://pki.example.com/other\"]"),
    ("    allow_subdomains: true\n    max_ttl: 72h\n", "    allow_bare_domains: true\n"),
    ("description: Secrets of the applications", "description: Secrets"),
    ("environment: production", "environment: test, added: more"),
    ("${ALICE_PASSWORD}", "${ALICE_PASSWORD_2}"),
    ("metadata: {team: web}", "metadata: {team: ops, floor: \"3\"}"),
    ("    policies: [app-hcl]", "    policies: [app-maps]"),
    ("allowed_roles: [reader]", "allowed_roles: [reader, writer]\n    max_open_connections: 7"),
    ("default_ttl: 1h", "default_ttl: 2h\n    max_ttl: 4h"),
  ]

  @Test(arguments: [false, true])
  func `Everything is as it was after the way back and forward`(atOnce: Bool) async throws {
    try await Postgres.with { database in
      let variables = "variables: {db_port: \"\(database.port)\"}"
      try await withServer(Everything.state, settings: variables) { project, server in
        let project = project.with([
          "API_KEY": "api-key-1", "ALICE_PASSWORD": "alice-password-1",
          "ALICE_PASSWORD_2": "alice-password-2",
          "DB_PASSWORD": database.password,
        ])
        try await project.generate("initial")
        try await project.tool("sync")
        let first = try shown(server)
        try edit(project)
        try await project.generate("second")
        try await project.tool("sync")
        let second = try shown(server)
        try await expect(server, password: "alice-password-2")

        try await goBack(project, atOnce)
        expectSame(try shown(server), first, "back")
        try await expect(server, password: "alice-password-1")
        try await checkDatabase(server, database)
        #expect(try server.list("pki/issuers").count == 1)
        #expect(try server.data("sys/mounts")?["extra/"] == nil)

        try await goForward(project, atOnce)
        expectSame(try shown(server), second, "forward")
        try await expect(server, password: "alice-password-2")
        try await checkDatabase(server, database)
        try await expectNothingLeft(project)
      }
    }
  }

  private func edit(_ project: Project) throws {
    for (old, new) in Self.edits { try project.edit("schema.yaml", old, new) }
    try project.write("schema.yaml", project.read("schema.yaml") + "  extra/:\n    type: kv-v2\n")
  }

  private func goBack(_ project: Project, _ atOnce: Bool) async throws {
    let change = atOnce ? ["rollback", "--now", "--dry-run"] : ["rollback", "--to", "1", "--dry-run"]
    // What is lost for good is said before anything is done.
    #expect(try await project.tool(change).output.contains("- extra/"))
    if atOnce {
      try await project.tool("rollback", "--now")
      try await project.tool("drift")
    } else {
      try await project.tool("rollback", "--to", "1")
      try await project.commit("Roll back")
      try await project.tool("sync")
      try await expectNothingLeft(project)
    }
  }

  private func goForward(_ project: Project, _ atOnce: Bool) async throws {
    guard !atOnce else {
      try await project.tool("release")
      return
    }
    try await project.tool("rollback", "--to", "2")
    try await project.commit("Forward again")
    try await project.tool("sync")
  }

  private func shown(_ server: BaoServer) throws -> [String: [String: Value]] {
    var found: [String: [String: Value]] = [:]
    for path in Self.shown {
      let data = try #require(try server.data(path), "\(path)")
      found[path] = EveryEndpointServer.leaves(data).filter { name, _ in
        !Self.counted.contains(String(name.prefix { $0 != "." }))
      }
    }
    return found
  }

  private func expectSame(
    _ now: [String: [String: Value]],
    _ before: [String: [String: Value]],
    _ way: String
  ) {
    for (path, fields) in before {
      for name in EveryEndpointServer.changes(fields, now[path] ?? [:]) {
        let (old, new) = (fields[name] ?? .null, now[path]?[name] ?? .null)
        #expect(old.isZero && new.isZero, "\(way): \(path) \(name): \(JSON.text(new)), was \(JSON.text(old))")
      }
    }
  }

  /// Which password logs in; the other one does not.
  private func expect(_ server: BaoServer, password: String) async throws {
    for text in ["alice-password-1", "alice-password-2"] {
      let body = JSON.text(["password": .string(text)])
      let answer = try server.request("POST", "auth/userpass/login/alice", body, token: "")
      #expect((answer.status == 200) == (text == password), "\(text): \(answer.status)")
    }
  }

  /// Credentials that really log in.
  private func checkDatabase(_ server: BaoServer, _ database: Postgres) async throws {
    let made = try server.data("database/creds/reader")
    let user = try #require(made?["username"]?.string)
    let password = try #require(made?["password"]?.string)
    let answer = try await database.psql("SELECT current_user", user: user, password: password)
    #expect(answer.output == "\(user)\n")
  }
}
