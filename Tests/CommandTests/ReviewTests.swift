import FoundationEssentials
import TestSupport
import Testing
import Values

/// Plans and drift as comments of pull requests, and results as other tools read them.
@Suite struct ReviewTests {
  @Test func commentsAPlan() async throws {
    try await withSmallProject(environment: "protect: true\n") { project, server in
      try await project.tool("sync")
      try server.request("POST", "apps/data/other", #"{"data": {"a": "b"}}"#)
      try server.request("POST", "auth/approle/role/web", #"{"token_num_uses": 7}"#)
      try project.edit("schema.yaml", "token_policies: [web]", "token_policies: [web, admin]")
      try project.edit("schema.yaml", "capabilities = [\"read\"]", "capabilities = [\"read\", \"list\"]")
      try await project.generate("admin")
      try project.edit("schema.yaml", "  apps/:\n    type: kv-v2\n", "")
      try project.edit(
        "schema.yaml",
        "  apps/data/web:\n    data: {password: \"${APP_PASSWORD}\", mode: fast}\n",
        "  sys/policies/acl/late: {policy: 'path \"x\" {}'}\n"
      )
      let comment = try await project.tool("plan", "--output", "markdown").output
      #expect(comment.hasPrefix("<!-- vault-migrations:prod -->\n### Vault plan: `prod`\n"))
      #expect(comment.contains("⚠️ **1 destroyed for good**"))
      #expect(comment.contains("❌ **1 approval missing**"))
      #expect(
        comment.contains(
          "| `auth/approle/role/web` | `token_policies` | `[\"web\"]` | `[\"web\",\"admin\"]` | 0002 |"
        )
      )
      #expect(comment.contains("| `auth/approle/role/web` | gains `admin` |"))
      #expect(comment.contains("| `auth/approle/role/web` | has `sys/policies/acl/web`, which changes |"))
      #expect(comment.contains("| `auth/approle/role/web` | `token_num_uses` | `0` | `7` | undeclared |"))
      #expect(comment.contains("`vault-migrations generate --approve 'prod=why this may go'`"))
      let order = [
        "#### Missing", "#### Destroyed", "#### Who", "#### Deleted", "#### Changed", "#### Created",
        "#### Drift",
      ]
      let places = order.compactMap { comment.firstRange(of: $0)?.lowerBound }
      #expect(places.count == order.count && places == places.sorted(), "\(comment)")
    }
  }

  @Test func namesSecretsAndShowsNone() async throws {
    try await withSmallProject { project, _ in
      let comment = try await project.tool("plan", "--output", "markdown").output
      #expect(comment.contains("Secrets that are used, and never shown: `${APP_PASSWORD}`"))
      #expect(!comment.contains("app-password-1"))
      try await project.tool("sync")
      let quiet = try await project.tool("plan", "--output", "markdown").output
      #expect(
        quiet.hasPrefix("<!-- vault-migrations:prod -->\n### Vault plan: `prod`\n\nNo changes required.\n\n")
      )
      let rotated = project.with(["APP_PASSWORD": "app-password-2"])
      let change = try await rotated.tool("plan", "--output", "markdown").output
      #expect(change.contains("| `apps/data/web` | `data.password` | _changed_ | _changed_ |"))
      #expect(!change.contains("app-password"))
    }
  }

