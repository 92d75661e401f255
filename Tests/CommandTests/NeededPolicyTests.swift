import FoundationEssentials
import Migrations
import TestSupport
import Testing
import Values

/// The printed policy is enough for a whole example, and no line of it is too much.
@Suite struct NeededPolicyTests {
  /// Mounts, auth methods, roles, policies, secrets, an action whose answer is kept, a reference to an id.
  private static let first = """
    auth/userpass:
      type: userpass
      config: {max_lease_ttl: 24h}
    auth/userpass/users/ann:
      password: ${ANN_PASSWORD}
      token_ttl: 10m
    apps/:
      type: kv-v2
    apps/data/web:
      data: {password: "${APP_PASSWORD}"}
    sys/policies/acl/web:
      policy: path "apps/data/web" { capabilities = ["read"] }
    pki/:
      type: pki
      config: {max_lease_ttl: 87600h}
    pki/root/generate/internal:
      common_name: Example Root CA
      issuer_name: root
    pki/roles/web:
      allowed_domains: [example.com]
    identity/entity/name/ann:
      policies: [web]
    identity/entity-alias/name/ann@auth/userpass:
      canonical: identity/entity/name/ann
    sys/config/cors:
      allowed_origins: ["https://a.example.com"]
    """

  private static let second = first.replacing("10m", with: "20m").replacing(
    "max_lease_ttl: 24h",
    with: "max_lease_ttl: 25h"
  )
  .replacing("87600h", with: "87000h").replacing("[example.com]", with: "[example.org]")
  .replacing(
    "\"apps/data/web\" { capabilities = [\"read\"] }",
    with: "\"apps/data/*\" { capabilities = [\"read\"] }"
  )
  .replacing("apps/:\n  type: kv-v2", with: "apps/:\n  type: kv-v2\n  description: Secrets of applications")
  .replacing("policies: [web]", with: "policies: [web, default]")
  .replacing(
    "canonical: identity/entity/name/ann",
    with: "canonical: identity/entity/name/ann\n  custom_metadata: {a: b}"
  )
  .replacing("a.example.com", with: "b.example.com")

  private static let mounts = """
    auth/userpass:
      type: userpass
      config: {max_lease_ttl: 25h}
    apps/:
      type: kv-v2
      description: Secrets of applications
    pki/:
      type: pki
      config: {max_lease_ttl: 87000h}
    """

  /// Everything an environment lives through, with nothing but the printed policy; the server writes down what it is asked.
  @Test func isEnoughForAWholeStoryAndNoLineIsTooMuch() async throws {
    try await withAuditedProject(Self.first) { project, server, log in
      let printed = try await project.json("policy", "sync")
      let text = try #require(printed["policy"]?.string)
      let (failure, asked) = try await live(with: text, project, server, log)
      #expect(failure == nil)
      let denied = asked.filter(\.isDenied)
      #expect(denied.isEmpty, "\(denied)")
      try expectEveryLineIsNeeded(printed, asked)
    }
  }

  /// Really without a capability here and there; all of them, one after the other, if `EVERY_LINE` is set.
  @Test func failsWithoutALine() async throws {
    let everyLine = ProcessInfo.processInfo.environment["EVERY_LINE"] != nil
    let printed = try await printedPolicy()
    let gaps = (printed["rules"]?.array ?? []).enumerated().flatMap { number, rule in
      (rule["capabilities"]?.texts ?? []).map { (line: number, capability: $0) }
    }
    #expect(gaps.count > 50)
    var failed = 0
    let sample = ["update pki/roles/web", "sudo sys/auth/userpass"]
    let chosen = gaps.filter { gap in
      everyLine || sample.contains("\(gap.capability) \(printed.at("rules.\(gap.line).path")?.string ?? "")")
    }
    for gap in chosen {
      let text = policy(printed, without: gap)
      try await withAuditedProject(Self.first) { project, server, log in
        let (failure, asked) = try await live(with: text, project, server, log)
        let denied = asked.first(where: \.isDenied)
        let path = printed.at("rules.\(gap.line).path")?.string ?? ""
        #expect(failure != nil || denied != nil, "\(gap.capability) on \(path)")
        if failure != nil { failed += 1 }
        if everyLine {
          print(
            "without \(gap.capability) on \(path): \(failure ?? "goes through, denied \(denied?.description ?? "nothing")")"
          )
        }
      }
    }
    #expect(everyLine || failed == sample.count)
    if everyLine { print("\(gaps.count) capabilities, \(chosen.count) removed, \(failed) failed") }
  }

