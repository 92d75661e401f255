import FoundationEssentials
import TestSupport
import Testing
import Values

/// Replaying migrations on a server that nobody needs.
@Suite struct VerifyTests {
  private static let settings = """
    version: 1
    project: shop
    default_environment: prod
    environments:
      prod: {address: "http://127.0.0.1:1", protect: true, variables: {ttl: 30m}}
      stage: {address: "http://127.0.0.1:1", variables: {ttl: 5m}}

    """

  private static let first = """
    apps/:
      type: kv-v2
    apps/data/web:
      data: {password: "${APP_PASSWORD}", copy: "${vault:elsewhere/data/x#password}"}
    auth/approle:
      type: approle
    auth/approle/role/web:
      token_policies: [web]
      token_ttl: ${ttl}
      token_num_uses: ${USES}
    sys/policies/acl/web:
      policy: path "apps/data/web" { capabilities = ["read"] }
    pki/:
      type: pki
    pki/root/generate/internal:
      common_name: Example Root CA
    pki/roles/web:
      allowed_domains: [example.com]

    """

  private static let second = #"""
    database/:
      type: database
    database/config/app:
      plugin_name: postgresql-database-plugin
      allowed_roles: [app]
      connection_url: "postgresql://{{username}}:{{password}}@nowhere.invalid:5432/app"
      username: vault
      password: ${DB_PASSWORD}
    database/roles/app:
      db_name: app
      creation_statements: ["CREATE ROLE \"{{name}}\""]
    auth/jwt:
      type: jwt
    auth/jwt/config:
      oidc_discovery_url: https://login.nowhere.invalid
    auth/jwt/role/ci:
      role_type: jwt
      user_claim: sub
      bound_audiences: [vault]
      token_ttl: ${ttl}
    """#

  /// A project with three versions; nothing that it refers to can be reached.
  private func withVersions(_ body: (Project) async throws -> Void) async throws {
    try await Project.with(["config.yaml": Self.settings, "schema.yaml": schema(Self.first)]) { project in
      try await project.generate("initial")
      try project.write("schema.yaml", schema(Self.first + Self.second))
      try await project.generate("more")
      try project.edit("schema.yaml", "allowed_domains: [example.com]", "allowed_domains: [example.org]")
      try await project.generate("domain")
      try await body(project)
    }
  }

  @Test func replaysEveryVersionUpDownAndUpAgain() async throws {
    try await withVersions { project in
      let before = try await Snapshot(project)
      let result = try await project.json("verify")
      for name in ["prod", "stage"] {
        let report = result["environments"]?.array?.first { $0["environment"] == .string(name) }
        #expect(report?["versions"] == 3 && report?["down_to"] == "0000")
        #expect(report?["obstacle"] == .null)
        #expect(
          report?["not_tried"] == ["auth/jwt/config": "the server would ask what oidc_discovery_url names"]
        )
        #expect(report?["unconnected"] == ["database/config/app"])
      }
      let text = try await project.tool("verify", "--env", "prod").output
      #expect(text.contains("3 versions up, down to 0000, up again, on "))
      #expect(text.contains("tried without its system: database/config/app"))
      #expect(try await Snapshot(project) == before)
    }
  }

  /// The server's word against a version, before anybody merges it.
  @Test func tellsWhichVersionTheServerRefuses() async throws {
    try await withVersions { project in
      try project.edit(
        "schema.yaml",
        "allowed_domains: [example.org]",
        "allowed_domains: [example.org]\n    key_type: dsa"
      )
      try await project.generate("wrong")
      let error = try await project.json("verify", "--env", "prod", exits: 1)
      #expect(error.at("error.message")?.string?.contains("stopped at pki/roles/web") == true)
      #expect(error.at("error.path") == "pki/roles/web")
    }
  }

  /// What was accepted by servers that are gone need not be again.
  @Test func takesOldHistoryAsOne() async throws {
    try await withVersions { project in
      let report = try await project.json("verify", "--env", "prod", "--from", "0003").at("environments.0")
      #expect(report?["from"] == "0003" && report?["down_to"] == "0002")
      let all = try await project.tool("verify", "--env", "prod", "--from", "3").output
      #expect(all.contains("what is before 0003 was taken as one"))
    }
  }

  /// A pull request calls a secret plain, and has files of the machine read.
  @Test func showsAPullRequestNothingOfItsPipeline() async throws {
    try await withVersions { project in
      try await project.git("branch", "base")
      let secret = randomText("secret-")
      let file = try project.scratch.write("token", secret)
      try project.write("config.yaml", project.read("config.yaml") + "plain: [USES]\n")
      try project.write(
        "schema.yaml",
        project.read("schema.yaml")
          + "  auth/approle/role/spy:\n    token_type: \"${file:\(file)}\"\n    token_ttl: ${USES}\n"
      )
      try await project.generate("spy")
      let outcome = try await project.with(["USES": secret]).tool(
        "verify",
        "--env",
        "prod",
        "--base",
        "base",
        exits: 1
      )
      #expect(!(outcome.output + outcome.errors).contains(secret))
      #expect(outcome.errors.contains("auth/approle/role/spy"))
    }
  }

  /// Secrets of whoever runs it stay where they are, and nothing is left behind.
  @Test func usesStandInsAndCleansUp() async throws {
    try await withVersions { project in
      let temporary = project.scratch.file("tmp")
      try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
      let secret = randomText("secret-")
      let own = project.with(["TMPDIR": temporary, "APP_PASSWORD": secret, "DB_PASSWORD": secret])
      let outcome = try await own.tool("verify", "--env", "prod", "--log-level", "trace")
      #expect(!(outcome.output + outcome.errors).contains(secret))
      #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
    }
  }
}
