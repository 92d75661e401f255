import TestSupport
import Testing
import Values

/// What scripts and readers rely on: help, exit statuses, documents.
@Suite struct HelpTests {
  private static let commands = [
    [], ["init"], ["validate"], ["verify"], ["lint"], ["generate"], ["plan"], ["apply"], ["sync"], ["status"],
    ["history"], ["diff"],
    ["show"],
    ["drift"], ["import"], ["baseline"], ["catalogue"], ["unlock"], ["repair"], ["rollback"], ["release"],
    ["dev", "up"],
    ["dev", "reset"], ["dev", "down"], ["dev", "env"], ["ledger", "init"],
    ["doctor"], ["rebase"], ["hooks", "install"], ["hooks", "uninstall"], ["hooks", "status"],
    ["explain"], ["policy", "plan"], ["policy", "sync"], ["policy", "test"],
  ]

  @Test(arguments: commands)
  func showsAnExample(_ command: [String]) async throws {
    let outcome = try await Tool.run(command + ["--help"])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    #expect(outcome.output.contains("EXAMPLE:"))
    #expect(outcome.output.contains((["vault-migrations"] + command).joined(separator: " ")))
  }

  @Test func listsEveryCommand() async throws {
    let help = try await Tool.run(["--help"]).output
    for command in Self.commands.compactMap(\.first) {
      #expect(help.contains("\n  \(command) "), "\(command)")
    }
  }

  @Test func tellsItsVersion() async throws {
    let outcome = try await Tool.run(["--version"])
    #expect(outcome.status == 0)
    #expect(outcome.output.split(separator: ".").count >= 3)
  }

  @Test(arguments: [
    ["nonsense"], ["plan", "--nonsense"], ["show"], ["show", "two"], ["plan", "--output", "xml"],
    ["generate", "--approve", "prod"], ["plan", "--env"], ["validate", "--mode", "wild"],
    ["plan", "--log-level", "loud"],
  ])
  func callsAWrongUseByItsName(_ arguments: [String]) async throws {
    try await Project.with(["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema("")]) {
      project in
      let outcome = try await project.tool(arguments, exits: 64)
      #expect(outcome.output == "")
      #expect(outcome.errors.contains("Error:") || outcome.errors.contains("error:"))
    }
  }

  @Test func takesTheOldSpellingOfGenerate() async throws {
    let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(Small.state)]
    try await Project.with(files) { project in
      try await project.tool("--generate", "--offline", "-m", "First step!")
      #expect(project.read("migrations/0001-first-step.yaml").hasPrefix("version: 1\nname: first-step\n"))
    }
  }

  @Test func writesResultsToStandardOutputAndTalkToStandardError() async throws {
    try await withSmallProject { project, _ in
      let sync = try await project.tool("sync")
      #expect(sync.output == "applied  0001 initial  5 tasks  vault-migrations/prod/0001\n")
      #expect(sync.errors.hasPrefix("0001 initial  5 tasks\n  + apps/\n"))
      #expect(!(sync.output + sync.errors).contains("\u{1B}"))
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.generate("slow")
      #expect(try await project.tool("sync", "--quiet").errors == "")
    }
  }

  @Test func logsWithRunMigrationAndPath() async throws {
    try await withSmallProject { project, _ in
      let log = try await project.tool("sync", "--quiet", "--log-level", "info", "--log-format", "json")
        .errors
      let lines = try log.split(separator: "\n").map { try JSON.parse(Array($0.utf8)) }
      let task = lines.first { $0["path"] == "apps/data/web" }
      #expect(task?["environment"] == "prod")
      #expect(task?["outcome"] == "done")
      #expect(task?["level"] == "info")
      #expect(Set(lines.compactMap { $0["run"]?.string }).count == 1)
      #expect(lines.contains { $0["migration"]?.string?.hasPrefix("0001") == true })
    }
  }

  @Test func givesTheDocumentsThatScriptsRelyOn() async throws {
    try await withSmallProject { project, server in
      let empty = try await project.json("status")
      #expect(keys(empty) == ["environment", "pending", "state", "state_commit", "tag", "version"])
      #expect(empty["state"] == "empty")
      #expect(empty["pending"] == ["0001"])
      #expect(
        try await project.tool("status", "--detailed-exitcode", exits: 2).output.contains(
          "pending: 0001 initial"
        )
      )
      let plan = try await project.json("plan", "--detailed-exitcode", exits: 2)
      #expect(keys(plan) == ["changes", "drift", "environment", "pending"])
      let change = plan.at("pending.0")
      #expect(Set(["action", "destructive", "fields", "namespace", "path"]).isSubset(of: keys(change)))
      #expect(keys(change?.at("fields.0")) == ["from", "name", "sensitive", "to"])
      #expect(plan["pending"]?.array?.compactMap { $0["path"]?.string } == Small.paths)

      try await project.tool("sync")
      let status = try await project.json("status")
      #expect(status["version"] == "0001")
      #expect(status["tag"] == "vault-migrations/prod/0001")
      #expect(status["state_commit"]?.string?.count == 40)
      #expect(status["state"] == "clean")
      #expect(status["pending"] == [])
      try server.request("DELETE", "sys/policies/acl/web")
      let drift = try await project.json("drift", exits: 2)
      #expect(keys(drift.at("drift.0")).contains("declared"))
    }
  }

  private func keys(_ value: Value?) -> Set<String> { Set(value?.object?.keys.map(\.self) ?? []) }
}
