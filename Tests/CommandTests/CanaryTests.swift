import FoundationEssentials
import Glibc
import Synchronization
import TestSupport
import Testing
import Values

/// Every secret of a whole story is a text that nobody else writes, and is then looked for wherever it must not be.
@Suite struct CanaryTests {
  private static let state = #"""
    apps/: {type: kv-v2}
    apps/data/web:
      data: {key: "${KV_SECRET}", text: "key=${KV_PART};", nested: {list: ["${NESTED_SECRET}"]}, file: "${file:key}"}
    apps/data/copy:
      data: {value: "${vault:shared/data/source#word}", id: "${saved:deploy_secret_id}"}
    auth/approle: {type: approle}
    auth/approle/role/deploy: {token_policies: [web]}
    auth/approle/role/deploy/secret-id:
      save: {secret_id: deploy_secret_id}
      metadata: '{"for": "deploy"}'
    auth/userpass: {type: userpass}
    auth/userpass/users/alice: {password: "${transitive}", token_policies: [web]}
    database/: {type: database}
    database/config/app:
      plugin_name: postgresql-database-plugin
      connection_url: "postgresql://vault:${DB_PASSWORD}@127.0.0.1:1/postgres"
      verify_connection: false
    identity/oidc/client/shop:
      redirect_uris: ["https://shop.example.com"]
    """#

  /// What a login, `${file:…}` and the like are given.
  private static let names = [
    "KV_SECRET", "KV_PART", "NESTED_SECRET", "USER_PASSWORD", "DB_PASSWORD", "BAD_PASSWORD", "ECHO",
  ]

  @Test func `No secret of a whole story is anywhere but on the server`() async throws {
    try await CommandLines.watch { lines in
      try await withStory { story in
        try await tell(story)
        try await story.search(lines.seen)
        let canaries = story.canaries.withLock { $0 }
        print(canaries.summary)
        #expect(canaries.found == 0)
        #expect(lines.seen.count > 10)
      }
    }
  }

  /// The search would find what it looks for.
  @Test func `A leak is found, in whatever spelling`() async throws {
    var canaries = Canaries()
    canaries.add("it", "c4nary+v/lue1")
    for leak in [
      "x c4nary+v/lue1 y", "63346e6172792b762f6c756531", "63346E6172792B762F6C756531", "c4nary%2Bv%2Flue1",
      "c4nary+v\\/lue1",
      Data("c4nary+v/lue1".utf8).base64EncodedString(), Data("_c4nary+v/lue1".utf8).base64EncodedString(),
      Data("__c4nary+v/lue1".utf8).base64EncodedString(),
    ] {
      withKnownIssue { canaries.expectNone(in: leak.utf8, "a leak") }
    }
    #expect(canaries.found >= 8)
  }

  private func tell(_ story: Story) async throws {
    let project = story.project
    try await story.run(["generate", "--dry-run"])
    try await story.run(["generate", "-m", "initial"], once: true)
    try await story.run(["validate"])
    try await project.commit("Initial")
    try await story.run(["plan"])
    // Killed in the middle of everything that it does.
    for count in [4, 9] {
      try await story.kill(["sync"], after: count)
      try await story.run(["status"])
      try await story.run(["repair"])
      try story.server.expireLock()
    }
    try await story.run(["sync"])
    #expect(try story.server.data("apps/data/web")?.at("data.text")?.string?.hasPrefix("key=") == true)
    try story.plantAnswers()

    // A new secret at the source, and somebody else's change with a secret in it.
    story.change("KV_SECRET")
    try await story.run(["plan"])
    try await story.run(["sync"])
    let foreign = story.make("somebody else's value")
    _ = try story.server.act("apps/data/web", ["data": ["key": .string(foreign)]])
    _ = try story.server.act(
      "auth/userpass/users/alice",
      ["token_num_uses": 3, "password": .string(foreign)]
    )
    try await story.run(["plan"])
    try await story.run(["drift"])
    try await story.run(["drift", "--adopt"])
    try await project.git("checkout", "-q", "--", ".")
    try await story.run(["drift", "--revert"])

    try project.edit("schema.yaml", "nested: {", "more: \"${KV_SECRET}\", nested: {")
    try await story.run(["generate", "-m", "more"], once: true)
    try await project.commit("More")
    try await story.run(["sync"])
    for command in [["history"], ["show", "1"], ["show", "2"], ["rollback", "--to", "1", "--dry-run"]] {
      try await story.run(command)
    }
    try await story.run(["rollback", "--now", "--yes"])
    try await story.run(["release"])

    // Requests that the server refuses, repeating what it was given.
    try project.edit(
      "schema.yaml",
      "  apps/: {",
      """
        transit/: {type: transit}
        transit/keys/bad: {type: "${ECHO}"}
        database/config/bad:
          plugin_name: postgresql-database-plugin
          connection_url: "postgresql://vault:${BAD_PASSWORD}@127.0.0.1:1/postgres"
        apps/: {
      """
    )
    try await story.run(["generate", "-m", "bad"], once: true)
    try await project.commit("Bad")
    try await story.run(["sync"])
    #expect(try story.server.data("database/config/bad") == nil)
    try await story.run(["status"])
    try await story.run(["repair"])
    try await story.run([
      "import", "--no-baseline", "--dry-run", "--with-data", "apps/**", "--with-data", "shared/**",
    ])
  }

  private func withStory(_ body: (Story) async throws -> Void) async throws {
    try await withServer(Self.state) { project, server in
      let executioner = Executioner()
      try await FaultProxy.with(server.port, rule: executioner.judge) { proxy in
        let story = Story(project, server, proxy, executioner)
        try await story.prepare(Self.names)
        try await body(story)
      }
    }
  }
}

/// A project with a login of its own, whose every secret is a canary.
private final class Story: Sendable {
  let server: BaoServer
  let proxy: FaultProxy
  let executioner: Executioner
  let canaries = Mutex(Canaries())
  private let current: Mutex<Project>

  var project: Project { current.withLock { $0 } }

  init(_ project: Project, _ server: BaoServer, _ proxy: FaultProxy, _ executioner: Executioner) {
    self.server = server
    self.proxy = proxy
    self.executioner = executioner
    current = Mutex(project)
  }

  func make(_ name: String) -> String { canaries.withLock { $0.make(name) } }

  private func add(_ name: String, _ value: String?) {
    guard let value, !value.isEmpty else { return }
    canaries.withLock { $0.add(name, value) }
  }

  /// Gives a variable another secret; the old one stays one.
  func change(_ name: String) {
    let value = make("\(name), changed")
    current.withLock { $0.variables[name] = value }
  }

  func prepare(_ names: [String]) async throws {
    let scratch = project.scratch
    for name in names {
      let value = make(name)
      current.withLock { $0.variables[name] = value }
    }
    add("the root token", server.rootToken)
    try scratch.write("key", make("the file"))
    try scratch.write("temporary/nothing", "")
    try server.allowEverything()
    let (role, secret) = try server.makeAppRole()
    add("the secret id", secret)
    current.withLock { project in
      project.variables.merge(
        ["ROLE": role, "SECRET": secret, "TMPDIR": scratch.file("temporary"), "VAULT_TOKEN": ""]
      ) { $1 }
    }
    _ = try server.act("sys/mounts/shared", ["type": "kv", "options": ["version": "2"]])
    for _ in 0..<1000 where try server.request("GET", "shared/config").status != 200 {}
    _ = try server.act("shared/data/source", ["data": ["word": .string(make("a value on the server"))]])
    let auth = "auth: {method: approle, mount: ci, role_id: \"${ROLE}\", secret_id: \"${SECRET}\"}"
    try project.write(
      "config.yaml",
      configuration(proxy.address, auth, "variables: {transitive: \"${USER_PASSWORD}\"}")
    )
    try project.edit("schema.yaml", "${file:key}", "${file:\(scratch.file("key"))}")
    try await project.commit("Describe it")
  }

  /// What the server made up itself.
  func plantAnswers() throws {
    add("the client's secret", try server.data("identity/oidc/client/shop")?["client_secret"]?.string)
    add("the saved secret id", try server.data("apps/data/copy")?.at("data.id")?.string)
  }

  /// Runs a command with all its talk, as text and as JSON; those that can run only once as JSON.
  func run(_ command: [String], once: Bool = false) async throws {
    let formats = once ? [("trace", "json")] : [("debug", "text"), ("trace", "json")]
    for (level, format) in formats {
      let outcome = try await project.run(
        command + ["--log-level", level, "--log-format", format, "--output", format]
      )
      addTokens()
      // It got as far as the server.
      #expect(![69, 75, 77, 78].contains(outcome.status), "\(command): \(outcome.output)\(outcome.errors)")
      canaries.withLock { $0.expectNone(in: outcome, "\(command.joined(separator: " ")) \(format)") }
    }
  }

  /// Ends a command with SIGKILL before a change of its reaches the server.
  func kill(_ command: [String], after count: Int) async throws {
    executioner.arm(.killAfter, after: count)
    let process = try ChildProcess(
      "/usr/bin/env",
      ["-C", project.folder, Tool.path] + command + ["--log-level", "trace"],
      environment: project.variables,
      log: project.scratch.file("killed.log")
    )
    executioner.aim(at: process.pid)
    #expect(try await process.wait() == 128 + SIGKILL, "\(project.scratch.read("killed.log"))")
    addTokens()
  }

  /// Every token that any request carried.
  private func addTokens() {
    for token in Set(proxy.requests.compactMap { $0.header("X-Vault-Token") }) {
      add("the token \(token.suffix(4))", token)
    }
  }

  /// Looks for all of them in everything that is left behind.
  func search(_ commandLines: Set<[UInt8]>) async throws {
    let project = project
    let canaries = canaries.withLock { $0 }
    for line in commandLines { canaries.expectNone(in: line, "a command line") }
    try await canaries.expectNone(inRepository: project.folder, project)
    try await canaries.expectNone(inRepository: project.remote, project)
    for folder in ["temporary", "home"] {
      for name in try FileManager.default.subpathsOfDirectory(atPath: project.scratch.file(folder)) {
        guard let bytes = FileManager.default.contents(atPath: project.scratch.file("\(folder)/\(name)"))
        else {
          continue
        }
        canaries.expectNone(in: bytes, name)
      }
    }
    canaries.expectNone(in: project.scratch.read("killed.log").utf8, "the log of killed runs")
    try searchLedger(canaries)
  }

  /// In every version of every record; saved answers lie in one of their own, by design.
  private func searchLedger(_ canaries: Canaries) throws {
    var folders = [""]
    var records = 0
    while let folder = folders.popLast() {
      for name in try server.list("vault-migrations/metadata/\(folder)") {
        if name == "saved/" { continue }
        if name.hasSuffix("/") {
          folders.append(folder + name)
          continue
        }

        let last =
          try server.data("vault-migrations/metadata/\(folder)\(name)")?["current_version"]?.integer ?? 0
        for version in max(1, last - 9)...max(1, last) {
          let entry = try server.request("GET", "vault-migrations/data/\(folder)\(name)?version=\(version)")
          canaries.expectNone(in: entry.body.utf8, "version \(version) of \(folder)\(name)")
          records += 1
        }
      }
    }
    #expect(records > 10)
  }
}
