import FoundationEssentials
import TestSupport
import Testing
import Values

/// What pipelines and dashboards learn of runs: numbers, messages and log lines.
@Suite struct MonitoringTests {
  @Test func writesNumbersAlsoWhenARunFails() async throws {
    try await withSmallProject { project, server in
      let file = project.folder + "/vault.prom"
      try await project.tool("status", "--metrics-file", "vault.prom")
      let before = try metrics(file, command: "status")
      #expect(before["applied_version"] == "0")
      #expect(before["pending_versions"] == "1")
      #expect(before["drift_entries"] == nil)
      try await project.tool("sync", "--metrics-file", "vault.prom")
      let good = try metrics(file, command: "sync")
      #expect(good["applied_version"] == "1")
      #expect(good["pending_versions"] == "0")
      #expect(good["run_success"] == "1")
      #expect(good["run_retries"] == "0")
      #expect((good["run_requests POST 2xx"].flatMap { Int($0) } ?? 0) >= 5)
      #expect((good["run_duration_seconds"].flatMap { Double($0) } ?? 0) > 0)
      let success = try #require(good["last_success_timestamp_seconds"])

      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 90000h\n    token_type: nonsense")
      try await project.generate("bad")
      let failed = try await project.run(["sync", "--metrics-file", "vault.prom"])
      let bad = try metrics(file, command: "sync")
      #expect(failed.status == 1)
      #expect(bad["run_success"] == "0")
      #expect(bad["run_exit_status"] == "1")
      #expect(bad["pending_versions"] == "1")
      #expect(bad["run_requests POST 4xx"] == "1")
      #expect(bad["last_success_timestamp_seconds"] == success)
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o644)
      let names = try FileManager.default.contentsOfDirectory(atPath: project.folder)
      #expect(names.count { $0.contains("prom") } == 1)
    }
  }

  @Test func countsDriftAndTakesItForASuccess() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
      try await project.tool("drift", "--metrics-file", "drift.prom", exits: 2)
      let found = try metrics(project.folder + "/drift.prom", command: "drift")
      #expect(found["drift_entries"] == "1")
      #expect(found["run_success"] == "1")
    }
  }

  @Test func writesNumbersOfAServerThatIsGone() async throws {
    let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema("")]
    try await Project.with(files) { project in
      try await project.with(["VAULT_TOKEN": "x"]).tool("sync", "--metrics-file", "vault.prom", exits: 69)
      let found = try metrics(project.folder + "/vault.prom", command: "sync")
      #expect(found["run_success"] == "0")
      #expect(found["run_exit_status"] == "69")
      #expect(found["last_success_timestamp_seconds"] == nil)
    }
  }

  /// The samples by name, and where they have them, method and class of status; every line must be of the format.
  private func metrics(_ file: String, command: String) throws -> [String: String] {
    let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    #expect(text.hasSuffix("\n# EOF\n"))
    let sample =
      #/vault_migrations_(?<name>[a-z_]+)\{project="shop",environment="prod",command="(?<command>[a-z]+)"(,method="(?<method>[A-Z]+)",status="(?<status>\dxx|none)")?\} (?<value>[0-9.e-]+)/#
    var found: [String: String] = [:]
    var typed: Set<Substring> = []
    for line in text.split(separator: "\n") where !line.hasPrefix("# HELP ") && line != "# EOF" {
      if line.hasPrefix("# TYPE ") {
        #expect(typed.insert(line).inserted && line.hasSuffix(" gauge"))
        continue
      }
      let match = try #require(line.wholeMatch(of: sample), "\(line)")
      #expect(match.command == command)
      #expect(typed.contains("# TYPE vault_migrations_\(match.name) gauge"))
      let kind = match.method.map { " \($0) \(match.status ?? "")" } ?? ""
      #expect(found.updateValue(String(match.value), forKey: match.name + kind) == nil)
    }
    return found
  }

  // MARK: - Messages

  @Test func tellsWhatWasAppliedWhatFailedAndWhatDrifted() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200, body: "ok") }) { receiver in
      let settings = """
        notify:
          - url: ${CHAT_WEBHOOK}
            header: {name: Authorization, value: "Bearer ${CHAT_TOKEN}"}
          - {url: "${CHAT_WEBHOOK}", format: slack, events: [drift]}
        """
      try await withSmallProject(settings: settings) { project, server in
        let project = project.with([
          "CHAT_WEBHOOK": receiver.address + "/hook/s3cret-path", "CHAT_TOKEN": "s3cret-token",
        ])
        let sync = try await project.tool("sync")
        try await project.tool("sync")
        try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
        try await project.tool("drift", exits: 2)
        try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
        try await project.generate("longer")
        let failed = try await project.tool("sync", exits: 3)

        let sent = try receiver.requests.map { ($0, try JSON.parse($0.body)) }
        #expect(sent.map { $0.1["event"]?.string ?? "slack" } == ["applied", "drift", "slack", "failed"])
        #expect(sent.allSatisfy { $0.0.path == "/hook/s3cret-path" && $0.0.method == "POST" })
        #expect(sent[0].0.header("Authorization") == "Bearer s3cret-token")
        #expect(sent[2].0.header("Authorization") == nil)
        #expect(sent[0].1["text"] == "shop/prod: applied 0001 initial")
        #expect(sent[0].1.at("applied.0.tag") == "vault-migrations/prod/0001")
        #expect(sent[1].1.at("drift.0.path") == "auth/approle/role/web")
        #expect(sent[2].1["text"] == "shop/prod: 1 path changed by somebody else: auth/approle/role/web")
        #expect(sent[3].1.at("error.code") == "world-changed")
        let said = sent.map { String(decoding: $0.0.body, as: UTF8.self) }.joined()
        for secret in ["app-password-1", "s3cret", server.rootToken] { #expect(!said.contains(secret)) }
        #expect(!(sync.errors + failed.errors + failed.output).contains("s3cret"))
      }
    }
  }

  @Test func tellsWhatWasTakenBackReleasedAndRepaired() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(200) }) { receiver in
      try await withSmallProject(settings: "notify: {url: '${CHAT_WEBHOOK}'}\n") { project, server in
        let quiet = project
        let project = project.with(["CHAT_WEBHOOK": receiver.address])
        let file = project.folder + "/vault.prom"
        try await quiet.tool("sync", "--quiet")
        try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
        try await project.generate("longer")
        try await quiet.tool("sync", "--quiet")
        // Who only looks tells nothing.
        try await project.tool("rollback", "--now", "--dry-run")
        try await project.tool("repair", "--metrics-file", "vault.prom")
        #expect(try metrics(file, command: "repair")["applied_version"] == "2")
        try await project.tool("rollback", "--now", "--metrics-file", "vault.prom")
        let back = try metrics(file, command: "rollback")
        #expect(back["run_success"] == "1" && (back["run_requests POST 2xx"] ?? "0") != "0")
        try await project.tool("release", "--metrics-file", "vault.prom")
        #expect(try metrics(file, command: "release")["run_success"] == "1")
        try await project.tool("release", exits: 64)
        try await project.git("tag", "-d", "vault-migrations/prod/0001")
        try await project.git("push", "-q", "origin", ":refs/tags/vault-migrations/prod/0001")
        try await project.tool("repair", "--tags")
        try await project.tool("repair", "--undo", exits: 64)
        try server.request("POST", "auth/approle/role/web", #"{"token_ttl": "60s"}"#)
        try await project.tool("rollback", "--now", "--metrics-file", "vault.prom", exits: 3)
        let failed = try metrics(file, command: "rollback")
        #expect(failed["run_success"] == "0" && failed["run_exit_status"] == "3")
        try await project.tool("rollback", "--to", "1", "--metrics-file", "vault.prom", exits: 64)

        let sent = try receiver.requests.map { try JSON.parse($0.body) }
        #expect(sent.map { $0["event"] } == ["applied", "applied", "applied", "failed"])
        #expect(
          sent.dropLast().map { $0["text"] } == [
            "shop/prod: rolled back from 0002 to 0001, and held there", "shop/prod: released, at 0002 again",
            "shop/prod: repaired: vault-migrations/prod/0001",
          ]
        )
        #expect(sent[0]["from"] == "0002" && sent[2]["repaired"] == "tags")
      }
    }
  }

  @Test func triesAgainAndFailsNoRun() async throws {
    try await FaultProxy.with(rule: { _, count in count == 0 ? .answer(503) : .answer(200) }) { receiver in
      try await withSmallProject(settings: "notify: {url: '${CHAT_WEBHOOK}', events: [applied]}\n") {
        project,
        _ in
        try await project.with(["CHAT_WEBHOOK": receiver.address + "/s3cret"]).tool("sync")
        #expect(receiver.requests.count == 2)
        try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
        try await project.generate("longer")
        let lost = try await project.with(["CHAT_WEBHOOK": "http://127.0.0.1:1/s3cret"]).tool("sync")
        #expect(lost.errors.contains("warning: nobody was notified"))
        #expect(!lost.errors.contains("s3cret"))
        try project.edit("schema.yaml", "token_ttl: 30m", "token_ttl: 40m")
        try await project.generate("longest")
        #expect(try await project.tool("sync").errors.contains("CHAT_WEBHOOK"))
      }
    }
  }

  @Test(arguments: [
    ("notify: {format: slack}", "notify has no url"),
    ("notify: {url: 'https://hooks.slack.com/services/T/B/x'}", "is written into config.yaml"),
    ("notify: {url: '${A}', events: [aplied]}", "some of applied, failed, drift"),
    ("notify: {url: '${A}', header: {name: X, value: plain}}", "refers to a variable"),
    ("notify: {url: '${A}', environments: [prd]}", "did you mean"),
  ])
  func refusesReceiversThatCannotBeMeant(_ settings: String, _ message: String) async throws {
    let files = ["config.yaml": configuration("http://127.0.0.1:1", "", settings), "schema.yaml": schema("")]
    try await Project.with(files) { project in
      let errors = try await project.tool("validate", exits: 78).errors
      #expect(errors.contains(message))
    }
  }

  // MARK: - Log lines and progress

  @Test func logsDurationAndTheServersRequestID() async throws {
    try await withSmallProject { project, _ in
      let log = try await project.tool("sync", "--quiet", "--log-level", "debug", "--log-format", "json")
        .errors
      let lines = try log.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
      var tasks: [Value] = []
      var writes: [Value] = []
      for line in lines {
        if line["message"] == "task finished" { tasks.append(line) }
        if line["message"] == "request", line["method"] == "POST", line["path"] == "apps/data/web" {
          writes.append(line)
        }
      }
      #expect(tasks.count == 5)
      #expect(tasks.allSatisfy { $0["duration_ms"] != nil && $0["version"] == "0001" && $0["run"] != nil })
      #expect(writes.count == 1)
      #expect(writes.first?["status"] == "200")
      #expect(writes.first?["request_id"]?.string?.count == 36)
      #expect(tasks.last?["path"] == "apps/data/web")
      #expect(tasks.last?["request_id"] == writes.first?["request_id"])
      #expect(!log.contains("app-password-1"))
    }
  }

  @Test func showsABarOnTerminalsOnly() async throws {
    try await withSmallProject { project, _ in
      let script = """
        import os, pty, sys
        code = pty.spawn(sys.argv[1:])
        sys.exit(os.waitstatus_to_exitcode(code))
        """
      let command = ["-c", script, Tool.path, "sync"]
      let outcome = try await Command.run(
        "python3",
        command,
        environment: project.variables.merging(["TERM": "xterm"]) { $1 },
        directory: project.folder
      )
      #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
      #expect(outcome.output.contains("] 5/5"))
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
      try await project.generate("longer")
      let dumb = try await Command.run(
        "python3",
        command,
        environment: project.variables.merging(["TERM": "dumb"]) { $1 },
        directory: project.folder
      )
      #expect(dumb.status == 0)
      #expect(dumb.output.contains("applied"))
      #expect(!dumb.output.contains("1/1"))
    }
  }
}
