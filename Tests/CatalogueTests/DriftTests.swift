import Testing
import Values

@testable import Catalogue

/// What a server answered then, and what it answers now.
@Suite struct DriftTests {
  private func drift(_ path: String, _ recorded: Value, _ live: Value) -> [FieldDifference] {
    CatalogueTests.endpoint(path).drift(recorded: recorded, live: live, fingerprint: Self.fingerprint)
  }

  static func fingerprint(field: String, value: Value) -> String {
    Endpoint.fingerprintPrefix + field + "/" + JSON.text(value).reversed()
  }

  @Test func `what the server changes by itself is no drift`() {
    #expect(
      drift(
        "identity/entity/name/ann",
        ["id": "1", "last_update_time": "a", "modify_index": 1, "disabled": false],
        ["id": "2", "last_update_time": "b", "modify_index": 9, "disabled": false]
      ).isEmpty
    )
    #expect(
      drift("transit/keys/app", ["latest_version": 1, "keys": ["1": 5]], ["latest_version": 2]).isEmpty
    )
    #expect(drift("weather/stations/north", ["version": 1, "supports_a": true], ["accessor": "x"]).isEmpty)
  }

  @Test func `data of users has no volatile names`() {
    #expect(drift("kv/app", ["version": 1], ["version": 2]).map(\.name) == ["version"])
  }

  @Test func `forms of nothing and the order of sets are no drift`() {
    #expect(
      drift(
        "pki/roles/web",
        ["ou": [], "ttl": .null, "allowed_domains": ["a", "b"]],
        ["allowed_domains": ["b", "a"]]
      )
      .isEmpty
    )
    let statements = drift(
      "database/roles/app",
      ["creation_statements": ["a", "b"]],
      ["creation_statements": ["b", "a"]]
    )
    #expect(statements.map(\.name) == ["creation_statements"])
  }

  @Test func `the order of a list counts under the name that the read gives it, too`() {
    let found = drift(
      "database/config/app",
      ["root_credentials_rotate_statements": ["a", "b"]],
      ["root_credentials_rotate_statements": ["b", "a"]]
    )
    #expect(found.map(\.name) == ["root_credentials_rotate_statements"])
  }

  @Test func `groups that an entity is put into are no drift of the entity`() {
    #expect(drift("identity/entity/name/ann", ["group_ids": []], ["group_ids": ["1"]]).isEmpty)
    #expect(
      drift("identity/oidc/assignment/ops", ["group_ids": []], ["group_ids": ["1"]]).map(\.name) == [
        "group_ids"
      ]
    )
  }

  @Test func `a duplicate in a list is drift`() {
    #expect(drift("pki/roles/web", ["ou": ["a", "a", "b"]], ["ou": ["a", "b", "b"]]).map(\.name) == ["ou"])
  }

  @Test func `drift is exact`() {
    #expect(drift("pki/roles/web", ["ttl": "3600"], ["ttl": 3600]).map(\.name) == ["ttl"])
  }

  @Test func `what appeared and what vanished is said`() {
    let found = drift("pki/roles/web", ["ttl": 1, "key_type": "rsa"], ["ttl": 1, "allow_any_name": true])
    #expect(found.map(\.name) == ["allow_any_name", "key_type"])
    #expect(found.map(\.change) == [.appeared, .vanished])
  }

  @Test func `inside a map, the key that changed is named`() {
    let recorded: Value = [
      "type": "pki", "accessor": "a", "config": ["max_lease_ttl": 1, "default_lease_ttl": 0],
    ]
    let live: Value = [
      "type": "pki", "accessor": "b", "config": ["max_lease_ttl": 2, "default_lease_ttl": 0],
    ]
    #expect(drift("pki/", recorded, live).map(\.name) == ["config.max_lease_ttl"])
  }

  @Test func `secrets are compared by fingerprint`() {
    let endpoint = CatalogueTests.endpoint("identity/oidc/client/app")
    let live: Value = ["client_secret": "hunter2", "key": "default", "client_id": "x"]
    let recorded = endpoint.fingerprinted(live, fingerprint: Self.fingerprint)
    #expect(recorded["key"] == "default")
    #expect(recorded["client_secret"]?.string?.hasPrefix(Endpoint.fingerprintPrefix) == true)
    #expect(endpoint.drift(recorded: recorded, live: live, fingerprint: Self.fingerprint).isEmpty)
  }

  @Test func `a changed secret is drift, and is not shown`() {
    let endpoint = CatalogueTests.endpoint("kv/app")
    let live: Value = ["user": "ann", "keys": ["alpha", "beta"], "port": 1, "none": ""]
    let recorded = endpoint.fingerprinted(live, fingerprint: Self.fingerprint)
    #expect(recorded["none"] == "")
    #expect(endpoint.drift(recorded: recorded, live: live, fingerprint: Self.fingerprint).isEmpty)
    let changed: Value = ["user": "bob", "keys": ["alpha", "gamma"], "port": 1, "none": ""]
    let found = endpoint.drift(recorded: recorded, live: changed, fingerprint: Self.fingerprint)
    #expect(found.map(\.name) == ["keys", "user"])
    #expect(found.allSatisfy { $0.isSensitive })
    #expect(!"\(found)".contains("bob") && !"\(found)".contains("gamma"))
  }

  @Test func `fingerprints in a set may change places`() {
    let recorded: Value = [
      "domains": .array(["a", "b"].map { .string(Self.fingerprint(field: "domains", value: $0)) })
    ]
    #expect(drift("weather/stations/north", recorded, ["domains": ["b", "a"]]).isEmpty)
    #expect(drift("weather/stations/north", recorded, ["domains": ["b", "b"]]).map(\.name) == ["domains"])
  }

  @Test func `a secret of KV is watched through its metadata`() {
    let version: Value = ["created_time": "a", "deletion_time": "", "destroyed": false]
    let recorded: Value = [
      "current_version": 3, "updated_time": "a", "custom_metadata": .null, "versions": ["3": version],
    ]
    let rewritten: Value = [
      "current_version": 4, "updated_time": "b", "versions": ["3": version, "4": version],
    ]
    #expect(drift("secret/data/app", recorded, rewritten).map(\.name) == ["current_version", "versions.4"])
    let deleted: Value = ["created_time": "a", "deletion_time": "now", "destroyed": false]
    let gone: Value = ["current_version": 3, "updated_time": "a", "versions": ["3": deleted]]
    #expect(drift("secret/data/app", recorded, gone).map(\.name) == ["versions.3.deletion_time"])
    let retuned: Value = ["current_version": 3, "max_versions": 9, "versions": ["3": version]]
    #expect(drift("secret/data/app", recorded, retuned).isEmpty)
    #expect(drift("secret/metadata/app", recorded, rewritten).isEmpty)
    #expect(drift("secret/metadata/app", recorded, retuned).map(\.name) == ["max_versions"])
  }
}
