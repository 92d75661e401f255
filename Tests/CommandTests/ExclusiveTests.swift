import TestSupport
import Testing
import Values

/// Paths under which nothing may be that nobody declared.
@Suite struct ExclusiveTests {
  private static let settings = "exclusive: [auth/approle/role/*, sys/policies/acl/*, pki/issuer/*]"

  @Test func showsWhatAppeared() async throws {
    try await withSmallProject(settings: Self.settings) { project, server in
      try await project.tool("sync")
      try await expectNothingLeft(project)
      try server.request("POST", "auth/approle/role/stranger", #"{"token_ttl": 60}"#)
      try server.request("POST", "auth/approle/role/WEB", "{}")
      try server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      let drift = try await project.json("drift", exits: 2)["drift"]?.array ?? []
      #expect(drift.map { $0["path"] } == ["auth/approle/role/stranger"])
      #expect(drift.first?["action"] == "create")
      #expect(drift.first?["declared"] == false)
      #expect(drift.first?["fields"]?.array?.contains { $0["name"] == "token_ttl" && $0["to"] == 60 } == true)
      #expect(try await project.json("plan", "--detailed-exitcode", exits: 2)["drift"]?.array == drift)
      // It is never taken away, also beside what is put back.
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": 77}"#)
      let left = try await project.json("drift", "--revert", exits: 2)["drift"]?.array ?? []
      #expect(left.map { $0["path"] } == ["auth/approle/role/stranger"])
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      // Once it is in the schema it is no stranger; a migration adopts it.
      try project.write(
        "schema.yaml",
        project.read("schema.yaml") + "  auth/approle/role/stranger: {token_ttl: 60}\n"
      )
      #expect(try await project.json("drift")["drift"] == [])
    }
  }

  @Test func knowsWhatDeclaredActionsMake() async throws {
    let state = "pki/:\n  type: pki\npki/root/generate/internal:\n  common_name: Root\n"
    try await withServer(state, settings: Self.settings) { project, server in
      try await project.generate("root")
      try await project.tool("sync")
      #expect(try server.list("pki/issuers").count == 1)
      try await expectNothingLeft(project)
    }
  }

  @Test func saysWhenItCannotLook() async throws {
    try await withSmallProject(settings: "exclusive: [sys/policies/acl/*]") { project, server in
      try await project.tool("sync")
      let token = try server.makeToken(
        policy: """
          path "apps/metadata/*" { capabilities = ["read"] }
          path "auth/approle/role/*" { capabilities = ["read"] }
          path "sys/policies/acl/web" { capabilities = ["read"] }
          path "sys/mounts" { capabilities = ["read"] }
          path "sys/auth" { capabilities = ["read"] }
          path "vault-migrations/*" { capabilities = ["create", "read", "update", "list"] }
          """
      )
      let error = try await project.with(["VAULT_TOKEN": token]).json("drift", exits: 77)
      #expect(error.at("error.path") == "sys/policies/acl")
    }
  }

  @Test func refusesWhatIsNoPath() async throws {
    try await withServer("{}") { project, server in
      try project.write("config.yaml", configuration(server.address, "", "exclusive: /sys/policies"))
      let error = try await project.json("validate", exits: 78)
      #expect(error.at("error.message") == "exclusive must be a list of paths, with * for any text")
    }
  }
}
