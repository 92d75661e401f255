import TestSupport
import Testing
import Values

/// A first sync against a server that was configured before.
@Suite struct AdoptionTests {
  @Test func adoptsWhatIsAlreadyAsDeclared() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server, ttl: 1200)
      let before = try versions(server)
      try await project.tool("sync")
      #expect(try versions(server) == before)
      let tasks = try await project.json("show", "1")["tasks"]?.array ?? []
      #expect(tasks.compactMap { $0["path"]?.string } == Small.paths)
      #expect(tasks.compactMap { $0["outcome"]?.string } == Small.paths.map { _ in "adopted" })
      try await project.tool("plan", "--detailed-exitcode")
      // From now on they are like any other.
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("slow")
      try await project.tool("sync")
      #expect(try server.data("apps/data/web")?.at("data.mode") == "slow")
    }
  }

  @Test func stopsForAnObjectThatIsDifferent() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server, ttl: 999)
      try server.request("DELETE", "sys/policies/acl/web")
      let before = try await Snapshot(project, server)
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.path") == "auth/approle/role/web")
      #expect(error.at("error.message")?.string?.contains("token_ttl") == true)
      #expect(try await Snapshot(project, server) == before)
      #expect(try await project.json("status")["state"] == "empty")
      // The user decides, and only about this path.
      try await project.tool("sync", "--revert", "auth/approle/role/web")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
    }
  }

  @Test func tellsAllDifferencesAtOnce() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server, ttl: 999)
      try server.request(
        "POST",
        "sys/policies/acl/web",
        #"{"policy": "path \"b\" { capabilities = [\"read\"] }"}"#
      )
      let before = try await Snapshot(project, server)
      let error = try await project.json("sync", exits: 3)
      let problems = error["problems"]?.array ?? []
      #expect(
        Set(problems.compactMap { $0["path"]?.string }) == ["auth/approle/role/web", "sys/policies/acl/web"]
      )
      #expect(problems.allSatisfy { $0["hint"]?.string?.contains("--revert") ?? false })
      #expect(try await Snapshot(project, server) == before)
    }
  }

  @Test func stopsForASecretWithOtherValues() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server, ttl: 1200)
      try server.request("POST", "apps/data/web", #"{"data": {"password": "by hand", "mode": "fast"}}"#)
      let outcome = try await project.tool("sync", exits: 3)
      #expect(outcome.errors.contains("apps/data/web exists already"))
      #expect(!(outcome.output + outcome.errors).contains("by hand"))
      #expect(try server.data("apps/data/web")?.at("data.password") == "by hand")
    }
  }

  @Test func saysWhatGenerateFinds() async throws {
    try await withServer(Small.state) { project, server in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      try Small.configureByHand(server, ttl: 1200)
      let report = try await project.json("generate", "--dry-run")
      #expect(report["existing"]?.texts == Small.paths.sorted())
      #expect(project.read("migrations/0001-initial.yaml").isEmpty)
    }
  }

  /// What a write that changes nothing would still raise.
  private func versions(_ server: BaoServer) throws -> [Value?] {
    [
      try server.data("sys/policies/acl/web")?["version"],
      try server.data("sys/policies/acl/web")?["modified"],
      try server.data("apps/data/web")?.at("metadata.version"),
    ]
  }
}
