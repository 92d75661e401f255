import TestSupport
import Testing
import Values

/// Objects that a server knows by an id alone are declared by name: identity aliases, methods of multi-factor
/// authentication.
@Suite struct AliasTests {
  private static let state = """
    auth/userpass:
      type: userpass
    auth/userpass/users/ann:
      password: ${PASSWORD}
    auth/team/pass/:
      type: userpass
    sys/policies/acl/devs:
      policy: path "secret/data/devs" { capabilities = ["read"] }
    identity/entity/name/ann:
      metadata: {team: devs}
    identity/group/name/devs:
      policies: [devs]
      member_entity_ids: ["${id:identity/entity/name/ann}"]
    identity/entity-alias/name/ann@auth/userpass:
      canonical: identity/entity/name/ann
      custom_metadata: {badge: "7"}
    identity/group/name/outside:
      type: external
      policies: [devs]
    identity/group-alias/name/cn=devs@example.com@auth/team/pass:
      canonical: identity/group/name/outside
    """

  private func withAliases(_ body: (Project, BaoServer) async throws -> Void) async throws {
    try await withServer(Self.state) { project, server in
      try await body(project.with(["PASSWORD": "ann-password"]), server)
    }
  }

  private func logIn(_ server: BaoServer) throws -> Value? {
    let answer = try server.request("POST", "auth/userpass/login/ann", #"{"password": "ann-password"}"#)
    return try JSON.parse(Array(answer.body.utf8))["auth"]
  }

  private func id(_ path: String, _ server: BaoServer) throws -> Value? { try server.data(path)?["id"] }

  private func aliases(_ kind: String, _ server: BaoServer) throws -> [Value] {
    try server.list("identity/\(kind)/id").compactMap { try server.data("identity/\(kind)/id/\($0)") }
  }

  @Test func `whoever logs in has what the group of the entity gives`() async throws {
    try await withAliases { project, server in
      try await project.generate("people")
      let text = project.read("migrations/0001-people.yaml")
      #expect(text.contains("canonical_id: ${id:identity/entity/name/ann}"))
      #expect(text.contains("mount_accessor: ${accessor:auth/userpass}"))
      try await project.tool("sync")
      let login = try logIn(server)
      #expect(login?["entity_id"] == (try id("identity/entity/name/ann", server)))
      #expect(login?["identity_policies"] == ["devs"])
      let group = try #require(try aliases("group-alias", server).first)
      #expect(group["name"] == "cn=devs@example.com" && group["mount_path"] == "auth/team/pass/")
      #expect(group["canonical_id"] == (try id("identity/group/name/outside", server)))
      try await expectNothingLeft(project)
    }
  }

  @Test func `aliases are changed, moved by hand, lost and deleted like anything else`() async throws {
    try await withAliases { project, server in
      try await project.generate("people")
      try await project.tool("sync")
      try project.edit("schema.yaml", "badge: \"7\"", "badge: \"8\"")
      try project.edit(
        "schema.yaml",
        "canonical: identity/group/name/outside",
        "canonical: identity/group/name/other\n  identity/group/name/other: {type: external}"
      )
      try await project.generate("badge")
      try await project.tool("sync")
      #expect(try aliases("entity-alias", server).first?.at("custom_metadata.badge") == "8")
      #expect(try aliases("group-alias", server).count == 1)
      #expect(
        try aliases("group-alias", server).first?["canonical_id"] == id("identity/group/name/other", server)
      )
      try await expectNothingLeft(project)

      let alias = try #require(try aliases("entity-alias", server).first)
      let other = try server.request("POST", "identity/entity/name/eve", "{}")
      let moved: Value = [
        "name": "ann", "mount_accessor": alias["mount_accessor"] ?? .null,
        "canonical_id": .string(BaoServer.field("id", in: other.body)),
      ]
      try server.request("POST", "identity/entity-alias", JSON.text(moved))
      let drift = try await project.json("drift", exits: 2)
      #expect(drift.at("drift.0.path") == "identity/entity-alias/name/ann@auth/userpass")
      #expect(drift.at("drift.0.fields.0.name") == "canonical_id")
      try await project.tool("sync", "--revert", "identity/entity-alias/name/ann@auth/userpass")
      #expect(try logIn(server)?["identity_policies"] == ["devs"])

      let start = try #require(Self.state.firstRange(of: "identity/entity-alias"))
      let end = try #require(Self.state.firstRange(of: "identity/group/name/outside"))
      let entry = Self.state[start.lowerBound..<end.lowerBound].split(separator: "\n").map { "  \($0)\n" }
        .joined()
      try project.edit("schema.yaml", entry.replacing("\"7\"", with: "\"8\""), "")
      try await project.generate("alone")
      try await project.tool("sync")
      #expect(try aliases("entity-alias", server).isEmpty)
      #expect(try server.data("identity/entity/name/ann") != nil)
      try await expectNothingLeft(project)
    }
  }