  @Test func reportsDriftOfANight() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "auth/approle/role/web", #"{"token_policies": ["web", "root-like"]}"#)
      let report = try await project.tool("drift", "--output", "markdown", exits: 2).output
      #expect(report.hasPrefix("<!-- vault-migrations-drift:prod -->\n### Vault drift: `prod`\n"))
      #expect(report.contains("gains `root-like` (by drift, already)"))
      let tests = try await project.tool("drift", "--output", "junit", exits: 2).output
      #expect(tests.contains("name=\"drift: auth/approle/role/web\">"))
      #expect(tests.contains("<failure message=\"somebody else changed it\">"))
    }
  }

  /// What a stranger writes must stay text, wherever it is shown.
  @Test func keepsHostileValuesFromBeingMarkup() async throws {
    let values = [
      "| cell | break |", "\\| x", "``` fence", "` tick `", "</details></summary>",
      "<img src=x onerror=alert(1)>",
      "@everyone", "[link](https://evil.example)", "![image](https://evil.example/x.png)",
      "https://evil.example",
      "line\nbreak", "\u{202e}reversed", "<!-- comment", "#1 !2 ~3", "a\rb", "\\", "`", "$x$",
      "mail@evil.example",
    ]
    var state = ""
    for (number, value) in values.enumerated() {
      let text = JSON.text(.string(value))
      state += "sys/policies/acl/p\(number):\n  policy: \(text)\n"
      state +=
        "secret/data/p\(number):\n  data: {\(text): \(text), many: \(JSON.text(.string("a\nb\n" + value)))}\n"
    }
    state += "secret/data/<b>@team|`x`:\n  data: {a: b}\n"
    try await withOffline("secret/:\n  type: kv-v2\n" + state) { project in
      let comment = try await project.tool("plan", "--offline", "--output", "markdown").output
      let outside = Self.outsideOfCode(comment)
      for word in [
        "@", "](", "<img", "https:", "evil", "</details></summary>", "\u{202e}", "#1", "\r", "reversed",
      ] {
        #expect(!outside.contains(word), "\(word)")
      }
      let opened = outside.components("<details>")
      #expect(opened > 0)
      #expect(opened == outside.components("</details>"))
      #expect(opened == outside.components("</summary>"))
      // Each row of a table has as many bars as its head.
      var columns: Int?
      for line in outside.split(separator: "\n", omittingEmptySubsequences: false) {
        guard line.hasPrefix("|") else {
          columns = nil
          continue
        }
        let count = line.replacing("\\|", with: "").count { $0 == "|" }
        #expect(columns ?? count == count, "\(line)")
        columns = count
      }
    }
  }

  @Test func staysBelowTheLimitAndAttachesTheRest() async throws {
    var state = ""
    for number in 0..<900 {
      let name = "service-\(number)-" + String(repeating: "x", count: 60)
      state +=
        "sys/policies/acl/\(name):\n  policy: |\n    # \(number)\n    path \"a\" {\n      capabilities = [\"read\"]\n    }\n"
    }
    try await withOffline(state) { project in
      let outcome = try await project.tool("plan", "--offline", "--output", "markdown", "--attach", "plan.md")
      let comment = outcome.output
      #expect(comment.count < 65_536)
      #expect(comment.utf8.count > 50_000)
      #expect(comment.contains("rows left out here_"))
      #expect(comment.contains("_Shortened: `plan.md`, which is attached, has everything._"))
      #expect(comment.contains("service-0-") && comment.contains("service-99-"))
      #expect(comment.components("<details>") == comment.components("</details>"))
      for line in comment.split(separator: "\n") where line.hasPrefix("|") { #expect(line.hasSuffix("|")) }
      let whole = String(
        decoding: FileManager.default.contents(atPath: project.folder + "/plan.md") ?? Data(),
        as: UTF8.self
      )
      #expect(whole.hasPrefix("<!-- vault-migrations:prod -->\n"))
      #expect(whole.components("<details>") == 900)
      #expect(!whole.contains("left out"))
    }
  }

  @Test func commentsWhyThereIsNoPlan() async throws {
    try await withOffline("sys/policies/acl/web: {policy: 'path \"x\" {}'}\n") { project in
      let outcome = try await project.tool("plan", "--output", "markdown", exits: 69)
      #expect(outcome.output.hasPrefix("<!-- vault-migrations:prod -->\n"))
      #expect(outcome.output.contains("#### Failed"))
      #expect(outcome.errors.contains("error: "))
    }
  }

  @Test func groupsEnvironmentsThatAreAlike() async throws {
    let settings =
      "version: 1\nproject: shop\nenvironments:\n"
      + ["dev", "qa", "prod"].map { "  \($0): {address: 'http://127.0.0.1:1'}\n" }.joined()
    let state =
      "sys/policies/acl/web: {policy: 'path \"x\" {}'}\nsys/policies/acl/only: {policy: 'path \"y\" {}', environments: [prod]}\n"
    try await Project.with(["config.yaml": settings, "schema.yaml": schema(state)]) { project in
      let comment = try await project.tool("plan", "--all", "--offline", "--output", "markdown").output
      #expect(comment.hasPrefix("<!-- vault-migrations:all -->\n### Vault plan: `dev`, `qa`\n"))
      #expect(comment.contains("### Vault plan: `prod`\n"))
      #expect(comment.components("`sys/policies/acl/web`") == 2)
      #expect(comment.components("`sys/policies/acl/only`") == 1)
    }
  }

  @Test(arguments: [
    (["drift"], "sarif", "text, json, markdown, junit"), (["status"], "markdown", "text, json"),
    (["sync"], "junit", "text, json"), (["validate"], "markdown", "text, json, sarif, junit"),
  ])
  func refusesFormatsThatACommandDoesNotHave(_ command: [String], _ format: String, _ known: String)
    async throws
  {
    try await withOffline("") { project in
      let outcome = try await project.tool(command + ["--output", format], exits: 64)
      #expect(outcome.errors.contains("\(command[0]) does not print \(format)"))
      #expect(outcome.errors.contains("it has \(known)"))
      #expect(outcome.output == "")
    }
  }

  // MARK: - Other tools

  @Test func writesSARIF() async throws {
    try await withOffline("auth/approle/role/web:\n  token_polices: [web]\n") { project in
      try await project.generate("first")
      let first = try await result(project)
      #expect(first["ruleId"] == "schema-invalid")
      #expect(first["level"] == "warning")
      let place = first.at("locations.0.physicalLocation")
      #expect(place?.at("artifactLocation.uri") == ".vault-migrations/schema.yaml")
      #expect(place?.at("region.startLine") == 3)
      #expect(first.at("message.text")?.string?.contains("token_policies") == true)
      // Lines above move it, and make no other finding of it.
      try project.write("schema.yaml", "# one\n# two\n" + project.read("schema.yaml"))
      let moved = try await result(project)
      #expect(moved.at("locations.0.physicalLocation.region.startLine") == 5)
      #expect(moved["partialFingerprints"] == first["partialFingerprints"])
      try project.write("schema.yaml", "desired_state: [")
      let broken = try await project.tool("validate", "--output", "sarif", exits: 65)
      let document = try JSON.parse(Array(broken.output.utf8))
      #expect(document.at("runs.0.results.0.level") == "error")
    }
  }

  private func result(_ project: Project) async throws -> Value {
    let output = try await project.tool("validate", "--mode", "offline", "--output", "sarif").output
    let document = try JSON.parse(Array(output.utf8))
    #expect(document["version"] == "2.1.0")
    let rules = document.at("runs.0.tool.driver.rules")?.array?.compactMap { $0["id"] } ?? []
    let results = document.at("runs.0.results")?.array ?? []
    #expect(!rules.isEmpty && results.allSatisfy { rules.contains($0["ruleId"] ?? .null) })
    return try #require(results.first { $0.at("message.text")?.string?.contains("token_polices") == true })
  }

  @Test func writesJUnitThatParses() async throws {
    let hostile = "\u{1}<&\"']]>"
    try await withOffline("sys/policies/acl/a:\n  policy: \(JSON.text(.string(hostile)))\n") { project in
      let plan = try await project.tool("plan", "--offline", "--output", "junit").output
      #expect(try await parsed(plan, project) == "3 1")
      try await project.generate("first")
      let valid = try await project.tool("validate", "--output", "junit").output
      #expect(try await parsed(valid, project).hasSuffix(" 0"))
      #expect(valid.contains("name=\".vault-migrations/migrations/0001-first.yaml\""))
      try project.edit("schema.yaml", "sys/policies/acl/a", "sys/policies/acl/b")
      let broken = try await project.tool("validate", "--output", "junit", exits: 65).output
      #expect(try await parsed(broken, project).hasSuffix(" 1"))
    }
  }

  /// The numbers of tests and failures as another parser counts them.
  private func parsed(_ xml: String, _ project: Project) async throws -> String {
    try project.write("results.xml", xml)
    let script = """
      import sys, xml.etree.ElementTree as tree
      root = tree.parse(sys.argv[1]).getroot()
      cases, failures = len(list(root.iter("testcase"))), len(list(root.iter("failure")))
      assert (int(root.get("tests")), int(root.get("failures"))) == (cases, failures)
      print(cases, failures)
      """
    let outcome = try await Command.run(
      "python3",
      ["-c", script, ".vault-migrations/results.xml"],
      environment: project.variables,
      directory: project.folder
    )
    #expect(outcome.status == 0, "\(outcome.errors)\(xml)")
    return outcome.output.split(separator: "\n").first.map(String.init) ?? ""
  }

  /// Scripts get one document from every command, whether it does what it should or not.
  @Test func givesJSONOfEveryCommand() async throws {
    let commands = [
      ["init"], ["validate"], ["lint"], ["lint", "--list"], ["plan"], ["status"], ["sync"], ["apply"],
      ["history"],
      ["show", "1"], ["drift"], ["generate"], ["catalogue"], ["catalogue", "auth/approle"], ["unlock"],
      ["repair"],
      ["rebase"], ["release"], ["import", "--dry-run"], ["baseline"], ["hooks", "status"],
      ["hooks", "install"],
      ["hooks", "uninstall"], ["policy", "plan"], ["policy", "sync"], ["policy", "test"], ["ledger", "init"],
      ["diff", "prod", "other"], ["dev", "env"], ["dev", "down"], ["rollback", "--to", "0"],
    ]
    try await withSmallProject { project, _ in
      for command in commands {
        let outcome = try await project.run(command + ["--output", "json", "--quiet"])
        let document = try? JSON.parse(Array(outcome.output.utf8))
        #expect(document?.object != nil, "\(command): \(outcome.status) \(outcome.output)\(outcome.errors)")
      }
    }
  }

  // MARK: - Fixtures

  /// A project whose server nobody can reach.
  private func withOffline(_ state: String, _ body: (Project) async throws -> Void) async throws {
    let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(state)]
    try await Project.with(files) { try await body($0.with(["VAULT_TOKEN": "none"])) }
  }

  /// The document without fenced blocks and code in lines, as CommonMark finds them.
  private static func outsideOfCode(_ text: String) -> String {
    var result = ""
    var fence: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let ticks = String(line.prefix { $0 == "`" })
      if let open = fence {
        if ticks.count >= open.count, line.count == ticks.count { fence = nil }
        continue
      }
      if ticks.count >= 3, !line.dropFirst(ticks.count).contains("`") {
        fence = ticks
        continue
      }
      result += withoutSpans(line) + "\n"
    }
    return result
  }

  private static func withoutSpans(_ line: Substring) -> String {
    var result = ""
    var rest = line
    while let tick = rest.firstIndex(of: "`") {
      result += rest[..<tick]
      let opening = rest[tick...].prefix { $0 == "`" }
      var search = rest[opening.endIndex...]
      var close: Substring?
      while let next = search.firstIndex(of: "`") {
        let run = search[next...].prefix { $0 == "`" }
        search = search[run.endIndex...]
        if run.count == opening.count {
          close = run
          break
        }
      }
      guard let close else { return result + rest[tick...] }
      rest = rest[close.endIndex...]
    }
    return result + rest
  }
}

extension String {
  /// How often a text stands in it.
  fileprivate func components(_ text: String) -> Int { ranges(of: text).count }
}
