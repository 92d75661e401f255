import FoundationEssentials
import TestSupport
import Testing
import Values

/// Logins that really log in, and policies that follow who logged in.
@Suite struct LoginEngineTests {
  @Test func `A token of the pipeline, signed by its key, logs in as its role says`() async throws {
    let text = #"""
      auth/jwt/: {type: jwt}
      auth/jwt/config:
        jwt_validation_pubkeys: ["${file:PUBLIC}"]
        bound_issuer: https://ci.example.com
      auth/jwt/role/deploy:
        role_type: jwt
        user_claim: sub
        bound_audiences: [vault]
        bound_claims: {ref: main}
        token_policies: [deploy]
        token_ttl: 10m
      sys/policies/acl/deploy: {policy: 'path "apps/data/deploy" { capabilities = ["read"] }'}
      """#
    try await withServer("{}") { project, server in
      let scratch = project.scratch
      try await JWT.makeKeys(in: scratch)
      try project.write("schema.yaml", schema(text.replacing("PUBLIC", with: scratch.file("jwt.pub"))))
      try await project.generate("initial")
      try await project.tool("sync")
      let now = Int(Date().timeIntervalSince1970)
      var claims: [String: Value] = [
        "iss": "https://ci.example.com", "aud": "vault", "sub": "shop", "ref": "main",
        "iat": .number(Number(now)), "exp": .number(Number(now + 300)),
      ]
      let good = try await JWT.sign(.object(claims), in: scratch)
      let login = try server.act("auth/jwt/login", ["role": "deploy", "jwt": .string(good)], token: "")
      #expect(login["policies"]?.texts.contains("deploy") == true)
      #expect(login["lease_duration"] == 600)
      claims["ref"] = "feature"
      let other = try await JWT.sign(.object(claims), in: scratch)
      let body: Value = ["role": "deploy", "jwt": .string(other)]
      #expect(try server.request("POST", "auth/jwt/login", JSON.text(body), token: "").status == 400)
      try await expectNothingLeft(project)
    }
  }

  @Test func `An enforced second factor is asked for at the login`() async throws {
    let text = #"""
      auth/userpass: {type: userpass}
      auth/userpass/users/alice:
        password: ${ALICE_PASSWORD}
      identity/mfa/method/totp:
        method_name: phone
        issuer: Example
      identity/mfa/login-enforcement/all:
        mfa_method_ids: ["${id:identity/mfa/method/totp/phone}"]
        auth_method_accessors: ["${accessor:auth/userpass}"]
      """#
    try await withServer(text) { project, server in
      let project = project.with(["ALICE_PASSWORD": "alice-password-1"])
      try await project.generate("initial")
      try await project.tool("sync")
      let login = try server.act("auth/userpass/login/alice", ["password": "alice-password-1"], token: "")
      #expect(login["client_token"] == "")
      let method = login.at("mfa_requirement.mfa_constraints.all.any.0")
      #expect(method?["type"] == "totp")
      #expect(try server.list("identity/mfa/method/totp") == [method?["id"]?.string ?? "?"])
      try await expectNothingLeft(project)
    }
  }

  @Test func `A templated policy lets each user read only what is theirs`() async throws {
    let text = #"""
      auth/userpass: {type: userpass}
      auth/userpass/users/alice: {password: "${PASSWORD}"}
      auth/userpass/users/bob: {password: "${PASSWORD}"}
      identity/entity/name/alice: {metadata: {team: web}}
      identity/entity/name/bob: {metadata: {team: db}}
      identity/entity-alias:
        name: alice
        canonical_id: ${id:identity/entity/name/alice}
        mount_accessor: ${accessor:auth/userpass}
      identity/group/name/all:
        member_entity_ids: ["${id:identity/entity/name/alice}"]
        policies: [own, team]
      sys/policies/acl/own:
        policy: |
          path "apps/data/users/{{identity.entity.aliases.${accessor:auth/userpass}.name}}/*" { capabilities = ["read"] }
      sys/policies/acl/team:
        policy: |
          path "apps/data/teams/{{identity.entity.metadata.team}}" { capabilities = ["read"] }
      apps/: {type: kv-v2}
      """#
    try await withServer(text) { project, server in
      let project = project.with(["PASSWORD": "password-1"])
      try await project.generate("initial")
      try await project.tool("sync")
      for path in ["users/alice/key", "users/bob/key", "teams/web", "teams/db"] {
        _ = try server.act("apps/data/\(path)", ["data": ["a": "b"]])
      }
      let login = try server.act("auth/userpass/login/alice", ["password": "password-1"], token: "")
      let token = login["client_token"]?.string ?? ""
      func status(_ path: String) throws -> Int {
        try server.request("GET", "apps/data/\(path)", token: token).status
      }
      #expect(try status("users/alice/key") == 200)
      #expect(try status("users/bob/key") == 403)
      #expect(try status("teams/web") == 200)
      #expect(try status("teams/db") == 403)
      try await expectNothingLeft(project)
    }
  }
}
