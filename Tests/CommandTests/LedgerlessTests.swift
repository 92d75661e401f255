import TestSupport
import Testing
import Values

/// `ledger: false`: run and lock lie on references of git, and the key of the fingerprints comes from outside.
@Suite struct LedgerlessTests {
  private static let state =
    Small.state + "\n" + """
      pki/:
        type: pki
      pki/root/generate/internal:
        common_name: Example Root CA
      """

  private func withProject(
    _ state: String = Self.state,
    settings: String = "",
    _ body: (Project, BaoServer) async throws -> Void
  ) async throws {
    try await Project.with(["schema.yaml": schema(state)]) { project in
      try await BaoServer.with { server in
        try project.write(
          "config.yaml",
          configuration(server.address, "", "ledger: false\nlock_ttl: 6s\n" + settings)
        )
        try await project.commit("Configure")
        let project = project.with([
          "VAULT_TOKEN": server.rootToken, "APP_PASSWORD": "app-password-1",
          "VAULT_MIGRATIONS_KEY": Project.fingerprintKey,
        ])
        try await project.generate("initial")
        try await body(project, server)
      }
    }
  }

  @Test func appliesAndFindsDriftWithoutARecordOnTheServer() async throws {
    try await withProject { project, server in
      try await project.tool("sync")
      try await expectNothingLeft(project)
      #expect(try server.request("GET", "sys/mounts/vault-migrations").status != 200)
      #expect(try await project.references("refs/vault-migrations") == ["prod/key", "prod/lock", "prod/run"])
      for folder in [project.remote, "\(project.folder)/.git"] {
        #expect(
          try await project.git("--git-dir", folder, "fsck", "--full", "--strict", "--no-dangling") == ""
        )
      }
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": 60}"#)
      #expect(try await project.json("drift", exits: 2).at("drift.0.path") == "auth/approle/role/web")
      try await project.tool("drift", "--revert")
      // A fingerprint tells that the secret is another one.
      let rotated = project.with(["APP_PASSWORD": "app-password-2"])
      #expect(try await rotated.json("sync")["refreshed"] == ["apps/data/web"])
      #expect(try server.data("apps/data/web")?.at("data.password") == "app-password-2")
      #expect(try await rotated.json("sync")["refreshed"] == [])
      let text = try await project.tool("status").output
      #expect(text.contains("records: in git alone"))
    }
  }

  @Test func keepsEverythingLocalWithoutARemote() async throws {
    try await withProject(settings: "remote: \"\"\n") { project, _ in
      try await project.tool("sync")
      #expect(try await project.tool("sync").output == "No changes required\n")
      #expect(try await project.references("refs/vault-migrations") == [])
      let local = try await project.git("for-each-ref", "--format=%(refname)", "refs/vault-migrations/prod")
      #expect(local.contains("refs/vault-migrations/prod/run"))
    }
  }

  /// Without the right key nothing is written, neither to the server nor to the remote.
  @Test(arguments: [("", "must hold the key"), ("short", "too short"), ("another", "is not the key")])
  func insistsOnTheKey(_ key: String, _ message: String) async throws {
    try await withProject { project, server in
      let isOther = key == "another"
      if isOther { try await project.tool("sync") }
      let before = try await project.published()
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      let wrong = project.with([
        "VAULT_MIGRATIONS_KEY": isOther ? String(repeating: "x", count: 64) : key
      ])
      let error = try await wrong.json("sync", exits: 78)
      #expect(error.at("error.message")?.string?.contains(message) == true)
      #expect(error.at("error.hint")?.string != nil)
      let role = try server.data("auth/approle/role/web")
      #expect(isOther ? role?["token_ttl"] == 1200 : role == nil)
      #expect(try await project.published() == before)
      try await project.tool("sync")
    }
  }

  @Test func letsTheSecondRunWait() async throws {
    try await withProject { project, server in
      let executioner = Executioner()
      try await FaultProxy.with(server.port, rule: executioner.judge) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.commit("Go through the proxy")
        executioner.arm(.hold, after: 2)
        let first = try project.start("sync", log: "first.log")
        try await waitUntil("the first run works") { executioner.isExecuted }
        let error = try await project.json("sync", exits: 75)
        #expect(error.at("error.code") == "locked")
        #expect(try await project.json("unlock")["held"] == true)
        executioner.release()
        #expect(try await first.wait() == 0)
        #expect(try await project.json("unlock")["held"] == false)
      }
    }
  }

  /// An action ran, and the run died before it could say so: the record of its intention is on the remote.
  @Test func finishesWhatAKilledRunBegan() async throws {
    try await withProject { project, server in
      let executioner = Executioner()
      try await FaultProxy.with(server.port, rule: executioner.judge) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.commit("Go through the proxy")
        // Three mounts, then what lies in them: the action is among the last.
        executioner.arm(.killAfter, after: 6)
        let process = try project.start("sync", log: "first.log")
        executioner.aim(at: process.pid)
        #expect(try await process.wait() == 137)
        try await project.git("push", "-q")
        let other = try await project.clone("other", "--depth", "1")
        try await other.tool("sync", "--lock-timeout", "1m")
        #expect(try server.list("pki/issuers").count == 1)
        #expect(try server.data("apps/data/web")?.at("metadata.version") == 1)
        let tasks = try await project.json("show", "1")["tasks"]?.array ?? []
        #expect(tasks.count == 7 && tasks.allSatisfy { $0["outcome"] == "done" && $0["before"] == nil })
        try await expectNothingLeft(project)
      }
    }
  }

  @Test func refusesToSaveAnswersInGit() async throws {
    try await withProject { project, _ in
      let state = Self.state.replacing(
        "common_name: Example Root CA",
        with: "common_name: X\n  save: {issuer_id: root}"
      )
      try project.write("schema.yaml", schema(state))
      let error = try await project.json("generate", exits: 65)
      #expect(error.at("error.message")?.string?.contains("git is no place for it") == true)
    }
  }

  @Test func saysThatThereIsNoMountToMake() async throws {
    try await withProject { project, server in
      let error = try await project.json("ledger", "init", exits: 64)
      #expect(error.at("error.message")?.string?.contains("no mount to make") == true)
      #expect(try server.request("GET", "sys/mounts/vault-migrations").status != 200)
    }
  }

  @Test func saysSoWhenTheRemoteRefusesItsReferences() async throws {
    try await withProject { project, server in
      try project.refusePushes()
      let error = try await project.json("sync", exits: 1)
      #expect(error.at("error.message")?.string?.contains("refs/vault-migrations/prod/lock") == true)
      #expect(try server.data("sys/policies/acl/web") == nil)
      try project.allowPushes()
      try await project.tool("sync")
    }
  }
}

extension Project {
  /// Fit for `VAULT_MIGRATIONS_KEY`.
  static let fingerprintKey = "0123456789abcdef0123456789abcdef"

  /// The names of the remote's references below a prefix, without it.
  fileprivate func references(_ prefix: String) async throws -> [String] {
    try await git("--git-dir", remote, "for-each-ref", "--format=%(refname)", prefix)
      .split(separator: "\n").map { String($0.dropFirst(prefix.count + 1)) }
  }

  fileprivate func start(_ command: String, log: String) throws -> ChildProcess {
    try ChildProcess(
      "/usr/bin/env",
      ["-C", folder, Tool.path, command],
      environment: variables,
      log: scratch.file(log)
    )
  }
}
