import FoundationEssentials
import TestSupport
import Testing
import Values

/// The guides, followed as they are written: each line of their blocks is given to a shell.
@Suite struct GuideTests {
  @Test func `The README's five minutes`() async throws {
    try await Project.with([:]) { project in
      let lines = Manual.shellLines(
        of: Manual.page("README.md"),
        below: "Five minutes with your own repository"
      )
      .filter { !$0.hasPrefix("make ") && !$0.hasPrefix("cd ") }
      #expect(lines.count > 5)
      let output = try await follow(lines, in: project)
      #expect(output.contains("applied  0001 first"))
      #expect(output.contains("dev  0001"), "\(output)")
    }
  }

  @Test func `A day in the terminal`() async throws {
    try await withServer(Small.state) { project, server in
      let settings = configuration(server.address).replacing("environment: prod", with: "environment: dev")
      try project.write("config.yaml", settings + "  dev:\n    server: embedded\n")
      try project.write(".gitignore", ".embedded/\n")
      try await project.commit("Add dev")
      let lines = Manual.shellLines(of: Manual.page("docs/terminal.md"))
      #expect(lines.count > 15)
      let output = try await follow(lines, in: project.with(["APP_PASSWORD": "app-password-1"]))
      #expect(output.contains("applied  0001 web-role"))
      #expect(output.contains("+token_ttl: 1200"))
    }
  }

  @Test(arguments: [("README.md", "A server that is configured already"), ("docs/adoption.md", nil)])
  func `Taking over a server`(_ page: String, _ heading: String?) async throws {
    try await withServer("{}") { project, server in
      try Small.configureByHand(server)
      let output = try await follow(Manual.shellLines(of: Manual.page(page), below: heading), in: project)
      #expect(output.contains("recorded as version 0001"))
      #expect(output.contains("No changes required"))
    }
  }

  @Test func `From Terraform, step by step, and back`() async throws {
    try await BaoServer.with { staging in
      let more =
        "  staging:\n    address: \(staging.address)\n    auth: {method: token, token: \"${STAGING_TOKEN}\"}\n"
      try await withServer("{}") { project, server in
        try project.write("config.yaml", project.read("config.yaml") + more)
        let project = project.with(["STAGING_TOKEN": staging.rootToken])
        for configured in [server, staging] {
          try Small.configureByHand(configured)
          try configured.request("POST", "sys/policies/acl/old", ##"{"policy": "# by Terraform"}"##)
        }
        try await project.commit("Add staging")
        try await project.tool("ledger", "init", "--env", "staging")

        let page = Manual.page("docs/terraform.md")
        // A project is there already, and Terraform is not.
        let lines = Manual.shellLines(of: page, below: "Step by step").filter {
          !$0.hasPrefix("terraform ") && $0 != "vault-migrations init"
        }
        #expect(lines.count > 8)
        let output = try await follow(lines, in: project)
        #expect(output.contains("recorded as version 0001"))
        #expect(output.contains("0001 is the baseline"))
        #expect(project.read("schema.yaml").contains("${APPS_DATA_WEB_DATA_PASSWORD}"))

        // And back: given away in two steps, the object stays.
        let back = Manual.shellLines(of: page, below: "Going back")
        try #require(back.count == 2)
        try project.edit(
          "schema.yaml",
          "  sys/policies/acl/old:\n",
          "  sys/policies/acl/old:\n    manage: create-only\n"
        )
        _ = try await follow([back[0]], in: project)
        try await project.commit("Share")
        try await project.tool("sync", "--env", "prod")
        try project.write("schema.yaml", without("sys/policies/acl/old", project.read("schema.yaml")))
        _ = try await follow([back[1]], in: project)
        try await project.commit("Leave")
        try await project.tool("sync", "--env", "prod")
        #expect(try server.data("sys/policies/acl/old")?["policy"] == "# by Terraform")
        #expect(!project.read("schema.yaml").contains("acl/old"))
      }
    }
  }

  /// What the other pages show, one line after the other on a project that is applied; most have nothing left to do.
  @Test func `What the other pages show can be run`() async throws {
    let pages = [
      "docs/migrations.md", "docs/monitoring.md", "docs/pipelines.md", "docs/policies.md",
      "docs/pull-requests.md",
      "docs/lint.md", "docs/incident.md",
    ]
    try await withSmallProject(
      environment: "auth: {method: token, token: \"${PROD_TOKEN}\"}",
      tokenVariable: "PROD_TOKEN"
    ) { project, _ in
      try await project.tool("sync")
      try await project.git("push", "-q", "origin", "main")
      var count = 0
      for shown in pages.flatMap({ Manual.commands(of: "vault-migrations", in: Manual.page($0)) }) {
        let arguments = shown.words.dropFirst().map {
          $0.replacing("/var/lib/node_exporter", with: project.scratch.path)
        }
        let outcome = try await project.run(Array(arguments))
        #expect(outcome.status == 0, "\(shown.testDescription): \(outcome.output)\(outcome.errors)")
        try await project.commit("After \(shown.words[1])")
        count += 1
      }
      #expect(count > 8)
    }
  }

  /// Runs lines as a reader would type them, and stops at the first that fails.
  ///
  /// - Returns: What they printed.
  private func follow(_ lines: [String], in project: Project) async throws -> String {
    let folder = Tool.path.split(separator: "/").dropLast().map { "/\($0)" }.joined()
    let outcome = try await Command.run(
      "bash",
      ["-euo", "pipefail", "-c", lines.joined(separator: "\n")],
      environment: project.variables.merging([
        "PATH": "\(folder):\(project.variables["PATH"] ?? "")", "EDITOR": "true",
      ]) { $1 },
      directory: project.folder
    )
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    return outcome.output
  }

  /// A schema's text without one of its entries.
  private func without(_ entry: String, _ text: String) -> String {
    var isInside = false
    return text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
      if line == "  \(entry):" { isInside = true } else if !line.hasPrefix("    ") { isInside = false }
      return !isInside
    }
    .joined(separator: "\n")
  }
}
