import Catalogue
import TestSupport
import Testing
import Values
import VaultClient

@Suite struct OperationTests {
  @Test func `a healthy server says who it is and what time it is`() async throws {
    try await BaoServer.with { server in
      let health = try makeClient(server.address).health()
      #expect(health.initialized && !health.sealed && !health.standby)
      #expect(!health.clusterID.isEmpty && !health.version.isEmpty)
      #expect((health.serverTime ?? 0) > 1_700_000_000)
    }
  }

  @Test func `KV secrets are read and written by version`() async throws {
    try await BaoServer.with { server in
      let client = try makeClient(server)
      #expect(try client.readKV("secret", "app") == nil)
      #expect(try client.writeKV("secret/", "app", ["key": .secret(Secret("v1"))], cas: 0) == 1)
      #expect(try client.writeKV("secret", "app", ["key": "v2"], cas: 1) == 2)
      let stale = failure { try client.writeKV("secret", "app", ["key": "v3"], cas: 1) }
      #expect(stale?.kind == .casMismatch)
      let found = try client.readKV("secret", "app")
      #expect(found?.version == 2)
      #expect(found?.data == ["key": "v2"])
      let raw = try server.request("GET", "secret/data/app?version=1").body
      #expect(raw.contains("\"key\":\"v1\""))

      _ = try client.perform(VaultRequest(.delete, VaultPath("secret/data/app")))
      let deleted = try client.readKV("secret", "app")
      #expect(deleted?.version == 2)
      #expect(deleted?.data == nil)
      // The one 404 that is an answer.
      #expect(try client.perform(VaultRequest(.read, VaultPath("secret/data/app"))).status == 404)
    }
  }

  @Test func `a patch changes one field`() async throws {
    try await BaoServer.with { server in
      let client = try makeClient(server)
      try client.writeKV("secret", "app", ["a": "1", "b": "2"])
      _ = try client.perform(
        VaultRequest(.patch, VaultPath("secret/data/app"), body: ["data": ["b": "3"]])
      )
      #expect(try client.readKV("secret", "app")?.data == ["a": "1", "b": "3"])
    }
  }

  @Test func `capabilities are asked for in bulk`() async throws {
    try await BaoServer.with { server in
      let token = try server.makeToken(
        policy: "path \"secret/data/*\" { capabilities = [\"read\", \"update\"] }\n"
          + "path \"sys/capabilities-self\" { capabilities = [\"update\"] }"
      )
      let client = try makeClient(server.address, token: token)
      let paths = (0..<450).map { "secret/data/\($0)" } + ["sys/mounts/x", "secret/data/a,b"]
      let found = try client.capabilities(of: paths)
      #expect(found.count == 452)
      #expect(found["secret/data/449"] == ["read", "update"])
      #expect(found["secret/data/a,b"] == ["read", "update"])
      #expect(found["sys/mounts/x"] == ["deny"])
      #expect(try client.capabilities(of: []).isEmpty)
    }
  }

  @Test func `mounts are listed, also for a token that sees only some`() async throws {
    try await BaoServer.with { server in
      let root = try makeClient(server)
      #expect(try root.mounts()["secret/"]?["type"] == "kv")
      #expect(try root.authMounts()["token/"]?["type"] == "token")
      let token = try server.makeToken(policy: "path \"secret/*\" { capabilities = [\"read\"] }")
      let some = try makeClient(server.address, token: token)
      #expect(try some.mounts()["secret/"]?["type"] == "kv")
      #expect(try some.mounts()["sys/"] == nil)
      #expect(try some.authMounts().isEmpty)
    }
  }

  @Test func `policies come with their texts in one answer, where the server knows how`() async throws {
    try await BaoServer.with { server in
      try server.request(
        "POST",
        "sys/policies/acl/one",
        "{\"policy\":\"path \\\"a\\\" { policy = \\\"read\\\" }\"}"
      )
      #expect(
        try makeClient(server).detailedPolicies()?["one"]?["policy"] == "path \"a\" { policy = \"read\" }"
      )
    }
    try await FaultProxy.with(rule: { _, _ in
      .answer(404, body: "{\"errors\":[\"1 error occurred:\\n\\t* unsupported path\\n\\n\"]}")
    }) {
      proxy in
      let policies = try makeClient(proxy.address).detailedPolicies()
      #expect(policies == nil)
    }
  }

  @Test func `a thousand policies are written and read in batches`() async throws {
    try await BaoServer.with { server in
      let client = try makeClient(server)
      let names = (0..<1000).map { "policy-\($0)" }
      let writes = names.map { name in
        VaultRequest(
          .write,
          VaultPath("sys/policies/acl/\(name)"),
          body: ["policy": .string("path \"secret/\(name)\" { capabilities = [\"read\"] }")]
        )
      }
      for result in client.perform(writes) { #expect(try result.get().status == 204) }
      let reads = names.map { VaultRequest(.read, VaultPath("sys/policies/acl/\($0)")) }
      for (name, result) in zip(names, client.perform(reads)) {
        #expect(try result.get().data?["name"] == .string(name))
      }
    }
  }
}
