import TestSupport
import Testing
import Values

/// What one environment's run asks of another's server: `${vault:ENV@PATH#FIELD}`, and `diff`.
@Suite struct OtherEnvironmentTests {
  @Test func readsAValueFromANamedEnvironmentWithItsOwnLogin() async throws {
    try await withPair { project, staging, prod in
      try project.write(
        "schema.yaml",
        schema(
          """
          auth/userpass: {type: userpass}
          auth/userpass/users/ann: {password: "${vault:staging@secret/data/shared#password}"}
          auth/userpass/users/bob: {password: "${vault:staging@secret/data/shared#other}"}
          """
        )
      )
      try await project.generate("users")
      try await FaultProxy.with(staging.port) { proxy in
        try project.edit("config.yaml", staging.address, proxy.address)
        try await project.commit("Through a proxy")
        // The token of the chosen environment, also as the shell has it, is not for the other server.
        let shell = project.with(["VAULT_TOKEN": prod.rootToken, "VAULT_ADDR": prod.address])
        let missing = try await shell.json("sync", "--env", "prod", exits: 3)
        #expect(
          missing.at("error.message")?.string?.contains("nothing at secret/data/shared in staging") == true
        )
        try staging.request(
          "POST",
          "secret/data/shared",
          #"{"data": {"password": "from-staging", "other": "second"}}"#
        )
        let run = try await shell.tool("sync", "--env", "prod")
        #expect(!(run.output + run.errors).contains("from-staging"))
        let reads = proxy.requests.filter { $0.path == "/v1/secret/data/shared" }
        // The first run looked once; the second before it had the lock, and once more when it had it.
        #expect(reads.count == 3)
        #expect(
          proxy.requests.compactMap { $0.header("X-Vault-Token") }.allSatisfy { $0 == staging.rootToken }
        )
        try project.edit("config.yaml", proxy.address, staging.address)
      }
      for (user, password) in [("ann", "from-staging"), ("bob", "second")] {
        let login = try prod.request("POST", "auth/userpass/login/\(user)", "{\"password\": \"\(password)\"}")
        #expect(login.status == 200)
      }
      #expect(try staging.data("sys/auth")?["userpass/"] == nil)
      // It is followed, as any secret is.
      try await project.commit("Without the proxy")
      try staging.request(
        "POST",
        "secret/data/shared",
        #"{"data": {"password": "rotated", "other": "second"}}"#
      )
      let refreshed = try await project.json("sync", "--env", "prod")["refreshed"]
      #expect(refreshed?.texts == ["auth/userpass/users/ann"])
      #expect(try prod.request("POST", "auth/userpass/login/ann", #"{"password": "rotated"}"#).status == 200)
    }
  }

  @Test func tellsAnEnvironmentThatNobodyCanRead() async throws {
    try await withPair { project, _, _ in
      try project.write(
        "schema.yaml",
        schema("kv/data/x:\n  data: {a: \"${vault:stagin@secret/data/x#f}\"}\nkv/: {type: kv-v2}")
      )
      let error = try await project.json("generate", "--offline", exits: 65)
      #expect(
        error.at("error.message")?.string?.contains("\"stagin\", which config.yaml does not have") == true
      )
      #expect(error.at("error.hint") == "did you mean \"staging\"?")
      #expect(error.at("error.line") == 2)
    }
  }

  @Test func comparesTwoServersInTermsOfTheSchema() async throws {
    try await withPair { project, staging, prod in
      try project.write(
        "schema.yaml",
        schema(
          """
          auth/approle: {type: approle}
          auth/approle/role/web: {token_ttl: "${ttl}", token_policies: [web]}
          identity/entity/name/ann: {policies: [web]}
          identity/entity-alias/name/ann@auth/approle: {canonical: identity/entity/name/ann}
          kv/: {type: kv-v2}
          kv/data/app: {data: {password: "${APP_PASSWORD}", mode: fast}}
          sys/policies/acl/prod-only:
            environments: [prod]
            policy: path "b" { capabilities = ["read"] }
          """
        )
      )
      try await project.generate("initial")
      try await project.with(["APP_PASSWORD": "for-staging"]).tool("sync", "--env", "staging")
      try await project.with(["APP_PASSWORD": "for-prod"]).tool("sync", "--env", "prod")
      let diff = try await project.json("diff", "staging", "prod", "--detailed-exitcode", exits: 2)
      let differences = diff["differences"]?.array ?? []
      #expect(
        differences.map { "\($0["action"]?.string ?? "") \($0["path"]?.string ?? "")" } == [
          "update auth/approle/role/web", "create sys/policies/acl/prod-only",
        ]
      )
      #expect(
        differences.first?.at("fields.0") == [
          "name": "token_ttl", "from": 600, "to": 1200, "sensitive": false,
        ]
      )

      try prod.request("POST", "kv/data/app", #"{"data": {"password": "x", "extra": "very-secret"}}"#)
      try prod.request(
        "POST",
        "auth/approle/role/web",
        #"{"bind_secret_id": false, "token_bound_cidrs": "10.0.0.0/8"}"#
      )
      try staging.request("DELETE", "identity/entity/name/ann")
      let text = try await project.tool("diff", "prod", "staging").output
      #expect(text.hasPrefix("prod → staging  (- only in prod, + only in staging)\n"))
      #expect(text.contains("- identity/entity/name/ann\n"))
      #expect(text.contains("data.extra: (sensitive)"))
      #expect(text.contains("data.mode: (sensitive)"))
      #expect(!text.contains("data.password"))
      #expect(text.contains("bind_secret_id"), "what nobody declared counts as well")
      #expect(!text.contains("very-secret"))
    }
  }

  @Test func findsNoDifferencesBetweenTwoEqualServers() async throws {
    try await withPair { project, _, _ in
      try project.edit("config.yaml", "variables: {ttl: 10m}", "variables: {ttl: 20m}")
      try project.write("schema.yaml", schema(Small.state))
      try await project.generate("initial")
      let project = project.with(["APP_PASSWORD": "one"])
      try await project.tool("sync", "--all", "--quiet")
      #expect(
        try await project.tool("diff", "staging", "prod", "--detailed-exitcode").output == "No differences\n"
      )
      try await project.tool("diff", "prod", "prod", exits: 64)
      try await project.tool("diff", "prod", "nowhere", exits: 64)
    }
  }
}

/// A project with two servers that log in by tokens of their own.
private func withPair<Result>(_ body: (Project, BaoServer, BaoServer) async throws -> Result) async throws
  -> Result
{
  try await Project.with(["schema.yaml": schema("")]) { project in
    try await BaoServer.with { staging in
      try await BaoServer.with { prod in
        try project.write(
          "config.yaml",
          """
          version: 1
          project: pair
          environments:
            staging:
              address: "\(staging.address)"
              auth: {method: token, token: "${STAGING_TOKEN}"}
              variables: {ttl: 10m}
            prod:
              address: "\(prod.address)"
              auth: {method: token, token: "${PROD_TOKEN}"}
              variables: {ttl: 20m}

          """
        )
        let project = project.with(["STAGING_TOKEN": staging.rootToken, "PROD_TOKEN": prod.rootToken])
        for name in ["staging", "prod"] { try await project.tool("ledger", "init", "--env", name, "--quiet") }
        return try await body(project, staging, prod)
      }
    }
  }
}
