import TestSupport
import Testing
import Values

/// A schema with one of each kind, and what a server must say when it was applied.
enum Everything {
  /// Needs the variables `API_KEY`, `ALICE_PASSWORD`, `DB_PASSWORD` and `db_port`.
  static let state = #"""
    auth/approle:
      type: approle
      config: {default_lease_ttl: 1h, max_lease_ttl: 24h}
    auth/approle/role/web:
      token_policies: [app-maps, app-hcl]
      token_ttl: 20m
      token_max_ttl: 1h
    sys/policies/acl/app-text:
      policy: |
        path "apps/data/text/*" { capabilities = ["read"] }
    sys/policies/acl/app-maps:
      policies:
        - path: {"apps/data/maps/*": {capabilities: [read, list]}}
    sys/policies/acl/app-hcl:
      policies:
        - 'path "apps/data/hcl/*" { capabilities = ["read"] }'
    pki/:
      type: pki
      config: {max_lease_ttl: 87600h}
    pki/root/generate/internal:
      common_name: Example Root CA
      ttl: 87600h
    pki/config/urls:
      issuing_certificates: ["https://pki.example.com/ca"]
    pki/roles/web:
      allowed_domains: [example.com]
      allow_subdomains: true
      max_ttl: 72h
    apps/:
      type: kv-v2
      description: Secrets of the applications
    apps/data/web/config:
      data: {api_key: "${API_KEY}", environment: production}
    transit/:
      type: transit
    transit/keys/orders:
      type: aes256-gcm96
    auth/userpass:
      type: userpass
    auth/userpass/users/alice:
      password: ${ALICE_PASSWORD}
      token_policies: [app-text]
    identity/entity/name/alice:
      policies: [app-text]
      metadata: {team: web}
    identity/group/name/admins:
      type: internal
      policies: [app-hcl]
    database/:
      type: database
    database/config/app:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://{{username}}:{{password}}@127.0.0.1:${db_port}/postgres"
      allowed_roles: [reader]
      username: vaultadmin
      password: ${DB_PASSWORD}
    database/roles/reader:
      db_name: app
      creation_statements:
        - CREATE ROLE "{{name}}" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'
      default_ttl: 1h
    """#

  /// Reads everything back through the raw API, and uses it.
  static func check(_ server: BaoServer, _ database: Postgres) async throws {
    try checkLogins(server)
    try checkEngines(server)
    try checkIdentity(server)
    try await checkDatabase(server, database)
  }

  private static func checkLogins(_ server: BaoServer) throws {
    let methods = try server.data("sys/auth")
    #expect(methods?["approle/"]?.at("config.default_lease_ttl") == 3600)
    #expect(methods?["approle/"]?.at("config.max_lease_ttl") == 86_400)
    let role = try server.data("auth/approle/role/web")
    #expect(role?["token_policies"] == ["app-maps", "app-hcl"])
    #expect(role?["token_ttl"] == 1200)
    #expect(role?["token_max_ttl"] == 3600)
    let login = try server.request(
      "POST",
      "auth/userpass/login/alice",
      #"{"password":"alice-password-1"}"#,
      token: ""
    )
    #expect(login.status == 200)
    #expect(login.body.contains("app-text"))
  }

  private static func checkEngines(_ server: BaoServer) throws {
    #expect(
      try server.list("sys/policies/acl").sorted() == ["app-hcl", "app-maps", "app-text", "default", "root"]
    )
    let text = "path \"apps/data/text/*\" { capabilities = [\"read\"] }\n"
    #expect(try server.data("sys/policies/acl/app-text")?["policy"] == .string(text))
    for (name, capability) in [("app-maps", "list"), ("app-hcl", "read")] {
      let policy = try server.data("sys/policies/acl/\(name)")?["policy"]?.string ?? ""
      #expect(policy.contains("apps/data/\(name.dropFirst(4))/*") && policy.contains("\"\(capability)\""))
    }
    let mounts = try server.data("sys/mounts")
    #expect(mounts?["pki/"]?.at("config.max_lease_ttl") == 315_360_000)
    #expect(mounts?["apps/"]?["description"] == "Secrets of the applications")
    #expect(mounts?["apps/"]?.at("options.version") == "2")
    #expect(try server.list("pki/issuers").count == 1)
    #expect(try server.data("pki/config/urls")?["issuing_certificates"] == ["https://pki.example.com/ca"])
    #expect(try server.data("pki/roles/web")?["allowed_domains"] == ["example.com"])
    let issued = try server.request("POST", "pki/issue/web", #"{"common_name":"www.example.com"}"#)
    #expect(issued.status == 200, "\(issued.body)")
    let secret = try server.data("apps/data/web/config")
    #expect(secret?["data"] == ["api_key": "api-key-1", "environment": "production"])
    #expect(secret?.at("metadata.version") == 1)
    #expect(try server.data("transit/keys/orders")?["type"] == "aes256-gcm96")
  }

  private static func checkIdentity(_ server: BaoServer) throws {
    let entity = try server.data("identity/entity/name/alice")
    #expect(entity?["policies"] == ["app-text"])
    #expect(entity?.at("metadata.team") == "web")
    #expect(try server.data("identity/group/name/admins")?["policies"] == ["app-hcl"])
  }

  private static func checkDatabase(_ server: BaoServer, _ database: Postgres) async throws {
    let config = try server.data("database/config/app")
    #expect(config?["allowed_roles"] == ["reader"])
    let made = try server.data("database/creds/reader")
    let user = try #require(made?["username"]?.string)
    let password = try #require(made?["password"]?.string)
    let answer = try await database.psql("SELECT current_user", user: user, password: password)
    #expect(answer.output == "\(user)\n")
  }
}