  @Test func `an alias that a login made is taken over, that of somebody is not`() async throws {
    try await withAliases { project, server in
      try await project.generate("people")
      try server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      try server.request("POST", "auth/userpass/users/ann", #"{"password": "ann-password"}"#)
      let before = try logIn(server)?["entity_id"]?.string ?? ""
      try server.request("POST", "identity/entity/id/\(before)", #"{"metadata": {"since": "2020"}}"#)
      let refused = try await project.json("sync", exits: 3)
      #expect(refused.at("error.path") == "identity/entity-alias/name/ann@auth/userpass")
      #expect(refused.at("error.message")?.string?.contains("canonical_id") == true)
      try server.request("POST", "identity/entity/id/\(before)", #"{"metadata": {}}"#)
      try await project.tool("sync")
      let login = try logIn(server)
      #expect(login?["entity_id"] == (try id("identity/entity/name/ann", server)))
      #expect(login?["identity_policies"] == ["devs"])
      try await expectNothingLeft(project)
    }
  }

  /// A rollback gives back what was taken over, to whom it was taken from.
  @Test func `an alias that a login made goes back to its entity`() async throws {
    try await withAliases { project, server in
      let start = try #require(Self.state.firstRange(of: "identity/entity/name/ann"))
      let begin = String(Self.state[..<start.lowerBound])
      try project.write("schema.yaml", schema(begin))
      try await project.generate("method")
      try await project.tool("sync")
      let before = try logIn(server)?["entity_id"]
      try project.write("schema.yaml", schema(Self.state))
      try await project.generate("people")
      try await project.tool("sync")
      let ann = try logIn(server)?["entity_id"]
      #expect(ann != before)
      try await project.tool("rollback", "--now")
      #expect(try logIn(server)?["entity_id"] == before)
      #expect(try server.data("identity/entity/name/ann") == nil)
      #expect(try await project.json("drift")["drift"] == [])
      try await project.tool("release")
      #expect(try logIn(server)?["identity_policies"] == ["devs"])
      try await expectNothingLeft(project)
    }
  }

  @Test func `several methods of a kind are declared by name`() async throws {
    let state = """
      auth/approle: {type: approle}
      identity/mfa/method/totp/phone: {issuer: Shop, period: 30}
      identity/mfa/method/totp/token: {issuer: Shop, period: 60}
      identity/mfa/login-enforcement/all:
        mfa_method_ids: ["${id:identity/mfa/method/totp/token}"]
        auth_method_types: [approle]
      """
    try await withServer(state) { project, server in
      func methods() throws -> [Value] {
        try server.list("identity/mfa/method/totp").compactMap {
          try server.data("identity/mfa/method/totp/\($0)")
        }
        .sorted { ($0["name"]?.string ?? "") < ($1["name"]?.string ?? "") }
      }
      try await project.generate("methods")
      try await project.tool("sync")
      #expect(try methods().map { $0["name"] } == ["phone", "token"])
      #expect(try methods().map { $0["period"] } == [30, 60])
      try await expectNothingLeft(project)
      try project.edit("schema.yaml", "period: 60", "period: 45")
      try project.edit("schema.yaml", "  identity/mfa/method/totp/phone: {issuer: Shop, period: 30}\n", "")
      try await project.generate("fewer")
      try await project.tool("sync")
      #expect(try methods().map { $0["name"] } == ["token"] && methods().first?["period"] == 45)
      try await expectNothingLeft(project)
    }
  }

  @Test func `an entry that does not say whose alias it is is refused`() async throws {
    let state = """
      identity/entity-alias/name/ann:
        canonical: identity/entity/name/ann
      identity/entity-alias/name/bob@auth/userpass:
        canonical: bob
      identity/entity-alias/name/eve@auth/userpass:
        canonical_id: abc
        name: mallory
      """
    let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(state)]
    try await Project.with(files) { project in
      let errors = try await project.tool("validate", exits: 65).errors
      #expect(
        errors.contains("schema.yaml:3:5: error: identity/entity-alias/name/ann does not name an alias")
      )
      #expect(
        errors.contains(
          "schema.yaml:5:16: error: identity/entity-alias/name/bob@auth/userpass needs canonical"
        )
      )
      #expect(
        errors.contains("schema.yaml:8:11: error: name of identity/entity-alias/name/eve@auth/userpass")
      )
    }
  }
}
