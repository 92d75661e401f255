import Testing
import Values

@testable import Catalogue

/// Whatever somebody changes in a field, it is seen.
@Suite struct MutationTests {
  struct Sample: Sendable, CustomTestStringConvertible {
    let path: String
    let body: [String: Value]
    var testDescription: String { path }
  }

  static let samples = [
    Sample(
      path: "auth/approle/role/web",
      body: [
        "token_policies": ["ops", "web"], "token_ttl": 3600,
        "token_bound_cidrs": ["10.0.0.1", "10.1.0.0/16"],
        "bind_secret_id": true, "token_type": "service", "secret_id_num_uses": 0,
      ]
    ),
    Sample(
      path: "pki/roles/web",
      body: [
        "allowed_domains": ["a.org", "b.org"], "allow_any_name": false, "max_ttl": 86_400, "key_type": "rsa",
        "key_bits": 2048, "ext_key_usage": [], "not_before_bound": "permit",
      ]
    ),
    Sample(
      path: "database/roles/app",
      body: [
        "creation_statements": ["CREATE;", "GRANT;"], "default_ttl": 60, "credential_config": ["a": "b"],
      ]
    ),
    Sample(path: "sys/policies/acl/web", body: ["policy": "path \"a\" {\n  capabilities = [\"read\"]\n}\n"]),
    Sample(
      path: "identity/entity/name/ann",
      body: ["metadata": ["team": "ops", "site": "1"], "policies": ["a", "b"], "disabled": false]
    ),
    Sample(path: "pki/config/crl", body: ["expiry": "72h", "auto_rebuild": true, "ocsp_expiry": "12h"]),
    Sample(path: "sys/quotas/rate-limit/all", body: ["rate": .number(Number(text: "10.5")), "path": "pki/"]),
    Sample(path: "identity/oidc/provider/app", body: ["issuer": "https://v", "scopes_supported": ["a"]]),
    Sample(
      path: "kv/app",
      body: ["user": "ann", "port": 5432, "nested": ["list": [1, "two", true], "none": .null]]
    ),
    Sample(
      path: "weather/stations/north",
      body: ["height": 12, "name": "North", "tags": ["a"], "map": ["a": 1]]
    ),
  ]

  /// Every tree that differs from this one in one place.
  static func mutations(of value: Value) -> [Value] {
    switch value {
    case .null: ["x"]
    case .bool(let flag): [.bool(!flag)]
    case .number(let number): [.number(Number((number.integer ?? 10) + 1))]
    case .string(let text): [.string(text + "x"), .string("x" + text)]
    case .secret: []
    case .array(let elements):
      [.array(elements + ["added"])]
        + elements.indices.flatMap { index in
          mutations(of: elements[index]).map { .array(replacing(elements, at: index, with: $0)) }
            + [.array(elements.enumerated().filter { $0.offset != index }.map(\.element))]
        }
    case .object(let members):
      [.object(members.merging(["added": "x"], uniquingKeysWith: { $1 }))]
        + members.flatMap { key, member in
          mutations(of: member).map { .object(members.merging([key: $0], uniquingKeysWith: { $1 })) }
        }
    }
  }

  private static func replacing(_ elements: [Value], at index: Int, with element: Value) -> [Value] {
    var changed = elements
    changed[index] = element
    return changed
  }

  @Test(arguments: samples)
  func `a resource agrees with itself`(sample: Sample) {
    let endpoint = CatalogueTests.endpoint(sample.path)
    #expect(Comparison(declared: sample.body, live: sample.body, endpoint: endpoint).differences.isEmpty)
    let drift = endpoint.drift(recorded: .object(sample.body), live: .object(sample.body)) { $0 + "\($1)" }
    #expect(drift.isEmpty)
  }

  @Test(arguments: samples)
  func `every change of one field is a difference`(sample: Sample) {
    let endpoint = CatalogueTests.endpoint(sample.path)
    for (field, value) in sample.body {
      for mutated in Self.mutations(of: value) {
        // A key that appears in a map of an unknown endpoint may be the server's own; drift sees it.
        if !endpoint.isKnown, mutated["added"] != nil { continue }
        let live = sample.body.merging([field: mutated], uniquingKeysWith: { $1 })
        let names = Comparison(declared: sample.body, live: live, endpoint: endpoint).differences.map(\.name)
        #expect(names == [field], "\(field): \(mutated)")
      }
    }
  }

  @Test(arguments: samples)
  func `every change of one field is drift`(sample: Sample) {
    let endpoint = CatalogueTests.endpoint(sample.path)
    for (field, value) in sample.body {
      for mutated in Self.mutations(of: value) {
        let live = sample.body.merging([field: mutated], uniquingKeysWith: { $1 })
        let drift = endpoint.drift(recorded: .object(sample.body), live: .object(live)) { $0 + "\($1)" }
        #expect(drift.count == 1, "\(field): \(mutated)")
        #expect(drift.allSatisfy { $0.name == field || $0.name.hasPrefix(field + ".") })
      }
    }
  }
}
