import TestSupport
import Testing
import Values

/// What was recorded is true, and what contradicts it is said.
@Suite struct RecordTests {
  @Test func worksWhereTheEnvironmentHasANamespace() async throws {
    try await BaoServer.with { server in
      try server.request("POST", "sys/namespaces/team")
      try await Project.with(["schema.yaml": schema("apps/:\n  type: kv-v2\n")]) { project in
        try project.write("config.yaml", configuration(server.address, "namespace: team\n"))
        try await project.commit("Configure")
        let project = project.with(["VAULT_TOKEN": server.rootToken])
        try await project.tool("ledger", "init", "--quiet")
        try await project.generate("initial")
        try await project.tool("sync")
        #expect(try server.data("sys/mounts", namespace: "team")?["apps/"] != nil)
        #expect(try server.data("sys/mounts")?["apps/"] == nil)
        try await project.tool("plan", "--detailed-exitcode")
        try await project.tool("drift")
      }
    }
  }

  @Test func callsAServerThatWasEmptiedNoServerWithoutDrift() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("DELETE", "sys/mounts/vault-migrations")
      try await project.tool("ledger", "init", "--quiet")
      for command in [["drift"], ["plan", "--detailed-exitcode"], ["sync", "--dry-run"], ["sync"]] {
        #expect(try await project.run(command).status == 3, "\(command)")
      }
    }
  }

  @Test func keepsTheShortestSecretOutOfTheBranch() async throws {
    let state = "sys/policies/acl/p:\n  policy: 'path \"a/${PIN}\" { capabilities = [\"read\"] }'\n"
    try await withServer(state) { project, server in
      let project = project.with(["PIN": "4711"])
      try await project.generate("initial")
      try await project.tool("sync")
      let policy = try server.data("sys/policies/acl/p")?["policy"]?.string
      #expect(policy?.contains("a/4711") == true)
      let objects = try await project.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)")
      for object in objects.split(separator: "\n") {
        #expect(try await !project.git("cat-file", "-p", String(object)).contains("4711"))
      }
      try await project.tool("drift")
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test func knowsWhatALaterActionChangesElsewhere() async throws {
    let state = """
      pki/:
        type: pki
      pki/root/generate/internal:
        common_name: First
        issuer_name: first
      pki/config/issuers:
        default: first
        default_follows_latest_issuer: true
      """
    try await withServer(state) { project, _ in
      try await project.generate("initial")
      try await project.tool("sync")
      try project.write(
        "schema.yaml",
        schema(state + "\npki/root/generate/internal#2027:\n  common_name: Second\n  issuer_name: second\n")
      )
      try await project.generate("second-root")
      try await project.tool("sync")
      try await project.tool("drift")
    }
  }

  @Test func deletesAKeyTogetherWithTheSettingsThatAllowIt() async throws {
    let kept = "transit/:\n  type: transit\n"
    let state = kept + "transit/keys/k: {}\ntransit/keys/k/config:\n  deletion_allowed: true\n"
    try await withServer(state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try project.write("schema.yaml", schema(kept))
      try await project.generate("drop-key")
      try await project.tool("sync")
      #expect(try server.data("transit/keys/k") == nil)
      try await project.tool("drift")
    }
  }

  @Test func writesBackWhatSomebodyElseChangedWhenAskedWithoutAMigration() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try await project.tool("sync", "--keep", "auth/approle/role/web", exits: 64)
      try await project.tool("sync", "--revert", "auth/approle/role/web")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      try await project.tool("drift")
      #expect(try await project.tool("sync").output == "No changes required\n")
    }
  }

  @Test func remembersAServerThatWasAccepted() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try project.edit(
        "config.yaml",
        server.address,
        server.address.replacing("127.0.0.1", with: "localhost")
      )
      try await project.commit("Use another name")
      try await project.tool("sync", exits: 3)
      try await project.tool("sync", "--accept-server")
      #expect(try await project.tool("sync").output == "No changes required\n")
      try await project.tool("drift")
    }
  }

  @Test func letsAnApprovalBeGivenLater() async throws {
    try await withSmallProject(environment: "protect: true") { project, server in
      try await project.tool("sync")
      try project.write("schema.yaml", schema("sys/policies/acl/other: {policy: '# empty'}"))
      try await project.generate("drop")
      try await project.tool("sync", exits: 65)
      let file = "migrations/0002-drop.yaml"
      let approved = project.read(file).replacing(
        "    delete: true\n",
        with: "    delete: true\n    approve: {prod: destroys all that two have seen}\n"
      )
      try project.write(file, approved)
      try await project.commit("Approve")
      try await project.tool("validate")
      try await project.tool("sync")
      #expect(try server.data("sys/mounts")?["apps/"] == nil)
    }
  }
}
