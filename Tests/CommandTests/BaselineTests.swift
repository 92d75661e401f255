import TestSupport
import Testing
import Values

/// An environment that joins late, or whose server was configured before its records began.
@Suite struct BaselineTests {
  @Test func recordsWhatTheServerHasAlready() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server)
      let before = [try server.data("sys/policies/acl/web"), try server.data("apps/metadata/web")]
      let report = try await project.json("baseline")
      #expect(report["paths"]?.texts == Small.paths.sorted())
      #expect(report["tag"] == "vault-migrations/prod/0001")
      #expect([try server.data("sys/policies/acl/web"), try server.data("apps/metadata/web")] == before)
      try await expectNothingLeft(project)
      let message = try await project.git(
        "--git-dir",
        project.remote,
        "log",
        "-1",
        "--format=%B",
        "vault-migrations/prod"
      )
      #expect(message.hasPrefix("prod: baseline 0001 initial"))
      #expect(message.contains("\nBaseline: true\n"))
      #expect(try await project.tool("history").output.contains("baseline: nothing was written"))
      // It has its place among the versions.
      let again = try await project.json("baseline", exits: 64)
      #expect(again.at("error.message")?.string?.contains("at version 0001 already") == true)
    }
  }

  @Test func refusesDifferencesUnlessTheyAreAccepted() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server, ttl: 999)
      try server.request("DELETE", "sys/policies/acl/web")
      let before = try await Snapshot(project, server)
      let refused = try await project.json("baseline", exits: 3)
      let problems = refused["problems"]?.array ?? []
      #expect(
        problems.compactMap { $0["path"]?.string } == ["auth/approle/role/web", "sys/policies/acl/web"]
      )
      #expect(problems.first?["message"]?.string?.contains("token_ttl (\"20m\" → 999)") == true)
      #expect(try await Snapshot(project, server) == before)
      let wrong = try await project.json("baseline", "--accept", "auth/approle/role/wob", exits: 64)
      #expect(wrong.at("error.hint") == "did you mean auth/approle/role/web?")

      try server.request(
        "POST",
        "sys/policies/acl/web",
        #"{"policy": "path \"apps/data/web\" { capabilities = [\"read\"] }"}"#
      )
      let report = try await project.json("baseline", "--accept", "auth/approle/role/web")
      #expect(report["accepted"]?.texts == ["auth/approle/role/web"])
      // What was accepted is how it is, and a change of it is a change.
      try await project.tool("plan", "--detailed-exitcode")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": 998}"#)
      #expect(try await project.json("drift", exits: 2)["drift"]?.at("0.path") == "auth/approle/role/web")
    }
  }

  @Test func goesOnFromAnEarlierVersion() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server)
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("slow")
      try await project.tool("baseline", exits: 3)
      try await project.tool("baseline", "--to", "1")
      #expect(try await project.json("status")["version"] == "0001")
      try await project.tool("sync")
      #expect(try server.data("apps/data/web")?.at("data.mode") == "slow")
      try await expectNothingLeft(project)
    }
  }

  @Test func joinsLateOverSeveralVersions() async throws {
    try await withSmallProject { project, server in
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("slow")
      try Small.configureByHand(server)
      try server.request(
        "POST",
        "apps/data/web",
        #"{"data": {"password": "app-password-1", "mode": "slow"}}"#
      )
      try await project.tool("baseline")
      #expect(try await project.json("status")["version"] == "0002")
      try await expectNothingLeft(project)
    }
  }

  @Test func refusesWhatTheMigrationsDeleted() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let old = project.read("schema.yaml")
      let index = old.firstRange(of: "  auth/approle/role/web:")?.lowerBound ?? old.endIndex
      try project.write("schema.yaml", String(old[..<index]))
      try await project.generate("without")
      let refused = try await project.json("baseline", exits: 3)
      #expect(refused.at("error.path") == "auth/approle/role/web")
      try server.request("DELETE", "auth/approle/role/web")
      try await project.tool("baseline")
      try await expectNothingLeft(project)
    }
  }

  @Test func takesActionsForDone() async throws {
    let state = "pki/:\n  type: pki\npki/root/generate/internal:\n  common_name: Root\n"
    try await withServer(state) { project, server in
      try await project.generate("root")
      try server.request("POST", "sys/mounts/pki", #"{"type": "pki"}"#)
      try server.request("POST", "pki/root/generate/internal", #"{"common_name": "Root"}"#)
      let outcome = try await project.tool("baseline")
      #expect(outcome.output.contains("taken for done: pki/root/generate/internal"))
      try await project.tool("sync")
      #expect(try server.list("pki/issuers").count == 1)
    }
  }

  @Test func canBeTriedAgainAfterItCouldNotPublish() async throws {
    try await withSmallProject { project, server in
      try Small.configureByHand(server)
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("slow")
      try server.request(
        "POST",
        "apps/data/web",
        #"{"data": {"password": "app-password-1", "mode": "slow"}}"#
      )
      let away = project.remote + ".away"
      try await project.git("config", "remote.origin.pushurl", "file://\(away)")
      let failed = try await project.tool("baseline", exits: 69)
      #expect(failed.errors.contains("the server was compared, but the state branch could not be published"))
      try await project.git("config", "--unset", "remote.origin.pushurl")
      #expect(try await project.json("status")["state"] == "empty")
      try await project.tool("baseline")
      try await expectNothingLeft(project)
    }
  }
}
