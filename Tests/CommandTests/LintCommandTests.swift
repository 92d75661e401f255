import TestSupport
import Testing
import Values

/// `lint` and `policy test` as a pipeline uses them.
@Suite struct LintCommandTests {
  private static let state = """
    secret/:
      type: kv-v2
    sys/policies/acl/web:
      policy: |
        path "secret/web" { capabilities = ["read"] }
        path "secret/data/{{identity.entity.name}}/*" { capabilities = ["read", "update"] }
    """

  @Test func saysWhatIsWrongAndWhere() async throws {
    try await Project.with([
      "config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(Self.state),
    ]) {
      project in
      let text = try await project.tool("lint").output
      #expect(
        text.contains(
          ".vault-migrations/schema.yaml:5:5: warning: sys/policies/acl/web, line 1: \"secret/web\" matches nothing"
        )
      )
      #expect(text.contains("hint: write secret/data/web to read and write"))
      #expect(text.hasSuffix("1 warning\n"))
      try await project.tool("lint", "--strict", exits: 65)
      #expect(
        try await project.tool("lint", "--rule", "pki-any-name", "--strict").output == "nothing found\n"
      )
      #expect(
        try await project.tool("lint", "--rule", "pki-any-nme", exits: 64).errors.contains(
          "did you mean pki-any-name?"
        )
      )
      #expect(try await project.json("lint", "--list")["rules"]?.array?.count ?? 0 > 20)

      try await project.generate("initial")
      #expect(try await project.tool("validate").errors.contains("[policy-kv2-path]"))
      try await project.tool("validate", "--strict", exits: 65)
      let chain = project.read("migrations/chain")
      try project.edit(
        "schema.yaml",
        "  policy: |",
        "  lint: {policy-kv2-path: \"a plugin takes it\"}\n    policy: |"
      )
      let silenced = try await project.json("lint", "--strict")
      #expect(silenced["findings"] == [])
      #expect(silenced.at("silenced.0.reason") == "a plugin takes it")
      #expect(try await project.tool("generate", "--offline").output == "No changes required\n")
      #expect(project.read("migrations/chain") == chain)

      try project.edit("schema.yaml", "[\"read\"]", "\"read\"")
      let broken = try await project.json("lint", exits: 65)
      #expect(broken.at("findings.0.rule") == "policy-syntax")
      #expect(broken.at("findings.0.message")?.string?.contains("capabilities is a list") == true)
    }
  }

  @Test func testsPoliciesAsTheServerDecides() async throws {
    try await withServer(Self.state) { project, server in
      try project.write(
        "tests/web.yaml",
        """
        - {policies: [web], path: secret/data/web, cannot: [read]}
        - {policies: [WEB], path: secret/web, can: [read], cannot: [update]}
        - {policies: [web], path: secret/data/ann/x, can: [read, update], cannot: [delete], templates: {identity.entity.name: ann}}
        - {policies: [web], path: secret/data/bob/x, cannot: [read], templates: {identity.entity.name: ann}}
        """
      )
      #expect(try await project.tool("policy", "test").output == "as expected  4 expectations\n")
      try await project.generate("initial")
      try await project.tool("sync")
      // The server fills in the name of who logs in.
      try server.request("POST", "sys/auth/userpass", #"{"type": "userpass"}"#)
      try server.request(
        "POST",
        "auth/userpass/users/ann",
        #"{"password": "ann-password-1", "token_policies": "web"}"#
      )
      let accessor = try server.data("sys/auth")?.at("userpass/.accessor")?.string ?? ""
      try server.request("POST", "identity/entity/name/ann", "{}")
      let id = try server.data("identity/entity/name/ann")?["id"]?.string ?? ""
      try server.request(
        "POST",
        "identity/entity-alias",
        #"{"name": "ann", "canonical_id": "\#(id)", "mount_accessor": "\#(accessor)"}"#
      )
      let login = try server.request(
        "POST",
        "auth/userpass/login/ann",
        #"{"password": "ann-password-1"}"#,
        token: ""
      )
      let token = BaoServer.field("client_token", in: login.body)
      for outcome in try await project.json("policy", "test")["expectations"]?.array ?? [] {
        let path = outcome["path"]?.string ?? ""
        let answer = try server.request(
          "POST",
          "sys/capabilities",
          #"{"token": "\#(token)", "paths": ["\#(path)"]}"#
        )
        let told = try JSON.parse(Array(answer.body.utf8)).at("data")?[path]?.texts ?? []
        #expect(Set(outcome["capabilities"]?.texts ?? []) == Set(told), "\(path)")
      }

      try project.edit("tests/web.yaml", "can: [read], cannot: [update]", "can: [update]")
      let failed = try await project.tool("policy", "test", exits: 65)
      #expect(
        failed.errors.contains(
          "tests/web.yaml:2:3: error: WEB cannot update secret/web, against what is expected"
        )
      )
      #expect(failed.output == "1 of 4 expectations failed\n")
      try project.write("tests/bad.yaml", "- {policies: [web], path: a, can: [raed]}\n- {path: a}\n")
      let refused = try await project.tool("policy", "test", exits: 65)
      #expect(refused.errors.contains("did you mean \"read\"?"))
      try project.write("tests/bad.yaml", "- {policies: [gone], path: a, can: [read]}\n")
      #expect(
        try await project.tool("policy", "test", exits: 65).errors.contains(
          "does not declare the policy sys/policies/acl/gone"
        )
      )
    }
  }
}
