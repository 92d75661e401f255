import ArgumentParser
import Configuration
import Migrations
import Values

/// What a command says about one environment.
struct Outcome: Sendable {
  let document: Value
  let text: String
  /// 0, or 2 for differences found.
  var status: Int32 = 0
  /// Its part of a report, where one was asked for.
  var section: ReviewSection?
}

/// `--all`, of commands that look at, or work on, one environment otherwise.
struct AllFlag: ParsableArguments {
  @Flag(help: "Every environment of the configuration, side by side; VAULT_ADDR and its kin are ignored.")
  var all = false
}

/// A command about one environment that can be run for all of them.
protocol EnvironmentCommand: ToolCommand, Sendable {
  var everywhere: AllFlag { get }

  /// What is given to decide about one environment, and would be wrong for all: the first of such options, or `nil`.
  var decision: String? { get }

  /// Whose servers count, where that is not what is checked out.
  var trusted: String? { get }

  /// The commit that is looked at instead of the work tree.
  var revision: String? { get }

  func outcome(in context: Context) async throws -> Outcome

  /// Prints what came of it for all environments in another way than as text or JSON; `false` if that is not asked for.
  func publish(_ sections: [ReviewSection], named name: String, in context: Context) throws -> Bool
}

extension EnvironmentCommand {
  var decision: String? { nil }
  var trusted: String? { nil }
  var revision: String? { nil }

  func publish(_ sections: [ReviewSection], named name: String, in context: Context) throws -> Bool { false }

  func run(in context: Context) async throws -> Int32 {
    guard everywhere.all else {
      let outcome = try await outcome(in: context)
      if let section = outcome.section, try publish([section], named: section.environment, in: context) {
        return outcome.status
      }
      context.console.result(outcome.document) { _ in outcome.text }
      return outcome.status
    }
    if let option = global.env.map({ _ in "--env" }) ?? decision {
      throw Problem(
        .usage,
        "\(option) is about one environment, and --all about every one",
        hint: "leave one of the two out"
      )
    }
    return try await AllEnvironments(context, at: revision, trusting: trusted).run(
      publish: { try publish($0, named: "all", in: context) },
      { try await outcome(in: $0) }
    )
  }
}

/// Runs a command for every environment at once: one that fails does no harm to the others.
struct AllEnvironments {
  private enum Finding: Sendable {
    case done(Outcome)
    case failed(ErrorReport)
  }

  /// More at once would wait for each other on the same few connections and processors.
  private static let width = 4

  /// The statuses, gravest first: what was written in part, a world that is not as recorded, servers that cannot be asked,
  /// files that are wrong, then what another try or a look at the output settles.
  static let gravity: [Int32] = [1, 3, 77, 69, 78, 65, 64, 75, 2, 0]

  private let context: Context
  private let revision: String?
  private let base: String?

  init(_ context: Context, at revision: String?, trusting base: String?) {
    self.context = context
    self.revision = revision
    self.base = base
  }

  /// Runs the command for each environment, prints what came of it in the order of names, and returns the gravest status.
  ///
  /// Throws ``Problems`` when the project itself cannot be read.
  func run(
    publish: ([ReviewSection]) throws -> Bool = { _ in false },
    _ body: @escaping @Sendable (Context) async throws -> Outcome
  ) async throws -> Int32 {
    let found = try revision.map { try OpenProject.at($0, context) }
    let open = try (found ?? OpenProject.inWorkTree(context, trusting: base)).trusting(base, context)
    let own = open.project.settings.environments
    let names = open.settings.environments.keys.filter { own[$0] != nil }.sorted()
    for name in own.keys.sorted() where !names.contains(name) {
      context.console.tell("\(name) is not on \(base ?? ""), and is not asked")
    }
    let findings = await findings(for: names, body)
    if try !publish(names.compactMap { section($0, findings[$0]) }) {
      context.console.result(document(names, findings)) { text(names, findings, $0) }
    }
    complain(names, findings)
    let statuses = Set(findings.values.map(Self.status))
    return Self.gravity.first(where: statuses.contains) ?? statuses.max() ?? 0
  }

  private func findings(
    for names: [String],
    _ body: @escaping @Sendable (Context) async throws -> Outcome
  ) async -> [String: Finding] {
    await withTaskGroup(of: (String, Finding).self) { group in
      var waiting = names[...]
      var found: [String: Finding] = [:]
      func start() {
        guard let name = waiting.popFirst() else { return }
        let context = context.narrowed(to: name)
        group.addTask {
          let finding: Finding
          do {
            finding = .done(try await body(context))
          } catch {
            finding = .failed(ErrorReport(error))
          }
          context.metrics.finish(name, status: Self.status(finding))
          return (name, finding)
        }
      }
      for _ in 0..<Self.width { start() }
      for await (name, finding) in group {
        found[name] = finding
        start()
      }
      return found
    }
  }

  private static func status(_ finding: Finding) -> Int32 {
    switch finding {
    case .done(let outcome): outcome.status
    case .failed(let report): report.exitStatus
    }
  }

  private func section(_ name: String, _ finding: Finding?) -> ReviewSection? {
    switch finding {
    case .done(let outcome)?: outcome.section
    case .failed(let report)?: .failed(name, report.problems)
    case nil: nil
    }
  }

  private func document(_ names: [String], _ findings: [String: Finding]) -> Value {
    let documents = names.compactMap { name -> Value? in
      switch findings[name] {
      case .done(let outcome)?: return outcome.document
      case .failed(let report)?:
        return .object(report.members.merging(["environment": .string(name)]) { $1 })
      case nil: return nil
      }
    }
    return ["environments": .array(documents)]
  }

  private func text(_ names: [String], _ findings: [String: Finding], _ style: Style) -> String {
    names.map { name in
      let body =
        switch findings[name] {
        case .done(let outcome)?: outcome.text
        case .failed(let report)?: "\(style.removed("failed")): \(report.message)\n"
        case nil: ""
        }
      return "\(style.title("== \(name)"))\n\(body)"
    }.joined(separator: "\n")
  }

  /// The whole of every error, for people.
  private func complain(_ names: [String], _ findings: [String: Finding]) {
    var mayLackLogin = false
    for name in names {
      guard case .failed(let report)? = findings[name] else { continue }
      mayLackLogin = mayLackLogin || [77, 78].contains(report.exitStatus)
      if !context.console.isJSON { report.print(on: context.narrowed(to: name).console) }
    }
    let connection = EnvironmentVariables(context.environment)
    if mayLackLogin, connection.token != nil || connection["ADDR"] != nil {
      context.console.tell("--all ignores VAULT_ADDR, VAULT_TOKEN and their kin: config.yaml says it all")
    }
  }
}

extension Context {
  /// The same for one of several environments: nothing of the shell's connection counts, and talk names the environment.
  func narrowed(to name: String) -> Context {
    var context = self
    context.options.env = name
    context.connection = EnvironmentVariables([:])
    context.console.prefix = "[\(name)] "
    return context
  }
}
