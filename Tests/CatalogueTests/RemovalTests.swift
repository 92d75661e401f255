import Testing
import Values

@testable import Catalogue

/// A key that was removed from the schema must really be reset.
@Suite struct RemovalTests {
  private func complete(_ path: String, _ new: [String: Value], _ old: [String: Value]) -> Completion {
    CatalogueTests.endpoint(path).completing(new, replacing: old)
  }

  @Test func `a merging write sends the default of what was removed`() {
    let completion = complete(
      "auth/approle/role/web",
      ["token_policies": ["web"]],
      ["token_policies": ["web"], "token_ttl": "1h", "bind_secret_id": false, "token_type": "batch"]
    )
    #expect(
      completion.body == [
        "token_policies": ["web"], "token_ttl": 0, "bind_secret_id": true, "token_type": "default",
      ]
    )
    #expect(completion.reset == ["bind_secret_id", "token_ttl", "token_type"])
    #expect(completion.unresettable.isEmpty)
  }

  @Test func `a replacing write needs nothing more`() {
    let completion = complete("pki/roles/web", ["ttl": "1h"], ["ttl": "1h", "allow_any_name": true])
    #expect(completion.body == ["ttl": "1h"])
    #expect(completion.reset.isEmpty && completion.unresettable.isEmpty)
  }

  @Test func `a field that outlives a replacing write is reset all the same`() {
    let completion = complete(
      "auth/jwt/config",
      ["jwks_url": "u"],
      ["jwks_url": "u", "namespace_in_state": false]
    )
    #expect(completion.body == ["jwks_url": "u", "namespace_in_state": true])
  }

  @Test func `an unknown endpoint says what it cannot reset`() {
    let completion = complete("weather/stations/north", ["a": 1], ["a": 1, "b": 2])
    #expect(completion.body == ["a": 1])
    #expect(completion.unresettable == ["b"])
  }

  @Test func `some fields cannot be unset at all`() {
    let completion = complete("pki/config/cluster", [:], ["path": "https://a", "aia_path": "http://a"])
    #expect(completion.body.isEmpty)
    #expect(completion.unresettable == ["aia_path", "path"])
  }

  @Test func `the newer name of a setting keeps its value`() {
    let old: [String: Value] = ["policies": ["a"]]
    #expect(
      complete("auth/userpass/users/ann", ["token_policies": ["a"]], old).body == ["token_policies": ["a"]]
    )
    let back = complete("auth/userpass/users/ann", ["policies": ["a"]], ["token_policies": ["a"]])
    #expect(back.body == ["policies": ["a"]])
    #expect(complete("auth/userpass/users/ann", [:], old).body == ["policies": []])
  }

  @Test func `settings of a mount are reset one by one`() {
    let completion = complete(
      "secret/",
      ["type": "kv-v2", "config": ["max_lease_ttl": "1h"]],
      [
        "type": "kv-v2", "description": "d", "options": ["team": "a"],
        "config": ["max_lease_ttl": "1h", "default_lease_ttl": "30m"],
      ]
    )
    #expect(
      completion.body == [
        "type": "kv-v2", "description": "", "options": ["team": ""],
        "config": ["max_lease_ttl": "1h", "default_lease_ttl": "system"],
      ]
    )
    #expect(completion.reset == ["config.default_lease_ttl", "description", "options.team"])
  }

  @Test func `a pinned plugin and lockout settings stay`() {
    let completion = complete(
      "auth/userpass",
      ["type": "userpass"],
      [
        "type": "userpass", "plugin_version": "v1",
        "config": ["user_lockout_config": ["lockout_threshold": 3]],
      ]
    )
    #expect(completion.body == ["type": "userpass"])
    #expect(completion.unresettable == ["config.user_lockout_config", "plugin_version"])
  }

  @Test func `an instruction to one write leaves nothing to reset`() {
    let completion = complete("secret/metadata/app", [:], ["metadata_cas": 1, "metadata_cas_required": true])
    #expect(completion.body.isEmpty)
    #expect(completion.unresettable == ["metadata_cas_required"])
  }

  @Test(
    arguments: [
      ("pki/config/auto-tidy", "safety_buffer", 259_200), ("pki/config/crl", "ocsp_expiry", "12h"),
      ("pki/config/acme", "allowed_issuers", ["*"]), ("auth/token/roles/ci", "token_type", "default-service"),
      ("auth/token/roles/ci", "renewable", true), ("auth/radius/config", "port", 1812),
      ("auth/ldap/config", "userattr", "cn"), ("ldap/config", "request_timeout", 90),
      ("auth/kubernetes/role/web", "alias_name_source", "serviceaccount_uid"),
      ("auth/jwt/role/web", "bound_claims_type", "string"), ("identity/oidc/key/app", "algorithm", "RS256"),
      ("identity/oidc/client/app", "access_token_ttl", 86_400), ("identity/group/name/ops", "metadata", [:]),
      ("transit/keys/app/config", "min_decryption_version", 1), ("database/config/app", "allowed_roles", []),
      ("sys/mounts/pki/tune", "default_lease_ttl", "system"),
      ("secret/metadata/app", "delete_version_after", "0s"),
    ] as [(String, String, Value)]
  )
  func `what was measured is sent`(path: String, field: String, value: Value) {
    #expect(CatalogueTests.endpoint(path).resetValue(field: field) == value)
  }
}
