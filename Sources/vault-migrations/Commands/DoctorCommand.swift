import ArgumentParser
import Catalogue
import Configuration
import FoundationEssentials
import Git
import Migrations
import StateTracker
import Values
import VaultClient

struct DoctorCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract:
      "Checks repository, project, hooks, remote, server, login, permissions and clocks, and says what to mend.",
    discussion: """
      Writes nothing. Exits with 1 if something must be mended before a run can succeed.

      EXAMPLE:
        vault-migrations doctor --env prod
      """
  )

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let findings = await Examination(context).findings()
    let views = findings.map(\.json)
    context.console.result(["healthy": .bool(!findings.contains(where: \.isBad)), "checks": .array(views)]) {
      style in
      findings.map { $0.text(style) }.joined()
    }
    return findings.contains(where: \.isBad) ? 1 : 0
  }
}

/// What one check found.
struct Finding {
  enum State: String {
    case good = "ok"
    case doubtful = "warning"
    case bad = "failed"
  }

  let check: String
  let state: State
  let text: String
  var hint: String?

  var isBad: Bool { state == .bad }

  init(_ check: String, _ state: State, _ text: String, hint: String? = nil) {
    self.check = check
    self.state = state
    self.text = text
    self.hint = hint
  }

  /// What an error says.
  init(_ check: String, _ error: any Error) {
    let problem = ErrorReport(error).problems.first
    self.init(check, .bad, problem?.message ?? "", hint: problem?.hint)
  }

  func text(_ style: Style) -> String {
    let mark =
      switch state {
      case .good: style.added("ok")
      case .doubtful: style.changed("warning")
      case .bad: style.removed("failed")
      }
    return "\(mark)  \(check): \(text)\n" + (hint.map { "    \(style.faint($0))\n" } ?? "")
  }

  var json: Value {
    [
      "check": .string(check), "state": .string(state.rawValue), "text": .string(text),
      "hint": hint.map(Value.string) ?? .null,
    ]
  }
}

/// The checks, from what is at hand to what is far; what cannot be reached ends those behind it.
private struct Examination {
  private let context: Context

  init(_ context: Context) {
    self.context = context
  }

  func findings() async -> [Finding] {
    var found = await repository()
    let open: OpenProject
    do {
      open = try OpenProject.inWorkTree(context)
      found.append(try project(open))
    } catch {
      return found + [Finding("project", error)]
    }
    found.append(await hooks())
    do {
      let environment = try open.project.settings.environment(context.options.env)
      found.append(await remote(of: environment, open))
      found += await server(environment, open)
    } catch {
      found.append(Finding("environment", error))
    }
    return found
  }

  // MARK: - Here

  private func repository() async -> [Finding] {
    do {
      let repository = try context.repository(holding: context.workingDirectory)
      let isShallow = repository.isShallow
      var found = [
        Finding(
          "repository",
          isShallow ? .doubtful : .good,
          isShallow ? "its history is cut off" : repository.workTree ?? repository.gitDirectory,
          hint: isShallow
            ? "\"git fetch --unshallow\" lets merges and the commits behind changes be known" : nil
        )
      ]
      if let git = GitProgram(environment: context.environment),
        let version = try? await git.run(["--version"], in: "/", deadline: .seconds(10)).standardOutput
      {
        found.append(Finding("git", .good, version.filter { !$0.isNewline }))
      } else {
        found.append(
          Finding(
            "git",
            .doubtful,
            "there is no git program",
            hint: "without it remotes over SSH, credential helpers and atomic pushes do not work"
          )
        )
      }
      return found
    } catch {
      return [Finding("repository", error)]
    }
  }

  private func project(_ open: OpenProject) throws -> Finding {
    let problems = try Validator.problems(in: open.project, fields: .builtIn)
    if let first = problems.first(where: { !$0.isWarning }) { return Finding("project", first) }
    let versions = Plural.of(open.project.migrations.count, "migration")
    guard let warning = problems.first else { return Finding("project", .good, "\(versions), valid") }
    return Finding(
      "project",
      .doubtful,
      "\(versions), valid with \(Plural.of(problems.count, "warning")): \(warning.message)",
      hint: "\"vault-migrations validate\" shows all of them"
    )
  }

