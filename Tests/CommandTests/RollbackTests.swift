import TestSupport
import Testing
import Values

/// A version taken back by a migration, like any change.
@Suite struct RollbackMigrationTests {
  @Test func writesTheInverseAndRestoresTheSchema() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let first = project.read("schema.yaml")
      let role = try server.data("auth/approle/role/web")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m\n    token_num_uses: 3")
      try project.write("schema.yaml", project.read("schema.yaml") + "  legacy/:\n    type: kv-v2\n")
      try await project.generate("more")
      try await project.tool("sync")
      let dry = try await project.json("rollback", "--to", "1", "--dry-run")
      #expect(dry.at("migration.name") == "rollback-to-0001")
      #expect(project.read("migrations/0003-rollback-to-0001.yaml") == "")
      let text = try await project.tool("rollback", "--to", "0001").output
      #expect(text.contains("- legacy/"))
      #expect(project.read("schema.yaml") == first)
      let file = project.read("migrations/0003-rollback-to-0001.yaml")
      #expect(file.hasPrefix("# Goes back to what 0001 declared."))
      #expect(file.contains("was:\n      token_num_uses: 3"))
      try await project.tool("validate")
      try await project.commit("Roll back")
      try await project.tool("sync")
      #expect(try server.data("auth/approle/role/web") == role)
      #expect(try server.data("sys/mounts")?["legacy/"] == nil)
      try await expectNothingLeft(project)
    }
  }

  @Test func saysWhatItCannotBringBack() async throws {
    try await withSmallProject { project, _ in
      try await project.tool("sync")
      try project.write("schema.yaml", schema("auth/approle:\n  type: approle\n"))
      try await project.generate("drop")
      let report = try await project.json("rollback", "--to", "1")
      let notices = report["notices"]?.array ?? []
      let mount = notices.first { $0["path"] == "apps/" }
      #expect(mount?["text"]?.string?.contains("not brought back") == true)
      let file = project.read("migrations/0003-rollback-to-0001.yaml")
      #expect(file.contains("#   apps/: is made anew"))
      #expect(file.contains("#   auth/approle/role/web: is made anew"))
      try await project.tool("validate")
    }
  }

  @Test func refusesToLoseWhatIsInNoMigration() async throws {
    try await withSmallProject { project, _ in
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      let before = try await Snapshot(project)
      let error = try await project.json("rollback", "--to", "0", exits: 64)
      #expect(error.at("error.message")?.string?.contains("in no migration yet") == true)
      try await project.tool("rollback", "--to", "1", exits: 64)
      try await project.tool("rollback", exits: 64)
      #expect(try await Snapshot(project) == before)
    }
  }

  @Test func goesBackToNothing() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try await project.tool("rollback", "--to", "0")
      try await project.commit("Leave")
      try await project.tool("sync")
      #expect(try server.data("sys/mounts")?["apps/"] == nil)
      #expect(try server.data("sys/auth")?["approle/"] == nil)
      #expect(try server.data("sys/policies/acl/web") == nil)
      try await expectNothingLeft(project)
    }
  }
}

/// A version taken back at once, and the environment held until the migrations say the same.
@Suite struct RollbackNowTests {
  private static let second = """
    sys/policies/acl/web:
      policy: path "apps/data/*" { capabilities = ["read", "list"] }
    sys/policies/acl/new:
      policy: "# new"
    apps/:
      type: kv-v2
      description: changed
    apps/data/web:
      data: {password: "${APP_PASSWORD}", mode: slow}
    auth/approle:
      type: approle
      config: {max_lease_ttl: 2h}
    auth/approle/role/web:
      token_policies: [web, new]
      token_num_uses: 3
      secret_id_num_uses: 7
    """

  private struct Reads: Equatable {
    let role, policy, data, description, tune: Value?

