import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing
import Values

/// What becomes of a login's token while a run lasts, and when it ends.
@Suite struct LoginEndTests {
  private static let auth = "{method: approle, mount: ci, role_id: \"${ROLE}\", secret_id: \"${SECRET}\"}"

  @Test func `A token ends with a run that fails`() async throws {
    try await Logins.with { logins in
      let (role, secret) = try logins.server.makeAppRole()
      let before = try logins.server.tokens()
      let good = logins.with(["ROLE": role, "SECRET": secret])
      // The mount is taken: the run stops, and nothing is written.
      try logins.server.request("POST", "sys/mounts/apps", #"{"type": "transit"}"#)
      try good.configure(Self.auth)
      try await good.project.tool("sync", "--allow-dirty", exits: 3)
      #expect(try logins.server.tokens() == before)
    }
  }

  @Test(arguments: [["sync", "--allow-dirty"], ["plan"], ["drift"]])
  func `A token ends with a run that is told to stop`(command: [String]) async throws {
    try await Logins.with { logins in
      let (role, secret) = try logins.server.makeAppRole()
      let before = try logins.server.tokens()
      let victim = Mutex<Int32?>(nil)
      let rule: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, _ in
        guard request.path.hasPrefix("/v1/vault-migrations/data/") else { return .pass }
        while victim.withLock({ $0 }) == nil { usleep(1_000) }
        if let pid = victim.withLock({ $0 }) { kill(pid, SIGTERM) }
        // Only once: a second signal would end it at once.
        victim.withLock { $0 = 0 }
        return .delay(.milliseconds(50))
      }
      try await FaultProxy.with(
        logins.server.port,
        rule: { request, before in
          victim.withLock { $0 } == 0 ? .pass : rule(request, before)
        }
      ) { proxy in
        let good = logins.through(proxy).with(["ROLE": role, "SECRET": secret])
        try good.configure(Self.auth)
        let process = try ChildProcess(
          "/usr/bin/env",
          ["-C", good.project.folder, Tool.path] + command,
          environment: good.project.variables,
          log: good.project.scratch.file("log")
        )
        victim.withLock { $0 = process.pid }
        #expect(try await process.wait() == 1)
        #expect(good.project.scratch.read("log").contains("cancelled"))
        #expect(proxy.requests.contains { $0.path.hasSuffix("revoke-self") })
      }
      #expect(try logins.server.tokens() == before)
    }
  }

  @Test func `A token that dies in the middle is replaced where the login can be repeated`() async throws {
    try await Logins.with { logins in
      let (role, secret) = try logins.server.makeAppRole()
      let before = try logins.server.tokens()
      try await withDeath(of: logins, at: "sys/policies/acl/web") { logins, proxy in
        let good = logins.with(["ROLE": role, "SECRET": secret])
        try good.configure(Self.auth)
        try await good.project.tool("sync", "--allow-dirty")
        #expect(proxy.requests.count { $0.path.hasSuffix("/login") } == 2)
      }
      #expect(try logins.server.tokens() == before)
      #expect(try logins.server.data("apps/data/web")?.at("metadata.version") == 1)
    }
  }

  @Test func `A given token that dies in the middle stops the run, and the next one goes on`() async throws {
    try await Logins.with { logins in
      let made = try logins.server.request("POST", "auth/token/create", #"{"policies": ["all"]}"#)
      let token = BaoServer.field("client_token", in: made.body)
      try await withDeath(of: logins, at: "sys/policies/acl/web") { logins, _ in
        try logins.configure("{method: token}")
        let outcome = try await logins.with(["VAULT_TOKEN": token]).project
          .tool("sync", "--allow-dirty", "--quiet", exits: 77)
        let said = outcome.errors.split(separator: "\n")
        #expect(said.count == 2, "\(outcome.errors)")
        #expect(said.first?.contains("unknown, expired or revoked") == true)
        #expect(said.last?.contains("the next run goes on from here") == true)
      }
      try logins.server.expireLock()
      try logins.configure("{method: token}")
      try await logins.project.commit("Configure")
      let root = logins.project.with(["VAULT_TOKEN": logins.server.rootToken])
      try await root.tool("sync")
      #expect(try logins.server.data("apps/data/web")?.at("metadata.version") == 1)
      try await expectNothingLeft(root)
    }
  }

  /// Revokes the token of the first change at a path, before the server sees it.
  private func withDeath(
    of logins: Logins,
    at path: String,
    _ body: (Logins, FaultProxy) async throws -> Void
  ) async throws {
    let isDone = Mutex(false)
    let server = logins.server
    try await FaultProxy.with(
      server.port,
      rule: { request, _ in
        guard request.isChange, request.path == "/v1/\(path)", let token = request.header("X-Vault-Token"),
          isDone.withLock({
            let was = $0; $0 = true; return !was
          })
        else { return .pass }
        _ = try? server.request("POST", "auth/token/revoke", #"{"token": "\#(token)"}"#)
        return .pass
      }
    ) { try await body(logins.through($0), $0) }
  }
}
