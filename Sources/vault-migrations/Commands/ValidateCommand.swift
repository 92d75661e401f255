import ArgumentParser
import Catalogue
import Configuration
import Migrations
import Values

struct ValidateCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Checks configuration, schema, migrations and chain, and that the migrations give the schema.",
    discussion: """
      Needs no server. Modes: strict wants every variable of the environment set; lenient puts placeholders in the place of \
      those that are not (for hooks and forks); offline looks neither at variables nor at any server. Where a token for the \
      environment is at hand, its server is asked whether somebody else has what the schema declares.

      What "lint" calls an error or a warning is a warning here. Fields that no known server has, and values of another type, are warnings: "did you mean token_policies?". \
      --strict makes every warning an error.

      EXAMPLE:
        vault-migrations validate --env prod --mode lenient
        vault-migrations validate --output sarif > vault.sarif
        vault-migrations validate --revision origin/main
        vault-migrations validate --merge-base origin/main --mode lenient
      """
  )

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case strict, lenient, offline
  }

  @Option(help: "How variables are looked at.")
  var mode = Mode.strict

  @Option(help: "Check a commit instead of the work tree.")
  var revision: String?

  @Option(help: "Check what merging into this branch would give, for example origin/main; made in memory.")
  var mergeBase: String?

  @Flag(help: "Warnings, such as of unknown fields, are errors.")
  var strict = false

  @OptionGroup var base: BaseOption
  @OptionGroup var global: GlobalOptions

  static let formats: [GlobalOptions.Output] = [.text, .json, .sarif, .junit]

  func run(in context: Context) async throws -> Int32 {
    let open = try openProject(context).trusting(base.revision, context)
    var found =
      try Validator.problems(in: open.project, resolvers: try resolvers(open, context), fields: .builtIn)
      + AppliedCheck.problems(in: open.project, applied: try open.knownHistories(context))
    if found.allSatisfy(\.isWarning), mode != .offline { found += claims(open, context) }
    let lint = Lint(open.project)
    let problems = Problems.judged(found + lint.problems, strictly: strict)
    switch global.output {
    case .sarif:
      let judged = Problems.judged(found, strictly: strict).map { SARIF.Finding($0) }
      let linted = lint.findings.filter { $0.rule.severity != .note }
      context.publish(judged + linted.map { SARIF.Finding($0, isStrict: strict) })
    case .junit: Terminal.write(JUnit(problems, files: open.files).text, to: .output)
    default: return try tell(problems, about: open.project, context)
    }
    return problems.first { !$0.isWarning }?.code.exitStatus ?? 0
  }

  func tell(_ report: ErrorReport, in context: Context) {
    switch global.output {
    case .sarif: context.publish(report.problems.map { SARIF.Finding($0) })
    case .junit: Terminal.write(JUnit(report.problems, files: []).text, to: .output)
    default: break
    }
    report.print(on: context.console)
  }

  private func tell(_ problems: [Problem], about project: Project, _ context: Context) throws -> Int32 {
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    for warning in problems where !context.console.isJSON {
      context.console.complain { ErrorReport.text(warning, $0) }
    }
    let count = project.schema.resources.count + project.schema.actions.count
    context.console.result([
      "valid": true, "paths": .number(Number(count)), "migrations": .number(Number(project.migrations.count)),
      "warnings": .array(problems.map(ErrorReport.json)),
    ]) { style in
      "\(style.added("valid"))  \(Plural.of(count, "path")), \(Plural.of(project.migrations.count, "migration"))"
    }
    return 0
  }

  /// What belongs to others on a server that can be asked.
  private func claims(_ open: OpenProject, _ context: Context) -> [Problem] {
    do {
      try ClaimsLook(open: open, context: context).check()
      return []
    } catch {
      return ErrorReport(error).problems
    }
  }

  private func openProject(_ context: Context) throws -> OpenProject {
    if let mergeBase { return try MergedProject(context).merge(revision ?? "HEAD", into: mergeBase) }
    return try revision.map { try OpenProject.at($0, context) }
      ?? OpenProject.inWorkTree(context, trusting: base.revision)
  }

  private func resolvers(_ open: OpenProject, _ context: Context) throws -> [String: Resolver] {
    guard mode != .offline else { return [:] }
    let environment = try open.project.settings.environment(global.env)
    let resolver = open.resolver(for: environment, mode: mode == .strict ? .strict : .lenient, context)
    return [environment.name: resolver]
  }
}
