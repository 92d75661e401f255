import ArgumentParser
import Catalogue
import Digests
import FoundationEssentials
import Git
import Migrations
import Values

/// Problems and what lint found as SARIF 2.1.0, for code scanning.
struct SARIF {
  let findings: [Finding]
  /// Turns the name of a file, as users see it, into one from the root of the repository.
  let relative: (String) -> String

  var document: Value {
    [
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
      "runs": [
        [
          "tool": [
            "driver": [
              "name": "vault-migrations", "version": .string(VaultMigrations.configuration.version),
              "rules": .array(rules),
            ]
          ],
          "columnKind": "unicodeCodePoints", "results": .array(results),
        ]
      ],
    ]
  }

  private var rules: [Value] {
    Set(findings.map(\.rule)).sorted().map { id in
      let rule = LintRule.named(id)
      let words = rule?.summary ?? Self.words[id] ?? id.replacing("-", with: " ")
      return ["id": .string(id), "name": .string(id), "shortDescription": ["text": .string(words)]]
    }
  }

  /// What the codes that files can be wrong with mean.
  private static let words = [
    Problem.Code.configurationInvalid.rawValue: "The configuration is not valid",
    Problem.Code.schemaInvalid.rawValue: "The schema is not valid, or not likely to mean what it says",
    Problem.Code.migrationInvalid.rawValue: "Migrations, chain and schema do not fit each other",
  ]

  private var results: [Value] {
    var seen: [String: Int] = [:]
    return findings.map { finding in
      let base = fingerprint(of: finding)
      let count = seen[base, default: 0]
      seen[base] = count + 1
      var result: [String: Value] = [
        "ruleId": .string(finding.rule), "level": .string(finding.level),
        "message": ["text": .string(finding.message + (finding.hint.map { "\nHint: \($0)" } ?? ""))],
        "partialFingerprints": ["vaultMigrations/v1": .string("\(base):\(count)")],
      ]
      if let reason = finding.reason {
        result["suppressions"] = [["kind": "inSource", "justification": .string(reason)]]
      }
      if let location = finding.location {
        result["locations"] = [
          [
            "physicalLocation": [
              "artifactLocation": [
                "uri": .string(Self.uri(relative(location.file))), "uriBaseId": "%SRCROOT%",
              ],
              "region": [
                "startLine": .number(Number(max(1, location.line))),
                "startColumn": .number(Number(max(1, location.column))),
              ],
            ]
          ]
        ]
      }
      return .object(result)
    }
  }

  /// The same finding has the same fingerprint when lines above it come or go.
  private func fingerprint(of finding: Finding) -> String {
    let parts = [
      finding.rule, finding.location.map { relative($0.file) } ?? "", finding.path ?? "", finding.message,
    ]
    return String(Digests.sha256(Array(parts.joined(separator: "\n").utf8)).prefix(32))
  }

  private static func uri(_ path: String) -> String {
    let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/".utf8)
    return path.utf8.map { byte in
      guard !plain.contains(byte) else { return String(Unicode.Scalar(byte)) }
      let digits = String(byte, radix: 16, uppercase: true)
      return "%" + (digits.count < 2 ? "0" : "") + digits
    }.joined()
  }
}

extension SARIF {
  /// One thing to be shown in a file.
  struct Finding {
    let rule: String
    let level: String
    let message: String
    var hint: String?
    var location: SourceLocation?
    var path: String?
    /// Why it is all right; such a finding is shown as dismissed.
    var reason: String?

    init(_ problem: Problem) {
      rule = problem.code.rawValue
      level = problem.isWarning ? "warning" : "error"
      message = problem.message
      hint = problem.hint
      location = problem.location
      path = problem.path
    }

    init(_ finding: Lint.Finding, isStrict: Bool) {
      rule = finding.rule.name
      let severity = finding.rule.severity
      level = isStrict && severity == .warning ? LintRule.Severity.error.rawValue : severity.rawValue
      message = finding.message
      hint = finding.hint
      location = finding.location
      path = finding.path.description
      reason = finding.reason
    }
  }
}

extension Context {
  func publish(_ findings: [SARIF.Finding]) {
    let document = SARIF(findings: findings, relative: repositoryPaths()).document
    Terminal.write(JSON.text(document, pretty: true) + "\n", to: .output)
  }

  /// Names of files from the root of the repository, as sites that show code need them.
  func repositoryPaths() -> (String) -> String {
    guard let root = (try? repository(holding: workingDirectory))?.workTree else { return { $0 } }
    let prefix = root.hasSuffix("/") ? root : root + "/"
    let here = URL(filePath: workingDirectory).resolvingSymlinksInPath().path(percentEncoded: false)
    return { file in
      let full = URL(filePath: file.hasPrefix("/") ? file : "\(here)/\(file)").standardized
        .path(percentEncoded: false)
      return full.hasPrefix(prefix) ? String(full.dropFirst(prefix.count)) : file
    }
  }
}
