import Configuration
@testable import Migrations
import Testing

/// What the printed policy has for kinds of entries; that it is enough and not too much is tested with servers.
@Suite struct NeededPolicyRuleTests {
  private static func capabilities(
    _ state: String,
    _ settings: String = "",
    for purpose: NeededPolicy.Purpose = .sync
  ) throws -> [String: [String]] {
    let lines = state.split(separator: "\n").map { "  \($0)\n" }.joined()
    let project = try Project.read(
      from: MemorySource(files: [
        "config.yaml": Array(
          "project: p\n\(settings)\nenvironments: {prod: {address: \"https://v\"}}\n".utf8
        ),
        "schema.yaml": Array("desired_state:\n\(lines)".utf8),
      ])
    )
    let environment = try project.settings.environment("prod")
    let policy = try NeededPolicy(for: purpose, of: project, in: environment, applied: 0)
    let read = try PolicyText(policy.text).rules
    #expect(read.map(\.path) == policy.rules.map(\.path), "it can be read")
    return Dictionary(uniqueKeysWithValues: read.map { ($0.path, $0.capabilities) })
  }

  @Test func knowsWhereServersTellTheFirstWrite() throws {
    let needed = try Self.capabilities("auth/approle/role/web: {}\npki/roles/web: {}\nunknown/thing: {}")
    #expect(needed["auth/approle/role/web"] == ["create", "read", "update", "delete"])
    #expect(needed["pki/roles/web"] == ["read", "update", "delete"])
    #expect(needed["unknown/thing"] == ["create", "read", "update", "delete"], "who knows")
  }

  @Test func grantsNoDeletionOfWhatCannotBeDeleted() throws {
    let needed = try Self.capabilities(
      "sys/policies/acl/default: {policy: '# x'}\nauth/jwt/config: {}\npki/config/urls: {}"
    )
    #expect(needed["sys/policies/acl/default"] == ["read", "update"])
    #expect(needed["auth/jwt/config"] == ["read", "update"])
    #expect(needed["pki/config/urls"] == ["read", "update"])
  }

  @Test func asksForSudoWhereServersDo() throws {
    let needed = try Self.capabilities(
      "auth/approle: {type: approle}\npki/: {type: pki}\nsys/config/cors: {}"
    )
    #expect(needed["sys/auth/approle"] == ["update", "delete", "sudo"])
    #expect(needed["sys/auth/approle/tune"] == ["update", "sudo"])
    #expect(needed["sys/mounts/pki"] == ["update", "delete"])
    #expect(needed["sys/mounts/pki/tune"] == ["update"])
    #expect(needed["sys/config/cors"]?.contains("sudo") == true)
    #expect(needed["sys/leases/lookup/pki/*"] == ["list", "sudo"])
  }

  @Test func leavesTheLedgerOutWhereThereIsNone() throws {
    let state = "pki/roles/web: {}"
    #expect(try Self.capabilities(state)["vault-migrations/data/p/prod/*"] == ["create", "read", "update"])
    let without = try Self.capabilities(state, "ledger: false")
    #expect(without.keys.sorted() == ["pki/roles/web", "sys/capabilities-self"])
  }

  /// A secret whose path is also a folder can be listed, although its own rule hides the one of the mount.
  @Test func letsFoldersBeListed() throws {
    let needed = try Self.capabilities(
      "kv/: {type: kv-v2}\nkv/data/a: {data: {x: y}}\nkv/data/a/b: {data: {x: y}}"
    )
    #expect(needed["kv/metadata/*"] == ["list"])
    #expect(needed["kv/metadata/a"] == ["read", "list"])
    #expect(needed["kv/metadata/a/b"] == ["read"])
  }

  @Test func looksWithReadsAndListsAlone() throws {
    let needed = try Self.capabilities(
      "kv/: {type: kv-v2}\nkv/data/a: {data: {x: y}}\nauth/approle: {type: approle}",
      for: .plan
    )
    #expect(needed.values.joined().allSatisfy { ["read", "list", "sudo"].contains($0) })
    #expect(needed["kv/data/a"] == nil, "the version is enough")
    #expect(needed["kv/metadata/a"] == ["read"])
  }
}