  private func hooks() async -> Finding {
    do {
      let place = try await HookPlace(context)
      let absent = place.needed.filter { !place.isInstalled($0) }.map(\.rawValue)
      if absent.isEmpty { return Finding("hooks", .good, "installed") }
      return Finding(
        "hooks",
        .doubtful,
        "not installed: \(absent.joined(separator: ", "))",
        hint: "\"vault-migrations hooks install\""
      )
    } catch {
      return Finding("hooks", error)
    }
  }

  // MARK: - There

  private func remote(of environment: Environment, _ open: OpenProject) async -> Finding {
    do {
      let tracker = try Session.stateTracker(of: environment, open, context)
      try await tracker.checkSigning()
      let state = try await tracker.fetch()
      let version = try state.version()
      return Finding(
        "state branch",
        .good,
        version == 0 ? "nothing is applied to \(environment.name) yet" : "at \(Migration.label(version))"
      )
    } catch {
      return Finding("state branch", error)
    }
  }

  private func server(_ environment: Environment, _ open: OpenProject) async -> [Finding] {
    var found: [Finding] = []
    do {
      try await Session.with(open, context) { target in
        found.append(Finding("server", .good, "\(target.server.address), version \(target.health.version)"))
        found.append(clock(target))
        found.append(await records(target, open))
        found.append(permissions(target, environment, open))
      }
    } catch {
      found.append(Finding(found.isEmpty ? "server and login" : "login", error))
    }
    return found
  }

  private func clock(_ target: Target) -> Finding {
    let off = Int(Date().timeIntervalSince1970) - target.serverTime
    guard abs(off) > 30 else { return Finding("clocks", .good, "agree") }
    return Finding(
      "clocks",
      .doubtful,
      "this machine is \(abs(off)) s \(off > 0 ? "ahead of" : "behind") the server",
      hint: "locks go by the server's clock, but signed tokens and certificates by both: synchronise them"
    )
  }

  private func records(_ target: Target, _ open: OpenProject) async -> Finding {
    do {
      let standing = try await target.examine(open.project)
      if let found = standing.disagreement { return Finding("records", found.problem) }
      let state = standing.state.rawValue
      return standing.state == .interrupted
        ? Finding(
          "records",
          .doubtful,
          state,
          hint: "the next sync finishes it; \"repair\" shows how far it got"
        )
        : Finding("records", .good, state)
    } catch {
      return Finding("records", error)
    }
  }

  private func permissions(_ target: Target, _ environment: Environment, _ open: OpenProject) -> Finding {
    let hint = "\"vault-migrations policy sync --env \(environment.name)\" prints what it needs"
    do {
      let version = try target.tracker.current().version()
      let needed = try NeededPolicy(for: .sync, of: open.project, in: environment, applied: version)
      let may = try target.client.capabilities(of: needed.rules.map(\.path))
      let lacking = needed.rules.filter { rule in
        let granted = may[rule.path] ?? []
        return !granted.contains("root") && !rule.capabilities.isSubset(of: granted)
      }
      guard let first = lacking.first else {
        return Finding("permissions", .good, "enough for \(Plural.of(needed.rules.count, "path"))")
      }
      let more = lacking.count > 1 ? ", and something on \(lacking.count - 1) more" : ""
      return Finding(
        "permissions",
        .bad,
        "the token lacks \(first.sortedCapabilities.filter { may[first.path]?.contains($0) != true }.joined(separator: ", ")) on \(first.path)\(more)",
        hint: hint
      )
    } catch let error as VaultError where error.kind == .denied {
      return Finding("permissions", .bad, "the token may not even ask what it may do", hint: hint)
    } catch {
      return Finding("permissions", error)
    }
  }
}
