import ArgumentParser
import Catalogue
import Configuration
import HTTP
import Migrations
import Values

struct DriftCommand: ReviewCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Shows what somebody else changed on the server since it was recorded, and takes it back.",
    discussion: """
      Exits with 2 when there is any, or any is left. --revert puts the server back to what was recorded; --adopt writes the \
      changes into the schema and a migration, to be merged and synced like any other; without paths, everything that changed.

      EXAMPLE:
        vault-migrations drift --env prod --output json
        vault-migrations drift --all
        vault-migrations drift --env prod --output markdown
        vault-migrations drift --env prod --revert auth/approle/role/web
        vault-migrations drift --env prod --adopt
      """
  )

  @Flag(help: "Put the server back to what was recorded.")
  var revert = false

  @Flag(help: "Write into the schema, with a migration, what is on the server.")
  var adopt = false

  @Flag(help: "Look at another server than the one that was recorded.")
  var acceptServer = false

  @Argument(help: "The paths that it is about (default: all that changed).")
  var paths: [String] = []

  @OptionGroup var everywhere: AllFlag
  @OptionGroup var metrics: MetricsOption
  @OptionGroup var review: ReviewOutput
  @OptionGroup var global: GlobalOptions

  static let subject = ReviewReport.Subject.drift

  func validate() throws {
    if revert || adopt, global.output.isReview {
      throw ValidationError(
        "a report in \(global.output.rawValue) is of what drifted; --revert and --adopt have none"
      )
    }
    if revert, adopt { throw ValidationError("--revert and --adopt say the opposite of each other") }
  }

  var decision: String? {
    revert ? "--revert" : adopt ? "--adopt" : acceptServer ? "--accept-server" : nil
  }

  var metricsFile: String? { metrics.metricsFile }

  func outcome(in context: Context) async throws -> Outcome {
    // What drifted is a matter of records and server; the schema says only what else must not be there.
    let open = try OpenProject.inWorkTree(context) {
      revert || adopt || global.output.isReview || $0.hasExclusive
    }
    try checkPaths(open.project)
    // What the schema says besides must be in a migration before something is added to it.
    if revert || adopt { try Problems.check(Validator.problems(in: open.project, comparesSchema: adopt)) }
    let cancellation = Interruption.cancellation()
    return try await Session.with(open, context, cancellation: cancellation) { target in
      let inspector = Inspector(target: target, project: open.project, acceptsServer: acceptServer)
      if adopt { return try await adopt(open, target, inspector, context) }
      let drift = chosen(of: try await inspector.drift())
      // What nobody declared is shown, and never taken away.
      let undone = Set(drift.filter { $0.action != .create }.map(\.path))
      guard revert, !undone.isEmpty else { return try show(drift, of: open, on: target, context) }
      var options = RunOptions()
      options.revert = undone
      options.onlyReverts = true
      options.acceptsServer = acceptServer
      let runner = try context.runner(on: target, of: open, options, cancellation)
      let report = try await runner.run()
      let left = chosen(of: try await inspector.drift())
      return try show(left, reverted: report.reverted, of: open, on: target, context)
    }
  }

  private func adopt(
    _ open: OpenProject,
    _ target: Target,
    _ inspector: Inspector,
    _ context: Context
  ) async throws -> Outcome {
    let wanted = Set(chosen(of: try await inspector.drift()).map(\.path))
    guard let adoption = try await inspector.adoption(of: wanted) else {
      return try show([], of: open, on: target, context)
    }
    let adopted = try DriftAdopter(open: open, context: context, target: target).adopt(adoption)
    let style = context.console.style
    return Outcome(
      document: [
        "environment": .string(target.environment.name),
        "adopted": .array(adopted.paths.map { .string($0.description) }),
        "files": .array(adopted.files.map(Value.string)),
      ],
      text: adopted.paths.map { "\(style.added("adopted"))  \($0)\n" }.joined()
        + "\nwritten to \(adopted.files.joined(separator: ", "))\n"
        + "Review it, commit it together with the chain, then run sync, which finds the server so already.\n"
    )
  }

  /// A path that nothing was ever declared at is a typing error.
  private func checkPaths(_ project: Project) throws(Problem) {
    let known = project.migrations.flatMap { $0.tasks.map(\.path.description) }
    guard let path = paths.first(where: { !known.contains($0) }) else { return }
    throw Problem(
      .usage,
      "no migration has a task for \(path)",
      path: path,
      hint: Suggestion.nearest(to: path, among: known).map { "did you mean \($0)?" }
    )
  }

  /// The changes that the arguments name, all without any.
  private func chosen(of drift: [Change]) -> [Change] {
    guard !paths.isEmpty else { return drift }
    return drift.filter { paths.contains($0.path.description) }
  }

  private func show(
    _ drift: [Change],
    reverted: [VaultPath] = [],
    of open: OpenProject,
    on target: Target,
    _ context: Context
  ) throws -> Outcome {
    context.metrics.drifted(drift.count, in: target.environment.name)
    Notifier(open: open, context: context).drifted(drift, in: target.environment.name)
    var document: [String: Value] = [
      "environment": .string(target.environment.name), "drift": .array(drift.map(\.json)),
    ]
    if revert { document["reverted"] = .array(reverted.map { .string($0.description) }) }
    let style = context.console.style
    var text = reverted.map { "\(style.added("reverted"))  \($0)\n" }.joined()
    if !drift.isEmpty {
      text +=
        style.title("Drift in \(target.environment.name)") + "\n" + ChangeText(style: style).lines(drift)
        + "\n\(Plural.of(drift.count, "path")) changed by somebody else\n"
    } else if text.isEmpty {
      text = "No drift\n"
    }
    var outcome = Outcome(document: .object(document), text: text, status: drift.isEmpty ? 0 : 2)
    if global.output.isReview {
      let plan = Plan(environment: target.environment.name, changes: [], pending: [], drift: drift)
      outcome.section = try ReviewSection(plan, findings: [], of: open, context)
    }
    return outcome
  }
}