  /// What `policy plan` prints is enough for the commands that write nothing, and allows no write.
  @Test func looksWithoutWriting() async throws {
    try await withAuditedProject(Self.first) { project, server, log in
      let all = try loggedIn(
        try #require(try await project.json("policy", "sync")["policy"]?.string),
        project,
        server
      )
      try await all.tool("sync", "--quiet")
      try project.write("schema.yaml", schema(Self.second))
      try await project.generate("second")
      let printed = try await project.json("policy", "plan")
      for rule in printed["rules"]?.array ?? [] {
        #expect(
          Set(rule["capabilities"]?.texts ?? []).isSubset(of: ["read", "list", "sudo"])
            || rule["path"]?.string?.hasPrefix("auth/token/") == true,
          "\(rule)"
        )
      }
      let text = try #require(printed["policy"]?.string)
      let piped = try loggedIn(text, project, server)
      let start = try log.asked().count
      try await piped.tool("plan")
      try await piped.tool("status")
      try await piped.tool("drift")
      let denied = try log.asked()[start...].filter { $0.policies == ["pipeline"] && $0.isDenied }
      #expect(denied.isEmpty, "\(denied)")
      try await piped.tool("sync", exits: 77)
    }
  }

  /// A version that lacks something stops the run before the first version is written.
  @Test func stopsBeforeAnythingIsWritten() async throws {
    try await withAuditedProject("sys/policies/acl/web: {policy: '# empty'}") { project, server, log in
      let first = try await project.json("policy", "sync")
      let state = "sys/policies/acl/web: {policy: '# empty'}\nsys/policies/acl/more: {policy: '# more'}"
      try project.write("schema.yaml", schema(state))
      try await project.generate("more")
      let piped = try loggedIn(try #require(first["policy"]?.string), project, server)
      let error = try await piped.json("sync", exits: 77)
      #expect(error.at("error.message")?.string?.contains("sys/policies/acl/more (create, update)") == true)
      #expect(error.at("error.hint")?.string?.contains("policy sync --env prod") == true)
      #expect(try server.data("sys/policies/acl/web") == nil, "the first version waits too")
      let checks = try log.asked().filter {
        $0.path == "sys/capabilities-self" && $0.policies == ["pipeline"]
      }
      #expect(checks.count == 1)
    }
  }

  /// Paths in other namespaces begin with their names, and the policy lies where the token comes from.
  @Test func reachesIntoNamespaces() async throws {
    let state = "auth/userpass: {type: userpass}"
    let inside =
      "namespaces:\n  team:\n    desired_state:\n      kv/: {type: kv-v2}\n      kv/data/a: {data: {mode: fast}}\n"
    try await withAuditedProject(state) { project, server, log in
      try project.write("schema.yaml", schema(state) + inside)
      try await project.generate("team")
      let printed = try await project.json("policy", "sync")
      let paths = printed["rules"]?.array?.compactMap { $0["path"]?.string } ?? []
      #expect(
        Set(["sys/namespaces/team", "team/sys/mounts/kv", "team/kv/data/a"]).isSubset(of: paths),
        "\(paths)"
      )
      let piped = try loggedIn(try #require(printed["policy"]?.string), project, server)
      try await piped.tool("sync")
      try await expectNothingLeft(piped)
      // Whoever may not list mounts is told those that he may use.
      let denied = try log.asked().filter {
        $0.policies == ["pipeline"] && $0.isDenied && !$0.path.hasSuffix("sys/mounts")
          && !$0.path.hasSuffix("sys/auth")
      }
      #expect(denied.isEmpty, "\(denied)")
    }
  }

  /// What only some versions do: an action whose answer goes into a secret, a reference to an id, a mount that moves.
  @Test func coversActionsReferencesAndMoves() async throws {
    let state = """
      auth/approle: {type: approle}
      auth/approle/role/web: {token_ttl: 20m}
      auth/approle/role/web/secret-id: {metadata: "{}", save: {secret_id: "kept/web#secret_id"}}
      kept/: {type: kv}
      old/: {type: kv-v2}
      identity/group/name/ops: {policies: [web]}
      old/data/a: {data: {group: "${id:identity/group/name/ops}", mode: fast}}
      """
    try await withAuditedProject(state) { project, server, log in
      let first = try await project.json("policy", "sync")
      var piped = try loggedIn(try #require(first["policy"]?.string), project, server)
      try await piped.tool("sync")
      #expect(try server.data("kept/web")?["secret_id"]?.string?.isEmpty == false)
      try project.write("schema.yaml", schema(state.replacing("old/", with: "new/")))
      try await project.generate("move", "--move", "old/=new/")
      // The policy of before does not reach there.
      try await piped.tool("sync", exits: 77)
      let second = try await project.json("policy", "sync")
      piped = try loggedIn(try #require(second["policy"]?.string), project, server)
      let start = try log.asked().count
      try await piped.tool("sync")
      #expect(try server.data("new/data/a")?.at("data.mode") == "fast")
      let denied = try log.asked()[start...].filter { $0.policies == ["pipeline"] && $0.isDenied }
      #expect(denied.isEmpty, "\(denied)")
    }
  }

  // MARK: - The story

  private enum Step: Sendable {
    case tool([String], exits: Int32 = 0)
    /// By the server's administrator.
    case act(@Sendable (BaoServer) throws -> Void)
    case variable(String, String)
    case schema(String, migration: String)
  }

  private static let story: [Step] = [
    // Another project has something here, too.
    .act {
      let claims = #"{"data": {"value": "{\"paths\":{}}"}}"#
      _ = try $0.request("POST", "vault-migrations/data/@claims/other.prod", claims)
    },
    .tool(["plan"]), .tool(["sync"]), .tool(["plan", "--detailed-exitcode"]), .tool(["drift"]),
    .variable("APP_PASSWORD", "app-password-2"), .tool(["sync"]),
    // Somebody else's change, found and taken back.
    .act { _ = try $0.request("POST", "pki/roles/web", #"{"allow_any_name": true}"#) },
    .tool(["drift"], exits: 2), .tool(["drift", "--revert"]),
    // Every resource changes, is put back at once, and changes again.
    .schema(second, migration: "second"), .tool(["sync"]), .tool(["rollback", "--now"]), .tool(["release"]),
    .tool(["unlock"]),
    // What lies in the mounts goes. Some of it is there again, of whatever kind, before it is declared again.
    .schema(mounts, migration: "mounts"), .tool(["sync"]), .act(makeByHand),
    .schema(second, migration: "again"), .tool(["sync"]),
    // The mounts go with what hangs on them, and come back.
    .act(leaveLeases), .schema("{}", migration: "nothing"), .tool(["plan"]), .tool(["sync"]),
    .tool(["rollback", "--now"]), .tool(["release"]),
  ]

  /// A secret as it will be declared, and what a login makes of its own.
  @Sendable private static func makeByHand(_ server: BaoServer) throws {
    try server.request("POST", "apps/data/web", #"{"data": {"password": "app-password-2"}}"#)
    let user = #"{"password": "ann-password-1"}"#
    try server.request("POST", "auth/userpass/users/ann", user)
    try server.request("POST", "auth/userpass/login/ann", user, token: "")
    try server.request("DELETE", "auth/userpass/users/ann")
  }

  @Sendable private static func leaveLeases(_ server: BaoServer) throws {
    let user = #"{"password": "ann-password-1"}"#
    try server.request("POST", "auth/userpass/login/ann", user, token: "")
    try server.request("POST", "pki/roles/leasing", #"{"allow_any_name": true, "generate_lease": true}"#)
    try server.request("POST", "pki/issue/leasing", #"{"common_name": "a.example.org", "ttl": "1h"}"#)
    try server.request("DELETE", "pki/roles/leasing")
  }

  /// Goes through the story as a pipeline with a policy and no other.
  ///
  /// Returns the first step that fails, and what the server was asked until then.
  private func live(
    with policy: String,
    _ project: Project,
    _ server: BaoServer,
    _ log: AuditLog
  ) async throws -> (failure: String?, asked: [Asked]) {
    var project = try loggedIn(policy, project, server)
    let start = try log.asked().count
    var failure: String?
    for step in Self.story where failure == nil {
      switch step {
      case .act(let act): try act(server)
      case .variable(let name, let value): project = project.with([name: value])
      case .schema(let state, let name):
        try project.write("schema.yaml", schema(state))
        try await project.generate(name)
      case .tool(let arguments, let status):
        let outcome = try await project.run(arguments)
        if outcome.status != status {
          failure =
            "\(arguments.joined(separator: " ")) exits with \(outcome.status): \(outcome.errors.prefix(300))"
        }
      }
    }
    return (failure, try log.asked()[start...].filter { $0.policies == ["pipeline"] })
  }

  private func printedPolicy() async throws -> Value {
    let files = [
      "config.yaml": configuration("http://127.0.0.1:1", login), "schema.yaml": schema(Self.first),
    ]
    return try await Project.with(files) { project in
      try await project.generate("initial")
      return try await project.json("policy", "sync")
    }
  }

  /// Takes each capability of each line away, and looks on the server which requests of the story would fail.
  private func expectEveryLineIsNeeded(_ printed: Value, _ asked: [Asked]) throws {
    let whole = PolicyRules(try PolicyText(policy(printed, without: nil)).rules)
    // What anybody may ask needs no line.
    let asked = asked.filter { $0.isAllowed(by: whole) }
    #expect(asked.count > 200)
    var removed = 0
    for (number, rule) in (printed["rules"]?.array ?? []).enumerated() {
      for capability in rule["capabilities"]?.texts ?? [] {
        let text = policy(printed, without: (number, capability))
        let rules = PolicyRules(try PolicyText(text).rules)
        // The story is too short for a token to be renewed.
        if ["auth/token/renew-self", "auth/token/lookup-self"].contains(rule["path"]) { continue }
        let failing = asked.first { !$0.isAllowed(by: rules) }
        #expect(failing != nil, "nothing needs \(capability) on \(rule["path"]?.string ?? "")")
        removed += 1
      }
    }
    #expect(removed > 50)
  }

  /// The policy without one capability of one line.
  private func policy(_ printed: Value, without gap: (line: Int, capability: String)?) -> String {
    (printed["rules"]?.array ?? []).enumerated().map { number, rule in
      let names = (rule["capabilities"]?.texts ?? []).filter { number != gap?.line || $0 != gap?.capability }
      let list = names.map { "\"\($0)\"" }.joined(separator: ", ")
      return "path \"\(rule["path"]?.string ?? "")\" { capabilities = [\(list)] }\n"
    }.joined()
  }

  /// The tool with the login of a pipeline that has a policy and no other.
  private func loggedIn(_ policy: String, _ project: Project, _ server: BaoServer) throws -> Project {
    let answer = try server.request(
      "POST",
      "sys/policies/acl/pipeline",
      JSON.text(["policy": .string(policy)])
    )
    guard answer.status < 300 else { throw FixtureError("policy: \(answer)") }
    try server.request("POST", "sys/auth/pipeline", #"{"type": "approle"}"#)
    let role = #"{"token_policies": ["pipeline"], "token_no_default_policy": true, "token_ttl": "1h"}"#
    try server.request("POST", "auth/pipeline/role/sync", role)
    let id = try server.data("auth/pipeline/role/sync/role-id")?["role_id"]?.string ?? ""
    let secret = try server.request("POST", "auth/pipeline/role/sync/secret-id", "{}").body
    var piped = project.with(["ROLE": id, "SECRET": BaoServer.field("secret_id", in: secret)])
    piped.variables["VAULT_TOKEN"] = nil
    return piped
  }
}

private let login = "auth: {method: approle, mount: pipeline, role_id: \"${ROLE}\", secret_id: \"${SECRET}\"}"

/// A project on a server that writes down every request; the pipeline logs in as an AppRole.
private func withAuditedProject(
  _ state: String,
  _ body: (Project, BaoServer, AuditLog) async throws -> Void
) async throws {
  try await Project.with(["schema.yaml": schema(state)]) { project in
    let log = project.scratch.file("audit.log")
    let device = "audit \"file\" \"test\" {\n  options = { file_path = \"\(log)\", log_raw = \"true\" }\n}\n"
    try await BaoServer.with(configuration: device) { server in
      try project.write("config.yaml", configuration(server.address, login))
      try await project.commit("Configure")
      let project = project.with([
        "VAULT_TOKEN": server.rootToken, "ANN_PASSWORD": "ann-password-1", "APP_PASSWORD": "app-password-1",
      ])
      try await project.tool("ledger", "init", "--quiet", "--own-token")
      try await project.generate("initial")
      try await body(project, server, AuditLog(file: log))
    }
  }
}

/// What a server wrote down about the requests that it got.
private struct AuditLog {
  let file: String

  func asked() throws -> [Asked] {
    let text = String(decoding: FileManager.default.contents(atPath: file) ?? Data(), as: UTF8.self)
    return try text.split(separator: "\n").compactMap { line in
      let entry = try JSON.parse(Array(line.utf8))
      guard entry["type"] == "request", let request = entry["request"] else { return nil }
      return Asked(
        operation: request["operation"]?.string ?? "",
        path: (request.at("namespace.path")?.string ?? "") + (request["path"]?.string ?? ""),
        policies: entry.at("auth.policies")?.texts ?? [],
        isDenied: entry["error"] != nil
      )
    }
  }
}

/// One request, as the server judged it.
private struct Asked: CustomStringConvertible {
  let operation: String
  let path: String
  let policies: [String]
  let isDenied: Bool

  var description: String { "\(operation) \(path)" }

  func isAllowed(by rules: PolicyRules) -> Bool {
    rules.allows(operation, on: path) && (!Self.needsSudo(path) || rules.allows("sudo", on: path))
  }

  /// The paths that the server's own description marks, as far as the story comes by.
  private static func needsSudo(_ path: String) -> Bool {
    ["sys/auth/", "sys/leases/lookup/", "sys/leases/revoke-prefix/", "sys/config/cors"].contains {
      path.hasPrefix($0)
    }
  }
}
