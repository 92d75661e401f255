import ArgumentParser
import Configuration
import Migrations
import Values

struct LintCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "lint",
    abstract:
      "Finds what is allowed and most likely wrong: rules of policies that do nothing, roles that let everybody in.",
    discussion: """
      Asks no server. docs/lint.md explains every rule. Where a finding is meant, its entry says why: \
      "lint: {policy-sudo-glob: break glass, reviewed by security}". Exits with 65 if there is an error, with --strict \
      also if there is a warning.

      EXAMPLE:
        vault-migrations lint
        vault-migrations lint --rule policy-kv2-path --rule policy-unreachable
        vault-migrations lint --output sarif > vault.sarif
        vault-migrations lint --list
      """
  )

  @Option(help: "Look for this alone; can be repeated.")
  var rule: [String] = []

  @Flag(help: "List the rules.")
  var list = false

  @Flag(help: "Warnings are errors.")
  var strict = false

  @OptionGroup var global: GlobalOptions

  static let formats: [GlobalOptions.Output] = [.text, .json, .sarif]

  func validate() throws {
    for name in rule where LintRule.named(name) == nil {
      let near = Suggestion.nearest(to: name, among: LintRule.all.map(\.name))
      throw ValidationError(
        "there is no rule \(name)" + (near.map { "; did you mean \($0)?" } ?? "; see --list")
      )
    }
  }

  func run(in context: Context) async throws -> Int32 {
    if list, global.output != .sarif {
      context.console.result(["rules": .array(LintRule.all.map(LintView.json))]) { LintView.rules($0) }
      return 0
    }
    let project = try OpenProject.inWorkTree(context).project
    let findings = Lint(project).findings.filter { rule.isEmpty || rule.contains($0.rule.name) }
    let view = LintView(findings: findings)
    if global.output == .sarif {
      context.publish(findings.map { SARIF.Finding($0, isStrict: strict) })
    } else {
      context.console.result(view.json) { view.text($0) }
    }
    let fails = view.open.contains { $0.rule.severity == .error || strict && $0.rule.severity == .warning }
    return fails ? Problem.Code.schemaInvalid.exitStatus : 0
  }
}
