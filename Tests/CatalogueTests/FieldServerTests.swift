import TestSupport
import Testing
import Values

@testable import Catalogue

/// The table of fields beside a real server, so that a new version shows what changed.
@Suite struct FieldServerTests {
  private static let engines = ["pki", "ssh", "totp", "transit", "kubernetes", "database"]
  private static let methods = ["approle", "cert", "jwt", "kubernetes", "userpass"]

  static func withMounts(_ body: (BaoServer, MountTable) throws -> Void) async throws {
    try await BaoServer.with { server in
      var mounts = MountTable()
      mounts.insert(path: VaultPath("secret/"), type: "kv-v2")
      for type in engines {
        try server.request("POST", "sys/mounts/\(type)", "{\"type\":\"\(type)\"}")
        mounts.insert(path: VaultPath("\(type)/"), type: type)
      }
      for type in methods {
        try server.request("POST", "sys/auth/\(type)", "{\"type\":\"\(type)\"}")
        mounts.insert(path: VaultPath("auth/\(type)"), type: type)
      }
      try body(server, mounts)
    }
  }

  /// When this fails for a new version of the server, run scripts/distill-openapi with it and read the diff.
  @Test func `every field of the server's own specification is known`() async throws {
    try await Self.withMounts { server, mounts in
      let answer = try server.request("GET", "sys/internal/specs/openapi?generic_mount_paths=false")
      let document = try JSON.parse(Array(answer.body.utf8))
      let schemas = document["components"]?["schemas"]
      var checked = 0
      for (path, item) in try #require(document["paths"]?.object) {
        let content = item["post"]?["requestBody"]?["content"]?["application/json"]?["schema"]
        guard let content, !path.contains("/acme/"), !path.hasPrefix("/cubbyhole/"),
          !path.hasPrefix("/sys/internal/")
        else { continue }
        let name = content["$ref"]?.string?.split(separator: "/").last
        // Of two schemas with one name, the server gives both paths the same.
        if name == "JwtWriteRoleRequest" { continue }
        let schema = name.flatMap { schemas?[String($0)] } ?? content
        let sample = path.dropFirst().replacing("{", with: "").replacing("}", with: "")
        let endpoint = Catalogue.builtIn.endpoint(for: VaultPath(String(sample)), mounts: mounts)
        let known = FieldTable.builtIn.fields(of: endpoint)
        #expect(known != nil, "\(path)")
        for field in (schema["properties"]?.object ?? [:]).keys {
          #expect(known?.types[field] != nil, "\(path) has \(field)")
          checked += 1
        }
      }
      #expect(checked > 800)
    }
  }

  /// What a server does with a field.
  enum Verdict: Sendable {
    case taken
    /// Answered as if it were taken.
    case ignored
    case refused
  }

  private static let role = "auth/approle/role/x"
  private static let entity = "identity/entity/name/x"

  private static let verdicts: [(path: String, field: String, value: Value, verdict: Verdict)] = [
    (role, "tokn_policies", ["a"], .ignored), (role, "token_type", "service", .taken),
    (role, "token_type", ["service"], .refused), (role, "token_type", ["a": "b"], .refused),
    (role, "token_policies", "a,b", .taken), (role, "token_policies", 7, .taken),
    (role, "token_policies", [1, "a"], .taken),
    (role, "token_policies", ["a": "b"], .refused), (role, "token_policies", [["a": "b"]], .refused),
    (role, "bind_secret_id", "true", .taken), (role, "bind_secret_id", "T", .taken),
    (role, "bind_secret_id", 1, .taken),
    (role, "token_no_default_policy", "", .taken), (role, "bind_secret_id", "yes", .refused),
    (role, "bind_secret_id", ["a"], .refused),
    (role, "secret_id_num_uses", "10", .taken), (role, "secret_id_num_uses", "0x10", .taken),
    (role, "secret_id_num_uses", true, .taken), (role, "secret_id_num_uses", "", .taken),
    (role, "secret_id_num_uses", "ten", .refused), (role, "secret_id_num_uses", [1], .refused),
    (role, "token_ttl", 60, .taken), (role, "token_ttl", "60", .taken), (role, "token_ttl", "1h30m", .taken),
    (role, "token_ttl", "7d", .taken), (role, "token_ttl", "", .taken), (role, "token_ttl", "soon", .refused),
    (role, "token_ttl", "1w", .refused), (role, "token_ttl", true, .refused),
    (role, "token_ttl", ["1h"], .refused),
    (entity, "metadata", ["a": "b"], .taken), (entity, "metadata", ["a": 1], .taken),
    (entity, "metadata", ["a=b"], .taken),
    (entity, "metadata", "a=b", .taken), (entity, "metadata", "a", .refused),
    (entity, "metadata", ["a": ["b"]], .refused),
    ("secret/data/x", "data", ["a": ["b": 1]], .taken), ("secret/data/x", "data", "a", .refused),
    ("pki/roles/x", "allow_subdomain", true, .ignored), ("pki/roles/x", "name", "x", .taken),
    ("identity/mfa/method/totp", "issuer", "x", .taken),
  ]

  @Test func `the server takes, ignores and refuses what the table says`() async throws {
    try await Self.withMounts { server, mounts in
      for example in Self.verdicts {
        let body = JSON.text([example.field: example.value])
        let answer = try server.request("POST", example.path, body)
        let known = FieldTable.builtIn.fields(
          of: Catalogue.builtIn.endpoint(for: VaultPath(example.path), mounts: mounts)
        )
        let type = known?.types[example.field]
        let accepts = type?.accepts(example.value) { _ in false }
        switch example.verdict {
        case .taken:
          #expect(answer.status < 300 && !answer.body.contains("unrecognized"), "\(example): \(answer)")
          #expect(accepts == true, "\(example)")
        case .ignored:
          #expect(answer.status < 300, "\(example): \(answer)")
          #expect(known != nil && type == nil, "\(example)")
        case .refused:
          #expect(answer.status == 400 || answer.status == 500, "\(example): \(answer)")
          #expect(accepts == false, "\(example)")
        }
      }
    }
  }
}
