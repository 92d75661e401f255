import Testing
import Values

@testable import Catalogue

/// What was written and what servers answered to it.
@Suite struct ComparisonTests {
  /// One field, as it was written and as it was read back.
  struct Pair: Sendable, CustomTestStringConvertible {
    let path: String
    let field: String
    let declared: Value
    let live: Value?

    init(_ path: String, _ field: String, _ declared: Value, _ live: Value?) {
      (self.path, self.field, self.declared, self.live) = (path, field, declared, live)
    }

    var testDescription: String { "\(path) \(field)" }
    var agrees: Bool {
      let endpoint = CatalogueTests.endpoint(path)
      return Comparison.agrees(declared: declared, live: live, field: field, endpoint: endpoint)
    }
  }

  @Test(arguments: [
    // Scalars and durations.
    Pair("pki/roles/web", "ttl", "1h", 3600), Pair("pki/roles/web", "ttl", "1h30m", 5400),
    Pair("pki/roles/web", "ttl", "90", 90), Pair("pki/roles/web", "ttl", "1d", 86_400),
    Pair("pki/roles/web", "ttl", 60, 60), Pair("pki/roles/web", "ttl", "1500ms", 1),
    Pair("pki/roles/web", "key_bits", "2048", 2048), Pair("pki/roles/web", "no_store", "true", true),
    Pair("pki/roles/web", "no_store", "T", true), Pair("pki/roles/web", "no_store", 1, true),
    Pair("pki/roles/web", "no_store", "f", false), Pair("sys/quotas/rate-limit/all", "rate", "10", 10),
    Pair("sys/quotas/rate-limit/all", "rate", .number(Number(text: "10.0")), 10),
    Pair("auth/jwt/role/web", "bound_subject", 42, "42"),
    // Maps whose keys come back with a prefix.
    Pair(
      "sys/auth/approle/tune",
      "user_lockout_config",
      ["lockout_threshold": "7", "lockout_duration": "30m"],
      ["user_lockout_threshold": 7, "user_lockout_duration": 1800]
    ),
    // Durations that come back as text.
    Pair("secret/config", "delete_version_after", "12319s", "3h25m19s"),
    Pair("secret/metadata/app", "delete_version_after", 86_400, "24h0m0s"),
    Pair("pki/config/crl", "expiry", "72h", "3d"), Pair("pki/config/auto-tidy", "pause_duration", "7", "7s"),
    Pair("weather/stations/north", "interval", "90m", "1h30m0s"),
    // Lists.
    Pair("pki/roles/web", "allowed_domains", "a.org, b.org", ["a.org", "b.org"]),
    Pair("pki/roles/web", "allowed_domains", "a,,b", ["a", "", "b"]),
    Pair("pki/roles/web", "allowed_domains", "a.org", ["a.org"]),
    Pair("pki/roles/web", "allowed_domains", "[\"a.org\",\"b.org\"]", ["a.org", "b.org"]),
    Pair("auth/userpass/users/ann", "policies", ["b", "a", "a"], ["a", "b"]),
    Pair("auth/token/roles/ci", "disallowed_policies", ["Admin"], ["admin"]),
    Pair("auth/approle/role/web", "token_policies", "Web,ops", ["ops", "web"]),
    Pair(
      "auth/approle/role/web",
      "token_bound_cidrs",
      ["10.1.1.1/32", "10.2.0.0/16"],
      ["10.1.1.1", "10.2.0.0/16"]
    ),
    Pair("auth/approle/role/web", "token_bound_cidrs", "fd00::1/128", ["fd00::1"]),
    Pair("auth/ldap/users/ann", "groups", ["g2", "g1"], "g1,g2"),
    Pair("pki/issuer/default", "usage", "read-only,crl-signing", "crl-signing,read-only"),
    Pair("pki/issuer/default", "usage", ["read-only", "crl-signing"], "crl-signing,read-only"),
    Pair("sys/config/cors", "allowed_headers", ["X-Mine"], ["Content-Type", "X-Vault-Token", "X-Mine"]),
    Pair(
      "database/roles/app",
      "creation_statements",
      ["CREATE ROLE x;\n", "GRANT y;"],
      ["CREATE ROLE x;", "GRANT y;"]
    ),
    Pair("database/roles/app", "creation_statements", "GRANT SELECT (a, b);", ["GRANT SELECT (a, b);"]),
    // Maps.
    Pair(
      "identity/entity/name/ann",
      "metadata",
      ["a": true, "b": false, "c": 1],
      ["a": "1", "b": "0", "c": "1"]
    ),
    Pair("identity/entity/name/ann", "metadata", ["a": .null], ["a": ""]),
    Pair("identity/entity/name/ann", "metadata", ["team=ops", "site=a=b"], ["team": "ops", "site": "a=b"]),
    Pair("rabbitmq/roles/app", "vhosts", #"{"/": {"write": ".*"}}"#, ["/": ["write": ".*"]]),
    Pair("rabbitmq/roles/app", "vhosts", ["/": ["write": ".*"]], #"{"/":{"write":".*"}}"#),
    // Texts.
    Pair("sys/policies/acl/web", "policy", "path \"a\" {}\n", "path \"a\" {}"),
    Pair("sys/policies/acl/web", "policy", "cGF0aCAiYSIge30=", "path \"a\" {}"),
    Pair("identity/oidc/scope/app", "template", "eyJhIjoxfQ==", "{\"a\":1}"),
    Pair("auth/kubernetes/config", "pem_keys", ["-----BEGIN\nx\n-----END\n"], ["-----BEGIN\nx\n-----END"]),
    Pair("auth/cert/certs/web", "certificate", "-----BEGIN\nx\n-----END", "-----BEGIN\nx\n-----END\n"),
    Pair("auth/ldap/config", "userattr", "sAMAccountName", "samaccountname"),
    Pair("auth/approle/role/web", "token_type", "default-service", "service"),
    Pair(
      "identity/oidc/provider/app",
      "issuer",
      "https://v:8200",
      "https://v:8200/v1/identity/oidc/provider/app"
    ),
    Pair("identity/oidc/provider/app", "issuer", "https://v", "https://v/v1/team/identity/oidc/provider/app"),
    Pair("sys/quotas/rate-limit/all", "path", "pki", "pki/"),
    Pair("database/config/app", "connection_url", "mysql://u:hunter2@h:1/d", "mysql://u:xxxxx@h:1/d"),
    Pair("database/config/app", "connection_url", "host=h port=1", "host=h%20port=1"),
    // Forms of nothing.
    Pair("identity/group/name/ops", "member_group_ids", [], nil), Pair("pki/roles/web", "ou", "", []),
    Pair("identity/entity/name/ann", "metadata", [:], nil), Pair("pki/roles/web", "max_ttl", "", 0),
    Pair("sys/mounts/pki/tune", "default_lease_ttl", "system", 0),
    Pair("pki/roles/web", "no_store", false, nil),
    // What a read cannot tell.
    Pair("pki/config/issuers", "default", "root-2026", "78c1e980-4a6b-5746-4338-823d4c1889fd"),
    Pair("pki/issuer/default", "manual_chain", ["self"], ["78c1e980-4a6b-5746-4338-823d4c1889fd"]),
    Pair("database/config/app", "password", "hunter2", nil), Pair("weather/stations/north", "height", 3, nil),
    Pair("weather/stations/north", "token", "t", "(redacted)"),
  ])
  func `the server has what was written`(pair: Pair) {
    #expect(pair.agrees)
  }

  @Test(arguments: [
    Pair("pki/roles/web", "ttl", "1h", 3601), Pair("pki/roles/web", "ttl", "1w", 604_800),
    Pair("pki/roles/web", "no_store", "yes", true), Pair("pki/roles/web", "no_store", true, nil),
    Pair("pki/roles/web", "allowed_domains", "a.org", ["a.org", "b.org"]),
    Pair("pki/roles/web", "allowed_domains", ["a.org"], ["A.org"]), Pair("pki/roles/web", "ou", ["x"], nil),
    Pair("pki/roles/web", "key_type", "rsa", "ec"), Pair("pki/roles/web", "key_type", "1h", "60m"),
    Pair("auth/jwt/role/web", "bound_subject", "a ", "a"),
    Pair("auth/approle/role/web", "token_bound_cidrs", ["10.1.0.0/16"], ["10.1.0.0"]),
    Pair("database/roles/app", "creation_statements", ["a;", "b;"], ["b;", "a;"]),
    Pair("pki/issuer/default", "manual_chain", ["a", "b"], ["b", "a"]),
    Pair("identity/entity/name/ann", "metadata", ["a": "1"], ["a": "1", "b": "2"]),
    Pair("identity/entity/name/ann", "metadata", ["a": "1", "b": "2"], ["a": "1"]),
    Pair("sys/config/cors", "allowed_headers", ["X-Mine"], ["Content-Type"]),
    Pair("sys/policies/acl/web", "policy", "path \"a\" {}", "path \"b\" {}"),
    Pair("identity/oidc/provider/app", "issuer", "https://v", "https://v/v1/identity/oidc/provider/other"),
    Pair("database/config/app", "connection_url", "mysql://u:p@h/d", "mysql://u:xxxxx@other/d"),
    Pair("database/config/app", "connection_url", "mysql://v:p@h/d", "mysql://u:xxxxx@h/d"),
    Pair("pki/config/issuers", "default", "root-2026", "root-2025"),
    Pair("kv/app", "list", ["a", "b"], ["b", "a"]), Pair("kv/app", "flag", true, "1"),
    Pair("kv/app", "ttl", "1h", 3600), Pair("kv/app", "list", "a,b", ["a", "b"]),
    Pair("weather/stations/north", "name", "90m", "5400s"), Pair("weather/stations/north", "height", 3, 4),
  ])
  func `the server has something else`(pair: Pair) {
    #expect(!pair.agrees)
  }

  @Test func `a whole object is compared, renamed and nested fields included`() {
    let comparison = Comparison(
      declared: [
        "plugin_name": "postgresql-database-plugin", "connection_url": "postgresql://{{username}}@h/d",
        "username": "vault", "password": .secret(Secret("hunter2")), "max_open_connections": "4",
        "root_rotation_statements": ["ALTER a;"], "verify_connection": false,
      ],
      live: [
        "plugin_name": "postgresql-database-plugin", "allowed_roles": [], "password_policy": "",
        "connection_details": [
          "connection_url": "postgresql://{{username}}@h/d", "username": "vault", "max_open_connections": 4,
        ],
        "root_credentials_rotate_statements": ["ALTER b;"],
      ],
      endpoint: CatalogueTests.endpoint("database/config/app")
    )
    #expect(comparison.differences.map(\.name) == ["root_rotation_statements"])
    #expect(comparison.differences.first?.live == ["ALTER b;"])
    #expect(comparison.unverifiable == ["password", "verify_connection"])
  }

  @Test func `a header is found under its name, in lower case`() {
    let endpoint = CatalogueTests.endpoint("sys/config/auditing/request-headers/X-Trace")
    let same = Comparison(declared: ["hmac": true], live: ["x-trace": ["hmac": true]], endpoint: endpoint)
    #expect(same.differences.isEmpty)
    let other = Comparison(declared: ["hmac": true], live: ["x-trace": ["hmac": false]], endpoint: endpoint)
    #expect(other.differences.map(\.name) == ["hmac"])
  }

  @Test func `a secret is compared, and never shown`() {
    let endpoint = CatalogueTests.endpoint("pki/roles/web")
    let comparison = Comparison(
      declared: ["issuer_ref": .secret(Secret("alpha"))],
      live: ["issuer_ref": "beta"],
      endpoint: endpoint
    )
    #expect(comparison.differences.map(\.live) == [.secret(Secret("beta"))])
    let secret = Comparison(
      declared: ["user": "ann"],
      live: ["user": "bob"],
      endpoint: CatalogueTests.endpoint("kv/app")
    )
    #expect(secret.differences.allSatisfy { $0.isSensitive })
    #expect(!"\(secret.differences)".contains("bob"))
  }

  @Test func `a mount is compared with its entry in the list`() {
    let live: [String: Value] = [
      "type": "kv", "description": "app", "options": ["version": "2"], "local": false, "seal_wrap": false,
      "accessor": "kv_1234", "uuid": "c57a0d39-2ab0-58db-6c62-fcfd0a99954f",
      "config": ["default_lease_ttl": 0, "max_lease_ttl": 86_400, "force_no_cache": false],
    ]
    let endpoint = CatalogueTests.endpoint("secret/")
    func names(_ declared: [String: Value]) -> [String] {
      Comparison(declared: declared, live: live, endpoint: endpoint).differences.map(\.name)
    }
    #expect(
      names(["type": "kv-v2", "config": ["max_lease_ttl": "24h", "default_lease_ttl": "system"]]) == []
    )
    #expect(names(["type": "kv", "options": ["version": 2], "description": "app", "local": false]) == [])
    #expect(names(["type": "kv", "config": ["max_lease_ttl": "25h"]]) == ["config.max_lease_ttl", "type"])
    #expect(
      names(["type": "kv-v2", "config": ["listing_visibility": "unauth"]]) == ["config.listing_visibility"]
    )
    #expect(
      names(["type": "kv-v2", "options": ["team": "a"], "seal_wrap": true]) == ["options.team", "seal_wrap"]
    )
  }

  @Test func `the lockout settings of an auth method have other names in the list`() {
    let config: Value = ["user_lockout_config": ["user_lockout_threshold": 5, "user_lockout_duration": 900]]
    func names(_ lockout: Value) -> [String] {
      Comparison(
        declared: ["type": "userpass", "config": ["user_lockout_config": lockout]],
        live: ["type": "userpass", "config": config],
        endpoint: CatalogueTests.endpoint("auth/userpass")
      ).differences.map(\.name)
    }
    #expect(names(["lockout_threshold": "5", "lockout_duration": "15m"]) == [])
    #expect(names(["lockout_threshold": 6]) == ["config.user_lockout_config.lockout_threshold"])
  }
}
