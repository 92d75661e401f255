import FoundationEssentials
import TestSupport
import Testing
import Values

/// Several pipelines at once, on the same and on different environments.
@Suite struct RaceTests {
  private static let environments = ["blue", "green", "red", "white"]

  private func withServers(
    _ count: Int,
    _ servers: [BaoServer] = [],
    _ body: ([BaoServer]) async throws -> Void
  )
    async throws
  {
    if servers.count == count { return try await body(servers) }
    try await BaoServer.with { try await withServers(count, servers + [$0], body) }
  }

  @Test func `Eight runs from eight clones over four environments apply every version once`() async throws {
    try await withServers(Self.environments.count) { servers in
      let places = zip(Self.environments, servers).map { "\($0): {address: \"\($1.address)\"}" }
      let settings =
        "version: 1\nproject: shop\nenvironments: {\(places.joined(separator: ", "))}\n"
      try await Project.with(["config.yaml": settings, "schema.yaml": schema(Small.state)]) { project in
        let project = project.with(["APP_PASSWORD": "app-password-1"])
        try await project.generate("initial")
        for number in 2...3 {
          try project.edit(
            "schema.yaml",
            "token_ttl: \(number - 1 == 1 ? 20 : number - 1)m",
            "token_ttl: \(number)m"
          )
          try await project.generate("change-\(number)")
        }
        try await project.git("push", "-q")
        for (name, server) in zip(Self.environments, servers) {
          try await project.with(["VAULT_TOKEN": server.rootToken]).tool(
            "ledger",
            "init",
            "--env",
            name,
            "--quiet"
          )
        }
        try await race(project, servers)
        for (name, server) in zip(Self.environments, servers) {
          try await expectOnce(project.with(["VAULT_TOKEN": server.rootToken]), name, server)
        }
      }
    }
  }

  /// Two runs for each environment at the same time, as pipelines start them: each again until it is done.
  private func race(_ project: Project, _ servers: [BaoServer]) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (index, name) in Self.environments.enumerated() {
        for copy in 1...2 {
          let token = servers[index].rootToken
          group.addTask {
            let clone = try await project.clone("\(name)-\(copy)", "--depth", "1").with(["VAULT_TOKEN": token]
            )
            for attempt in 1... {
              let outcome = try await clone.run(["sync", "--env", name])
              if outcome.status == 0 { return }
              // The other run holds the lock, or was faster: the two reasons to come again.
              try #require([3, 75].contains(outcome.status) && attempt < 100, "\(outcome.errors)")
              try await Task.sleep(for: .milliseconds(50))
            }
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func expectOnce(_ project: Project, _ environment: String, _ server: BaoServer) async throws {
    let branch = "vault-migrations/\(environment)"
    #expect(try await project.git("--git-dir", project.remote, "rev-list", "--count", branch) == "3")
    for (tag, back) in [("0001", 2), ("0002", 1), ("0003", 0)] {
      let tagged = try await project.git(
        "--git-dir",
        project.remote,
        "rev-parse",
        "\(branch)/\(tag)^{commit}"
      )
      let commit = try await project.git("--git-dir", project.remote, "rev-parse", "\(branch)~\(back)")
      #expect(tagged == commit, "\(branch)/\(tag)")
    }
    #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 180)
    #expect(try server.data("apps/data/web")?.at("metadata.version") == 1)
    #expect(try server.data("sys/policies/acl/web")?["version"] == 1)
    try await project.tool("plan", "--env", environment, "--detailed-exitcode")
    let history = try await project.json("history", "--env", environment)
    #expect(history["history"]?.array?.count == 3)
  }
}
