import TestSupport
import Values

/// What the samples refer to and what only a server can name, made through its own API.
struct EveryEndpointSetup {
  private let server: BaoServer
  /// By the names that the samples use.
  private(set) var variables: [String: String] = [
    "jwt": "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJl"
  ]

  init(_ server: BaoServer) throws {
    self.server = server
    try mounts()
    try keys()
    try people()
    try methods()
    try provider()
  }

  private mutating func mounts() throws {
    try post("sys/mounts/pki", ["type": "pki", "config": ["max_lease_ttl": "87600h"]])
    try post("sys/mounts/transit", ["type": "transit"])
    try post("sys/mounts/tuned", ["type": "kv"])
    for name in ["approle", "userpass"] { try post("sys/auth/\(name)", ["type": .string(name)]) }
    try post("sys/auth/tuned", ["type": "userpass"])
    let listed = try server.data("sys/auth")
    variables["accessor"] = listed?["userpass/"]?["accessor"]?.string
    variables["accessor2"] = listed?["approle/"]?["accessor"]?.string
    for name in ["prepared", "prepared-too"] {
      try post("auth/userpass/users/\(name)", ["password": "prepared-password"])
    }
  }

  private mutating func keys() throws {
    for (suffix, name) in [("", "first"), ("2", "second")] {
      let made = try post(
        "pki/root/generate/internal",
        ["common_name": .string(name), "issuer_name": .string(name), "key_type": "rsa", "ttl": "8000h"]
      )
      variables["pki_issuer\(suffix)"] = made["issuer_id"]?.string
      variables["pki_key\(suffix)"] = made["key_id"]?.string
      variables["ca\(suffix)"] = made["certificate"]?.string
      try post("transit/keys/public\(suffix)", ["type": "ecdsa-p256"])
      let key = try server.data("transit/keys/public\(suffix)")
      variables["public\(suffix)"] = key?.at("keys")?["1"]?["public_key"]?.string
    }
    try post("transit/keys/prepared", [:])
    for _ in 0..<3 { try post("transit/keys/prepared/rotate", [:]) }
  }

  private mutating func people() throws {
    for (variable, name) in [("entity", "prepared"), ("entity2", "prepared-too")] {
      variables[variable] = try post("identity/entity/name/\(name)", [:])["id"]?.string
    }
    let groups = [
      ("group", "prepared", "internal"), ("group2", "prepared-too", "internal"),
      ("external", "outside", "external"), ("external2", "outside-too", "external"),
    ]
    for (variable, name, type) in groups {
      variables[variable] = try post("identity/group/name/\(name)", ["type": .string(type)])["id"]?.string
    }
    for (variable, path, owner) in [
      ("alias", "identity/entity-alias", "entity2"), ("groupalias", "identity/group-alias", "external"),
    ] {
      let body: Value = [
        "name": path.hasPrefix("identity/g") ? "alias-g" : "alias-a",
        "canonical_id": .string(variables[owner] ?? ""),
        "mount_accessor": .string(variables["accessor"] ?? ""),
      ]
      variables[variable] = try post(path, body)["id"]?.string
    }
  }

  private mutating func methods() throws {
    let bodies: [String: Value] = [
      "duo": [
        "api_hostname": "api.example.com", "integration_key": "integration-key",
        "secret_key": "duo-secret-key",
      ],
      "okta": ["org_name": "example", "api_token": "okta-api-token"],
      "totp": ["issuer": "Example"],
    ]
    for (type, body) in bodies {
      variables[type] = try post("identity/mfa/method/\(type)", body)["method_id"]?.string
    }
  }

  private mutating func provider() throws {
    let address = "http://127.0.0.1:\(server.port)"
    variables["address"] = address
    variables["own_address"] = try server.data("identity/oidc/provider/default")?["issuer"]?.string?
      .replacing("/v1/identity/oidc/provider/default", with: "")
    try post("identity/oidc/key/prepared", ["allowed_client_ids": ["*"]])
    for (suffix, name) in [("", "idp"), ("2", "idp-too")] {
      try post("identity/oidc/provider/\(name)", ["issuer": .string(address), "allowed_client_ids": ["*"]])
      variables["issuer\(suffix)"] = "\(address)/v1/identity/oidc/provider/\(name)"
    }
  }

  @discardableResult
  private func post(_ path: String, _ body: Value) throws -> Value {
    let answer = try server.request("POST", path, JSON.text(body))
    guard answer.status < 300 else { throw FixtureError("\(path): \(answer)") }
    return answer.body.isEmpty ? .null : try JSON.parse(Array(answer.body.utf8))["data"] ?? .null
  }
}
