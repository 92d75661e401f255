import Migrations
import Resources
import Values

/// What stands behind a code of an error: what it means, what it mostly comes from, and what to do.
struct Explanation {
  let name: String
  let exitStatus: Int32
  let meaning: String
  let causes: [String]
  let remedies: [String]

  init(_ code: Problem.Code) {
    name = code.rawValue
    exitStatus = code.exitStatus
    (meaning, causes, remedies) = Self.parts(of: code)
  }

  /// Everything that goes by a name: a code, an exit status with one or several codes.
  static func find(_ name: String) -> [Explanation] {
    Problem.Code.allCases.filter { $0.rawValue == name || "\($0.exitStatus)" == name }.map(Explanation.init)
  }

  /// The section of `docs/lint.md` about a rule, without its title; `nil` for a name that is no rule.
  static func lintRule(_ name: String) -> (rule: LintRule, text: String)? {
    guard let rule = LintRule.named(name), let bytes = Resources.bytes(at: "docs/lint.md") else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n",
      omittingEmptySubsequences: false
    )
    let section = lines.drop { $0 != "## \(name)" }.dropFirst().prefix { !$0.hasPrefix("## ") }
    return (rule, section.joined(separator: "\n").trimmingNewlines)
  }

  private static func parts(of code: Problem.Code) -> (String, [String], [String]) {
    switch code {
    case .operationFailed:
      (
        "Something was tried, and failed. The message says what was applied and what was not; what was applied is recorded.",
        [
          "the server refused a write (a wrong value, a plugin that is not there)",
          "the remote refused the push",
          "the server ran into an error of its own",
        ],
        [
          "mend what the message names, and run sync again: it goes on at the task where it stopped",
          "look at the interrupted run with \"vault-migrations repair\", which also takes it back",
        ]
      )
    case .worldChanged:
      (
        "Server, records and files do not agree, and nothing was written.",
        [
          "somebody changed on the server what a pending task is about",
          "the environment is held by a rollback",
          "the server was restored from a snapshot, or another one answers at its address",
          "the state branch was rewritten or lost",
        ],
        [
          "see what was changed with \"vault-migrations drift\"", "decide with --revert PATH or --keep PATH",
          "see what contradicts what, and the ways out, with \"vault-migrations status\" and \"vault-migrations repair\"",
        ]
      )
    case .usage:
      (
        "The command cannot be run like this, or not here and now.",
        [
          "a misspelt option, path or environment", "files that are not committed",
          "options that contradict each other",
        ],
        ["read the hint, and \"vault-migrations COMMAND --help\""]
      )
    case .schemaInvalid:
      (
        "The schema cannot be read, or says what no server can be brought to.",
        [
          "YAML that is not what it looks like", "a path that is declared twice",
          "a secret that is written out",
          "a name that refers to what is not there", "schema and migrations that do not say the same",
        ],
        [
          "go to the file, line and column of the message",
          "write what is missing with \"vault-migrations generate\"",
          "check without a server with \"vault-migrations validate --mode offline\"",
        ]
      )
    case .migrationInvalid:
      (
        "A migration or the chain is not as it was written.",
        [
          "an applied migration was edited", "two branches took the same number",
          "a merge that mixed up the chain",
        ],
        [
          "take an edited migration back with git: what is applied is changed by a further migration",
          "put a migration that lost its number behind the others with \"vault-migrations rebase\"",
        ]
      )
    case .unreachable:
      (
        "The server or the git remote did not answer.",
        [
          "a wrong address, a proxy or a firewall",
          "a server that is sealed, or a certificate that is not trusted",
          "no right to the repository",
        ],
        [
          "check the address and tls: of the environment, and the log of the server",
          "check the remote by hand with \"git fetch\"",
          "run the command again: nothing is lost, and nothing done twice",
        ]
      )
    case .locked:
      (
        "Another run works on the environment.",
        [
          "a pipeline that runs at the same time",
          "a run that died a moment ago: its lock is taken over after lock_ttl",
        ],
        ["wait with --lock-timeout 5m", "see who holds it with \"vault-migrations unlock\""]
      )
    case .permissionDenied:
      (
        "The login was refused, or its token may not do what is needed.",
        [
          "an expired or revoked credential", "a role that is bound to other claims, accounts or addresses",
          "a policy without a path of the schema, or of the ledger",
        ],
        [
          "print the least policy with \"vault-migrations policy sync\" (or \"policy plan\"), and compare",
          "check mount, namespace and role under auth: of the environment",
        ]
      )
    case .configurationInvalid:
      (
        "config.yaml cannot be read, or what it refers to is not there.",
        [
          "a misspelt key", "a variable that is not set here",
          "a folder that is no git repository, or has no such remote",
        ],
        [
          "go to the file, line and column of the message", "docs/configuration.md has every key",
          "check a project without its variables with \"vault-migrations validate --mode lenient\"",
        ]
      )
    }
  }
}

extension String {
  fileprivate var trimmingNewlines: String {
    var text = self[...]
    while text.first?.isNewline == true { text.removeFirst() }
    while text.last?.isNewline == true { text.removeLast() }
    return String(text)
  }
}
