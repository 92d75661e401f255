import FoundationEssentials
import TestSupport
import Testing
import Values

/// Two versions with sixty tasks and two one-off actions, to be applied and stopped again and again, each time to a new
/// server and a remote without state.
struct TortureProject {
  let project: Project
  let hasLedger: Bool

  private static let first =
    """
    apps/:
      type: kv-v2
    auth/approle:
      type: approle
    pki/:
      type: pki
    pki/root/generate/internal:
      common_name: Example Root CA
      key_type: ec
    pki/roles/web:
      allowed_domains: [example.com]

    """
    + (1...12).map {
      "sys/policies/acl/app-\($0):\n  policy: path \"apps/data/app-\($0)\" { capabilities = [\"read\"] }\n"
    }
    .joined()
    + (1...12).map { "auth/approle/role/app-\($0):\n  token_policies: [app-\($0)]\n  token_ttl: 20m\n" }
    .joined()
    + (1...8).map { "apps/data/app-\($0):\n  data: {password: \"${APP_PASSWORD}\", number: \($0)}\n" }
    .joined()

  private static let second =
    """
    ssh/:
      type: ssh
    ssh/config/ca:
      generate_signing_key: true
      key_type: ed25519
    ssh/roles/admin:
      key_type: ca
      allow_user_certificates: true
      allowed_users: "*"

    """
    + (1...10).map { "auth/approle/role/late-\($0):\n  token_policies: [app-1]\n" }.joined()
    + (1...10).map {
      "sys/policies/acl/late-\($0):\n  policy: path \"apps/data/late\" { capabilities = [\"read\"] }\n"
    }
    .joined()

  /// How many versions and tasks there are.
  static let versions = 2
  static let tasks = 60

  static func with(
    ledger hasLedger: Bool = true,
    _ body: (TortureProject) async throws -> Void
  ) async throws {
    // The address comes with each run. Nobody can make the lock of a dead run older in git, so that it has to be short.
    let settings =
      "version: 1\nproject: shop\ndefault_environment: prod\nenvironments: {prod: {}}\n"
      + (hasLedger ? "" : "ledger: false\nlock_ttl: 4s\n")
    try await Project.with(["config.yaml": settings, "schema.yaml": schema(first)]) { project in
      let project = project.with([
        "APP_PASSWORD": "app-password-1", "VAULT_MIGRATIONS_KEY": hasLedger ? "" : Project.fingerprintKey,
      ])
      try await project.generate("initial")
      try project.write("schema.yaml", schema(first + second))
      try await project.generate("more")
      try await project.git("push", "-q")
      try await body(TortureProject(project: project, hasLedger: hasLedger))
    }
  }

  /// A run on a new server of its own.
  func attempt(
    _ name: String,
    rule: @escaping @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { _, _ in .pass },
    _ body: (TortureAttempt) async throws -> Void
  ) async throws {
    try await BaoServer.with { try await attempt(name, on: $0, rule: rule, body) }
  }

  /// A run on a server behind a proxy, with a remote without state, in a fresh shallow clone.
  func attempt(
    _ name: String,
    on server: BaoServer,
    rule: @escaping @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault,
    _ body: (TortureAttempt) async throws -> Void
  ) async throws {
    try await forgetState()
    let runner = try await project.clone("\(name)-runner", "--depth", "1")
    defer { try? FileManager.default.removeItem(atPath: runner.folder) }
    let variables = ["VAULT_ADDR": server.address, "VAULT_TOKEN": server.rootToken]
    if hasLedger { try await runner.with(variables).tool("ledger", "init", "--quiet") }
    try await FaultProxy.with(server.port, rule: rule) { proxy in
      let runner = runner.with(variables.merging(["VAULT_ADDR": proxy.address]) { $1 })
      try await body(
        TortureAttempt(
          name: name,
          project: project,
          runner: runner,
          hasLedger: hasLedger,
          server: server,
          proxy: proxy
        )
      )
    }
  }

  private func forgetState() async throws {
    let references = try await project.git(
      "--git-dir",
      project.remote,
      "for-each-ref",
      "--format=%(refname)",
      "refs/heads/vault-migrations",
      "refs/tags",
      "refs/vault-migrations"
    )
    for reference in references.split(separator: "\n") {
      try await project.git("--git-dir", project.remote, "update-ref", "-d", String(reference))
    }
  }
}

