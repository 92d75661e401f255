import ArgumentParser
import Configuration
import Migrations
import Values

struct ExplainCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explains the code of an error, an exit status, or a rule of lint.",
    discussion: """
      Codes stand in the JSON documents of errors ("code"). Without an argument, all of them are listed.

      EXAMPLE:
        vault-migrations explain world-changed
        vault-migrations explain 69
        vault-migrations explain policy-kv2-path
      """
  )

  @Argument(help: "A code, an exit status, or the name of a rule.")
  var name: String?

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    guard let name else { return list(context) }
    if let (rule, text) = Explanation.lintRule(name) {
      context.console.result([
        "name": .string(rule.name), "severity": .string(rule.severity.rawValue), "text": .string(text),
      ]) { "\($0.title(rule.name))\n\n\(text)\n" }
      return 0
    }
    let found = Explanation.find(name)
    guard !found.isEmpty else {
      let names = Problem.Code.allCases.map(\.rawValue) + LintRule.all.map(\.name)
      throw Problem(
        .usage,
        "there is no code \(name)",
        hint: Suggestion.nearest(to: name, among: names).map { "did you mean \($0)?" }
          ?? "\"vault-migrations explain\" lists all"
      )
    }
    context.console.result(["explanations": .array(found.map(\.json))]) { style in
      found.map { $0.text(style) }.joined(separator: "\n")
    }
    return 0
  }

  private func list(_ context: Context) -> Int32 {
    let all = Problem.Code.allCases.map(Explanation.init)
    context.console.result(["explanations": .array(all.map(\.json))]) { style in
      all.map { "\(style.title($0.name))  exit status \($0.exitStatus)\n  \($0.meaning)\n" }.joined()
        + "\nRules of lint: \"vault-migrations lint --list\"\n"
    }
    return 0
  }
}

extension Explanation {
  fileprivate var json: Value {
    [
      "code": .string(name), "exit_status": .number(Number(Int(exitStatus))), "meaning": .string(meaning),
      "causes": .array(causes.map(Value.string)), "remedies": .array(remedies.map(Value.string)),
    ]
  }

  fileprivate func text(_ style: Style) -> String {
    let list = { (items: [String]) in items.map { "  - \($0)\n" }.joined() }
    return
      "\(style.title(name))  exit status \(exitStatus)\n\n\(meaning)\n\nMostly because of\n\(list(causes))"
      + "\nWhat to do\n\(list(remedies))"
  }
}
