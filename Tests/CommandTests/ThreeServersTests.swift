import FoundationEssentials
import TestSupport
import Testing
import Values

/// The example of this repository on three servers: a private one, one behind a namespace, and a protected one with TLS.
@Suite struct ThreeServersTests {
  @Test(.enabled(if: Postgres.installed != nil))
  func bringsTheExampleToAllOfThem() async throws {
    try await withThreeServers { project, staging, prod in
      try await project.tool("validate", "--env", "prod")
      let sync = try await project.json("sync", "--all")["environments"]
      #expect(sync?.array?.compactMap { $0["environment"]?.string } == ["dev", "prod", "staging"])
      #expect(sync?.array?.allSatisfy { $0.at("applied.0.version") == "0001" } == true)
      #expect(
        try staging.data("secret/data/app/config", namespace: "team")?.at("data.environment") == "development"
      )
      #expect(try staging.data("secret/data/app/config") == nil)
      #expect(try prod.data("secret/data/app/config")?.at("data.environment") == "production")
      #expect(try prod.data("database/creds/app-ro") != nil)

      let status = try await project.json("status", "--all", "--detailed-exitcode")["environments"]
      #expect(status?.array?.map { $0["state"] } == ["clean", "clean", "clean"])
      #expect(
        try await project.json("plan", "--all", "--detailed-exitcode")["environments"]?.array?.count == 3
      )
      // Both have what the schema says, certificates and all; what is secret is not compared.
      let same = try await project.tool("diff", "staging", "prod", "--detailed-exitcode")
      #expect(same.output == "No differences\n")
      try prod.request("POST", "auth/approle/role/app", #"{"token_ttl": "2h"}"#)
      let diff = try await project.json("diff", "staging", "prod", "--detailed-exitcode", exits: 2)[
        "differences"
      ]
      #expect(diff?.array?.count == 1)
      #expect(diff?.at("0.fields.0") == ["name": "token_ttl", "from": 3600, "to": 7200, "sensitive": false])
      try await project.tool("drift", "--all", exits: 2)
    }
  }
}

/// The example's schema, with servers of the test's own: `dev` private, `staging` with a token in a namespace, `prod` protected,
/// with TLS and an AppRole.
private func withThreeServers<Result>(
  _ body: (Project, BaoServer, BaoServer) async throws -> Result
) async throws -> Result {
  let example = FileManager.default.contents(atPath: "\(packageRoot)/.vault-migrations/schema.yaml") ?? Data()
  return try await Project.with(["schema.yaml": String(decoding: example, as: UTF8.self)]) { project in
    try await Postgres.with { database in
      try await BaoServer.with { staging in
        try await BaoServer.with(.devTLS) { prod in
          try project.write("ca.pem", prod.scratch.read("vault-ca.pem"))
          try project.write("config.yaml", threeServers(staging, prod, database))
          let login = try prepare(staging, prod)
          var project = project.with(login)
          project = project.with(["DB_PASSWORD": database.password, "API_KEY": "api-key-1"])
          try await project.tool("ledger", "init", "--env", "staging", "--quiet")
          try await project.with(["VAULT_TOKEN": prod.rootToken])
            .tool("ledger", "init", "--env", "prod", "--own-token", "--quiet")
          try await project.generate("initial")
          return try await body(project, staging, prod)
        }
      }
    }
  }
}

private func threeServers(_ staging: BaoServer, _ prod: BaoServer, _ database: Postgres) -> String {
  """
  version: 1
  project: example
  default_environment: dev
  environments:
    dev:
      server: embedded
    staging:
      address: "\(staging.address)"
      namespace: team
      auth: {method: token, token: "${STAGING_TOKEN}"}
    prod:
      address: "\(prod.address)"
      auth: {method: approle, mount: pipeline, role_id: "${PROD_ROLE_ID}", secret_id: "${PROD_SECRET_ID}"}
      tls: {ca_file: ca.pem}
      variables: {app_environment: production}
      protect: true
  variables:
    app_environment: development
    db_address: "127.0.0.1:\(database.port)"

  """
}

/// What an administrator does once: a namespace, and a login for the pipeline.
private func prepare(_ staging: BaoServer, _ prod: BaoServer) throws -> [String: String] {
  try staging.request("POST", "sys/namespaces/team")
  // A development server comes with a mount of its own.
  for server in [staging, prod] { try server.request("DELETE", "sys/mounts/secret") }
  let policy =
    #"path \"*\" { capabilities = [\"create\", \"read\", \"update\", \"delete\", \"list\", \"sudo\"] }"#
  try prod.request("POST", "sys/policies/acl/pipeline", "{\"policy\": \"\(policy)\"}")
  try prod.request("POST", "sys/auth/pipeline", #"{"type": "approle"}"#)
  try prod.request("POST", "auth/pipeline/role/sync", #"{"token_policies": ["pipeline"]}"#)
  let role = try prod.request("GET", "auth/pipeline/role/sync/role-id").body
  let secret = try prod.request("POST", "auth/pipeline/role/sync/secret-id").body
  return [
    "STAGING_TOKEN": staging.rootToken, "PROD_ROLE_ID": BaoServer.field("role_id", in: role),
    "PROD_SECRET_ID": BaoServer.field("secret_id", in: secret),
  ]
}