/// One run that is disturbed, and what has to be true after the next.
struct TortureAttempt {
  let name: String
  let project: Project
  let runner: Project
  let hasLedger: Bool
  /// Where the truth is asked for.
  var server: BaoServer
  let proxy: FaultProxy

  /// Starts `sync`.
  func start() throws -> ChildProcess {
    try ChildProcess(
      "/usr/bin/env",
      ["-C", runner.folder, Tool.path, "sync"],
      environment: runner.variables,
      log: project.scratch.file("\(name).log")
    )
  }

  /// Whether it has changed something.
  var isUnderWay: Bool { proxy.requests.contains(where: \.isChange) }

  /// What the disturbed run said.
  var log: String { project.scratch.read("\(name).log") }

  /// Lets the next run finish the job, on a machine that has nothing but the remote.
  ///
  /// - Returns: What is lost, wrong or done twice; empty if nothing is.
  func losses() async throws -> [String] {
    // What the time to live of a lock is for: what the dead run sent has arrived by then.
    try await waitUntil("nothing is under way") { proxy.inFlight == 0 }
    try server.expireLock()
    let next = try await project.clone("\(name)-next", "--depth", "1")
      .with(["VAULT_ADDR": proxy.address, "VAULT_TOKEN": server.rootToken])
    defer { try? FileManager.default.removeItem(atPath: next.folder) }
    let sync = try await next.run(["sync", "--lock-timeout", "1m"])
    guard sync.status == 0 else { return ["the next sync ends with \(sync.status): \(sync.errors)"] }
    return try await serverLosses() + gitLosses() + planLosses(next)
  }

  private func serverLosses() throws -> [String] {
    var losses: [String] = []
    func expect(_ isTrue: Bool, _ loss: String) {
      if !isTrue { losses.append(loss) }
    }
    expect(
      try server.list("pki/issuers").count == 1,
      "root certificates: \(try server.list("pki/issuers").count)"
    )
    expect(try server.list("ssh/issuers").count == 1, "SSH keys: \(try server.list("ssh/issuers").count)")
    for number in 1...12 {
      expect(try server.data("sys/policies/acl/app-\(number)")?["version"] == 1, "policy app-\(number)")
    }
    for number in 1...8 {
      expect(try server.data("apps/data/app-\(number)")?.at("metadata.version") == 1, "secret app-\(number)")
    }
    guard hasLedger else { return losses }
    let entry = try server.data("vault-migrations/data/shop/prod/head")?.at("data.value")?.string ?? ""
    let head = try? JSON.parse(Array(entry.utf8))
    expect(head?["version"] == 2, "the ledger's head: \(entry)")
    return losses
  }

  private func gitLosses() async throws -> [String] {
    var losses: [String] = []
    let branch = "vault-migrations/prod"
    let count = try? await project.git("--git-dir", project.remote, "rev-list", "--count", branch)
    if count != "2" { losses.append("commits on the branch: \(count ?? "none")") }
    let tip = try? await project.git("--git-dir", project.remote, "rev-parse", branch)
    for (tag, revision) in [("0001", "\(branch)~1"), ("0002", branch)] {
      let tagged = try? await project.git(
        "--git-dir",
        project.remote,
        "rev-parse",
        "\(branch)/\(tag)^{commit}"
      )
      let wanted = try? await project.git("--git-dir", project.remote, "rev-parse", revision)
      if tagged == nil || tagged != wanted {
        losses.append("tag \(tag): \(tagged ?? "none"), tip \(tip ?? "none")")
      }
    }
    let check = try? await project.git(
      "--git-dir",
      project.remote,
      "fsck",
      "--full",
      "--strict",
      "--no-dangling"
    )
    if check != "" { losses.append("fsck: \(check ?? "failed")") }
    return losses
  }

  private func planLosses(_ next: Project) async throws -> [String] {
    let plan = try await next.run(["plan", "--detailed-exitcode"])
    return plan.status == 0 ? [] : ["plan ends with \(plan.status): \(plan.output)\(plan.errors)"]
  }
}
