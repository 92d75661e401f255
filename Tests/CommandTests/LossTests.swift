import TestSupport
import Testing
import Values

/// What a deletion destroys is counted on the server, and an approval covers that much and no more.
@Suite struct LossTests {
  @Test func countsWhatGoesWithAMount() async throws {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try fill(server, secrets: 3)
      for role in ["a", "b"] { try server.request("POST", "pki/roles/\(role)", "{}") }
      try server.request("POST", "auth/approle/role/web/secret-id", "{}")
      try server.request("POST", "database/config/app", Self.connection)
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
      let plan = try await project.json("plan")
      let losses = Self.losses(plan["changes"])
      #expect(losses["legacy/"] == ["secrets": 3])
      #expect(losses["database/"] == ["connections": 1, "leases": 0, "roles": 0, "static roles": 0])
      #expect(
        losses["pki/"] == ["certificates": 1, "issuers": 1, "keys": 1, "leases": 0, "roles": 2]
      )
      #expect(losses["auth/approle"] == ["leases": 0, "roles": 1])
      let text = try await project.tool("generate", "-m", "drop").output
      #expect(text.contains("destroys: pki/: all data under it: 1 certificate, 1 issuer, 1 key, 2 roles\n"))
      #expect(text.contains("destroys: legacy/: all data under it: 3 secrets\n"))
      try await project.commit("Drop")
      #expect(try await project.json("plan").at("pending.0.losses") != [:])
      let run = try await project.tool("sync")
      #expect(run.errors.contains("legacy/: destroys all data under it: 3 secrets\n"))
    }
  }

  @Test func holdsAnApprovalToWhatWasCounted() async throws {
    try await withServer(Self.legacy, environment: "protect: true") { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try fill(server, secrets: 2)
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
      try await project.tool("generate", "-m", "drop", "--approve", "prod=empty since May")
      try await project.commit("Drop")
      let file = "migrations/0002-drop.yaml"
      #expect(project.read(file).contains("reason: empty since May"))
      #expect(project.read(file).contains("secrets: 2"))
      try fill(server, secrets: 3)
      let before = try await Snapshot(project, server)
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.path") == "legacy/")
      let message = error.at("error.message")?.string ?? ""
      #expect(message.contains("destroys 3 secrets at legacy/") && message.contains("covers 2 secrets"))
      #expect(error.at("error.hint")?.string?.contains("losses: {secrets: 3}") == true)
      #expect(try await Snapshot(project, server) == before)

      try project.edit(file, "secrets: 2", "secrets: 3")
      try await project.commit("Approve three")
      try await project.tool("sync")
      #expect(try server.data("sys/mounts")?["legacy/"] == nil)
    }
  }

  @Test(arguments: [
    ("seen by two", 0, Int32(0)), ("seen by two", 1, 3), ("destroys all data under legacy/", 2, 0),
  ])
  func takesPlainWordsAtTheirWord(reason: String, secrets: Int, status: Int32) async throws {
    try await withServer(Self.legacy, environment: "protect: true") { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try fill(server, secrets: secrets)
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
      try await project.generate("drop", "--approve", "prod=\(reason)")
      #expect(project.read("migrations/0002-drop.yaml").contains("prod: \(reason)"))
      try await project.tool("sync", exits: status)
      #expect((try server.data("sys/mounts")?["legacy/"] == nil) == (status == 0))
    }
  }

  @Test func saysWhatATokenMayNotCount() async throws {
    try await withServer("auth/approle:\n  type: approle") { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
      let token = try server.makeToken(
        policy: "path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\"] }"
      )
      let limited = project.with(["VAULT_TOKEN": token])
      let plan = try await limited.json("plan")
      #expect(Self.losses(plan["changes"])["auth/approle"] == ["leases": "unknown", "roles": 0])
      #expect(try await limited.tool("plan").output.contains("leases unknown"))
    }
  }

  private func fill(_ server: BaoServer, secrets: Int) throws {
    for number in 0..<secrets {
      try server.request("POST", "legacy/data/team-\(number)/app", #"{"data": {"a": "b"}}"#)
    }
  }

  private static func losses(_ changes: Value?) -> [String: Value] {
    (changes?.array ?? []).reduce(into: [:]) { $0[$1["path"]?.string ?? ""] = $1["losses"] }
  }

  private static let connection = """
    {"plugin_name": "postgresql-database-plugin", "verify_connection": false, "allowed_roles": "*",
    "connection_url": "postgresql://{{username}}:{{password}}@127.0.0.1:1/x", "username": "u", "password": "p"}
    """

  private static let legacy = """
    legacy/:
      type: kv-v2
    """

  private static let state = """
    legacy/:
      type: kv-v2
    database/:
      type: database
    pki/:
      type: pki
    pki/root/generate/internal:
      common_name: Root
    auth/approle:
      type: approle
    auth/approle/role/web:
      token_policies: [web]
    """
}
