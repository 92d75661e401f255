import ArgumentParser
import Catalogue
import Configuration
import Migrations
import StateTracker
import Values

struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy",
    abstract: "The least policy that plan or sync needs; expectations on the policies of the schema.",
    discussion: """
      EXAMPLE:
        vault-migrations policy sync --env prod
      """,
    subcommands: [ForPlan.self, ForSync.self, Test.self]
  )

  struct ForPlan: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "plan",
      abstract: "Prints the least policy that plan, status and drift need; they write nothing.",
      discussion: """
        Asks no server. What exclusive: looks for is not in it.

        EXAMPLE:
          vault-migrations policy plan --env prod | bao policy write vault-migrations-plan -
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 { try PolicyCommand.print(.plan, context) }
  }

  struct ForSync: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "sync",
      abstract: "Prints the least policy that sync, apply, rollback, release, repair and unlock need.",
      discussion: """
        Asks no server. It allows any change of what the schema declares and what is pending, nothing else: print it \
        anew when the schema gets new paths. The token needs no other policy; its role sets token_no_default_policy. Paths \
        are those of the namespace that the environment names: the policy belongs there.

        EXAMPLE:
          vault-migrations policy sync --env prod | bao policy write vault-migrations-prod -
          vault-migrations policy sync --env prod --output json
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 { try PolicyCommand.print(.sync, context) }
  }

  struct Test: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "test",
      abstract: "Checks what the files below tests/ expect of the schema's policies.",
      discussion: """
        Asks no server: rules are matched as servers do. Each file is a list such as
        "- {policies: [web], path: secret/data/web, can: [read], cannot: [update, delete]}"; "namespace:" names where, and \
        "templates: {identity.entity.name: ann}" what the server fills in. Parameters that a rule allows or denies are not \
        looked at. Exits with 65 if an expectation does not hold.

        EXAMPLE:
          vault-migrations policy test --env prod
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let open = try OpenProject.inWorkTree(context)
      let environment = try open.project.settings.environment(context.options.env)
      let expectations = try PolicyExpectation.read(try open.source.files(at: "tests") ?? [])
      let declared = open.project.schema.content(in: environment.name).resources
      let resolver = open.resolver(for: environment, mode: .lenient, context)
      let outcomes = expectations.map { $0.judge(declared, resolver) }
      let failures = outcomes.flatMap(\.failures)
      for failure in failures where !context.console.isJSON {
        context.console.complain { ErrorReport.text(failure, $0) }
      }
      context.console.result([
        "expectations": .array(outcomes.map(PolicyCommand.json)),
        "failures": .array(failures.map(ErrorReport.json)),
      ]) { style in
        let held = outcomes.count { $0.failures.isEmpty }
        return failures.isEmpty
          ? "\(style.added("as expected"))  \(Plural.of(held, "expectation"))"
          : "\(style.removed("\(outcomes.count - held) of \(Plural.of(outcomes.count, "expectation")) failed"))"
      }
      return failures.isEmpty ? 0 : Problem.Code.schemaInvalid.exitStatus
    }
  }

  private static func json(_ outcome: PolicyExpectation.Outcome) -> Value {
    let expectation = outcome.expectation
    return [
      "policies": .array(expectation.policies.map(Value.string)), "path": .string(expectation.path.path),
      "namespace": .string(expectation.path.namespace), "file": .string(expectation.location.file),
      "line": .number(Number(expectation.location.line)), "holds": .bool(outcome.failures.isEmpty),
      "capabilities": .array(outcome.capabilities.sorted().map(Value.string)),
    ]
  }

  private static func print(_ purpose: NeededPolicy.Purpose, _ context: Context) throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    let environment = try open.project.settings.environment(context.options.env)
    let recorded = try Session.stateTracker(of: environment, open, context).current()
    let policy = try NeededPolicy(
      for: purpose,
      of: open.project,
      in: environment,
      applied: try recorded.version()
    )
    let rules = policy.rules.map { rule -> Value in
      [
        "path": .string(rule.path), "capabilities": .array(rule.sortedCapabilities.map(Value.string)),
        "why": .array(rule.reasons.sorted().map(Value.string)),
      ]
    }
    context.console.result([
      "environment": .string(environment.name), "for": .string(purpose.rawValue), "rules": .array(rules),
      "policy": .string(policy.text),
    ]) { _ in policy.text }
    return 0
  }
}