    init(_ server: BaoServer) throws {
      role = try server.data("auth/approle/role/web")
      policy = try server.data("sys/policies/acl/web")?["policy"]
      data = try server.data("apps/data/web")?["data"]
      description = try server.data("sys/mounts")?["apps/"]?["description"]
      tune = try server.data("sys/auth/approle/tune")?["max_lease_ttl"]
    }
  }

  /// Two versions are applied; a field that nobody declared at first had been set by hand.
  private func withTwoVersions(_ body: (Project, BaoServer, Reads) async throws -> Void) async throws {
    try await withServer(Small.state) { project, server in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      try server.request("POST", "sys/auth/approle", #"{"type": "approle"}"#)
      try server.request(
        "POST",
        "auth/approle/role/web",
        #"{"token_policies": "web", "token_ttl": "20m", "secret_id_num_uses": 5}"#
      )
      try await project.generate("initial")
      try await project.tool("sync")
      let reads = try Reads(server)
      #expect(reads.role?["secret_id_num_uses"] == 5)
      try project.write("schema.yaml", schema(Self.second))
      try await project.generate("second")
      try await project.tool("sync")
      #expect(try Reads(server) != reads)
      try await body(project, server, reads)
    }
  }

  @Test func takesAVersionBackAndHoldsTheEnvironment() async throws {
    try await withTwoVersions { project, server, first in
      let before = try await Snapshot(project, server)
      let dry = try await project.json("rollback", "--now", "--dry-run")
      #expect(dry["from"] == "0002" && dry["to"] == "0001" && dry["done"] == false)
      #expect(dry["changes"]?.array?.count == 6)
      #expect(try await Snapshot(project, server) == before)
      try await project.tool("rollback", "--now")
      #expect(try Reads(server) == first)
      #expect(try server.data("sys/policies/acl/new") == nil)
      let log = try await project.git(
        "--git-dir",
        project.remote,
        "log",
        "-1",
        "--format=%B",
        "vault-migrations/prod"
      )
      #expect(log.hasPrefix("prod: roll back 0002 to 0001\n"))
      #expect(log.contains("Rollback: 0002 to 0001\n"))
      let status = try await project.json("status", "--detailed-exitcode", exits: 2)
      #expect(status["state"] == "held")
      #expect(status.at("held.to") == "0001")
      #expect(status["version"] == "0002")
      try await project.tool("drift")
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.message")?.string?.contains("is held there: nothing is applied") == true)
      #expect(try Reads(server) == first)
    }
  }

  @Test func isReleasedByTheInverseMigration() async throws {
    try await withTwoVersions { project, server, first in
      try await project.tool("rollback", "--now", "--to", "1")
      try project.write(
        "schema.yaml",
        project.read("schema.yaml") + "  sys/policies/acl/other:\n    policy: '# other'\n"
      )
      try await project.generate("other")
      try await project.tool("sync", exits: 3)
      #expect(try server.data("sys/policies/acl/other") == nil)
      try await project.git("reset", "-q", "--hard", "HEAD~1")
      try await project.tool("rollback", "--to", "1")
      try await project.commit("Roll back")
      let written = try server.data("sys/policies/acl/web")?["version"]
      try await project.tool("sync")
      // Everything is so already: nothing is written a second time.
      #expect(try server.data("sys/policies/acl/web")?["version"] == written)
      #expect(try Reads(server) == first)
      #expect(try await project.json("status")["version"] == "0003")
      try await expectNothingLeft(project)
    }
  }

  @Test func isReleasedByApplyingItAgain() async throws {
    try await withTwoVersions { project, server, first in
      let second = try Reads(server)
      try await project.tool("release", exits: 64)
      try await project.tool("rollback", "--now")
      try await project.tool("release")
      #expect(try Reads(server) == second)
      #expect(try server.data("sys/policies/acl/new") != nil)
      try await expectNothingLeft(project)
    }
  }

  /// What ran in something that is made anew is done again with its answers; anything else ran once, and stays.
  @Test func releasesActionsOnlyWhereWhatTheyWereDoneInIsMadeAnew() async throws {
    let more = """

        auth/approle/role/late: {token_policies: [web]}
        auth/approle/role/late/secret-id: {save: {secret_id: late_id, secret_id_accessor: late_accessor}}
        apps/data/late: {data: {accessor: "${saved:late_accessor}"}}
        transit/keys/app/rotate: {}
      """
    try await withServer(Small.state, environment: "protect: true\n") { project, server in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      try server.request("POST", "sys/mounts/transit", #"{"type": "transit"}"#)
      try server.request("POST", "transit/keys/app")
      try await project.generate("initial")
      try await project.tool("sync")
      try project.write("schema.yaml", project.read("schema.yaml") + more)
      try await project.generate("late")
      try await project.tool("sync")
      let first = try server.data("apps/data/late")?.at("data.accessor")
      let refused = try await project.tool("rollback", "--now", exits: 64)
      #expect(refused.errors.contains("destroys the newest version of the secret"))
      #expect(!refused.errors.contains("Losses("))
      try await project.tool("rollback", "--now", "--yes")
      let released = try await project.tool("release")
      #expect(released.errors.contains("transit/keys/app/rotate: has run before, and is not run again"))
      #expect(try server.data("transit/keys/app")?["latest_version"] == 2)
      let second = try server.data("apps/data/late")?.at("data.accessor")?.string
      #expect(second != first?.string)
      #expect(try server.list("auth/approle/role/late/secret-id") == [second])
      try await expectNothingLeft(project)
    }
  }

  @Test func neverDeletesWhatItDidNotCreate() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "sys/policies/acl/found", ##"{"policy": "# found"}"##)
      try server.request("POST", "auth/approle/role/found", #"{"token_ttl": "60s", "token_num_uses": 9}"#)
      try project.write(
        "schema.yaml",
        project.read("schema.yaml")
          + "  sys/policies/acl/found:\n    policy: '# found'\n  auth/approle/role/found:\n    token_ttl: 5m\n"
      )
      try await project.generate("found")
      try await project.tool("sync", "--revert", "auth/approle/role/found")
      #expect(try server.data("auth/approle/role/found")?["token_ttl"] == 300)
      try await project.tool("rollback", "--now")
      #expect(try server.data("sys/policies/acl/found")?["policy"] == "# found")
      #expect(try server.data("auth/approle/role/found")?["token_ttl"] == 60)
      #expect(try server.data("auth/approle/role/found")?["token_num_uses"] == 9)
      try await project.tool("drift")
    }
  }

  @Test func stopsForWhatSomebodyElseChanged() async throws {
    try await withTwoVersions { project, server, first in
      try server.request("POST", "auth/approle/role/web", #"{"token_num_uses": 11}"#)
      let before = try await Snapshot(project, server)
      let error = try await project.json("rollback", "--now", exits: 3)
      #expect(error.at("error.path") == "auth/approle/role/web")
      #expect(try await Snapshot(project, server) == before)
      #expect(try await project.json("status")["state"] == "clean")
      try await project.tool("rollback", "--now", "--revert", "auth/approle/role/web")
      #expect(try Reads(server) == first)
    }
  }

  @Test func finishesARollbackThatWasInterrupted() async throws {
    try await InterruptedProject.with { story in
      let project = story.project
      try await project.tool("sync")
      let role = try story.server.data("auth/approle/role/web")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("second")
      try await project.tool("sync")
      story.executioner.arm(.killAfter, after: 4)
      #expect(try await story.start(["rollback", "--now"]).wait() == 137)
      try story.expireLock()
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.message")?.string?.contains("was interrupted") == true)
      try await project.tool("rollback", "--now")
      #expect(try story.server.data("auth/approle/role/web") == role)
      #expect(try story.server.data("apps/data/web")?.at("data.mode") == "fast")
      #expect(try await project.json("status")["state"] == "held")
      try await project.tool("drift")
    }
  }
}
