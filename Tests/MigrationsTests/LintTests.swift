import Catalogue
import Configuration
import FoundationEssentials
@testable import Migrations
import TestSupport
import Testing
import Values

/// Each rule finds what it is about and leaves its good twin alone.
@Suite struct LintTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let rule: String
    /// What stands below `desired_state:`.
    let bad: String
    let good: String
    var testDescription: String { rule }
  }

  static let cases: [Case] = [
    policy(
      "policy-syntax",
      "path \"a\" { capabilities = \"read\" }",
      "path \"a\" { capabilities = [\"read\"] }"
    ),
    policy("policy-vault-only", rule("a", "subscribe"), rule("a", "read")),
    policy(
      "policy-unreachable",
      rule("kv/*", "read") + rule("kv/+/x*", "list"),
      rule("kv/*", "read") + rule("kv/+/x", "list")
    ),
    policy(
      "policy-duplicate-path",
      rule("a", "read") + rule("a", "list"),
      rule("a", "read", "list") + rule("a/*", "list")
    ),
    policy("policy-no-capabilities", rule("a"), rule("a", "deny")),
    policy("policy-deny-not-alone", rule("a", "read", "deny"), rule("a", "deny")),
    policy(
      "policy-deny-overruled",
      rule("a/*", "deny") + rule("a/b", "read"),
      rule("a/*", "read") + rule("a/b", "deny")
    ),
    policy(
      "policy-deny-useless",
      rule("a/*", "deny") + rule("b", "read"),
      rule("a/*", "deny") + rule("+/b", "read")
    ),
    policy("policy-glob-inside", rule("a*/b", "read"), rule("a/+/b*", "read")),
    policy("policy-glob-inside", rule("a/b+", "read"), rule("a/+", "read")),
    policy(
      "policy-sudo-glob",
      rule("sys/*", "read", "sudo"),
      rule("sys/auth/+/tune", "read", "sudo") + rule("sys/*", "read")
    ),
    policy("policy-everything", rule("*", "read"), rule("*", "deny")),
    Case(
      rule: "policy-kv2-path",
      bad:
        "secret/: {type: kv-v2}\nsys/policies/acl/p: {policies: [{path: {\"secret/app\": {capabilities: [read]}}}]}",
      good:
        "secret/: {type: kv}\nsys/policies/acl/p: {policies: [{path: {\"secret/app\": {capabilities: [read]}}}]}"
    ),
    Case(
      rule: "policy-kv2-list",
      bad:
        "secret/: {type: kv-v2}\nsys/policies/acl/p: {policies: [{path: {\"secret/data/*\": {capabilities: [list]}}}]}",
      good:
        "secret/: {type: kv-v2}\nsys/policies/acl/p: {policies: [{path: {\"secret/metadata/*\": {capabilities: [list]}}}]}"
    ),
    Case(
      rule: "policy-unknown-mount",
      bad:
        "pki/: {type: pki}\nsys/policies/acl/p: {policies: [{path: {\"pkj/issue/x\": {capabilities: [update]}}}]}",
      good:
        "pki/: {type: pki}\nsys/policies/acl/p: {policies: [{path: {\"pki/issue/x\": {capabilities: [update]}}}]}"
    ),
    role("role-root-policy", "auth/approle/role/r", "token_policies: [root]", "token_policies: [web]"),
    role(
      "role-default-policy",
      "auth/approle/role/r",
      "token_policies: [web]",
      "token_no_default_policy: true"
    ),
    role("role-no-max-ttl", "auth/approle/role/r", "token_ttl: 1h", "token_max_ttl: 1h"),
    role("role-no-max-ttl", "pki/roles/r", "ttl: 1h", "max_ttl: \"${MAX}\""),
    role("role-no-max-ttl", "database/roles/r", "default_ttl: 1h", "max_ttl: 2h"),
    role(
      "role-renewed-forever",
      "auth/userpass/users/r",
      "token_period: 1h",
      "{token_period: 1h, token_explicit_max_ttl: 24h}"
    ),
    role("approle-no-cidrs", "auth/approle/role/r", "token_ttl: 1h", "token_bound_cidrs: [10.0.0.0/8]"),
    role(
      "approle-no-secret-id",
      "auth/approle/role/r",
      "bind_secret_id: false",
      "{bind_secret_id: false, token_bound_cidrs: [10.0.0.0/8]}"
    ),
    role("jwt-unbound", "auth/jwt/role/r", "user_claim: sub", "bound_audiences: [vault]"),
    role(
      "kubernetes-any-account",
      "auth/kubernetes/role/r",
      "{bound_service_account_names: \"*\", bound_service_account_namespaces: [\"*\"]}",
      "{bound_service_account_names: \"*\", bound_service_account_namespaces: [web]}"
    ),
    role("pki-any-name", "pki/roles/r", "allow_any_name: true", "allowed_domains: [example.com]"),
    role(
      "pki-any-name",
      "pki/roles/r",
      "{allow_glob_domains: true, allowed_domains: \"*\"}",
      "{allow_glob_domains: true, allowed_domains: \"*.example.com\"}"
    ),
    role(
      "pki-any-name",
      "pki/roles/r",
      "{allow_subdomains: true, allowed_domains: [com]}",
      "{allow_subdomains: true, allowed_domains: [example.com]}"
    ),
    role(
      "ssh-any-user",
      "ssh/roles/r",
      "{allow_user_certificates: true, allowed_users: \"*\"}",
      "{allow_user_certificates: true, allowed_users: web}"
    ),
    Case(rule: "lint-unknown-rule", bad: "a/b: {lint: {nonsense: why}}", good: "a/b: {c: d}"),
    Case(
      rule: "lint-nothing-silenced",
      bad: "pki/roles/r: {max_ttl: 1h, lint: {pki-any-name: why}}",
      good: "pki/roles/r: {max_ttl: 1h, allow_any_name: true, lint: {pki-any-name: why}}"
    ),
  ]

  @Test(arguments: cases)
  func findsTheBadAndLeavesTheGood(_ sample: Case) throws {
    let bad = try Self.findings(sample.bad).filter { $0.rule.name == sample.rule }
    #expect(bad.count == 1, "\(bad.map(\.message))")
    #expect(bad.allSatisfy { $0.reason == nil && !$0.hint.isEmpty && $0.location.line > 1 })
    let good = try Self.findings(sample.good).filter { $0.rule.name == sample.rule && $0.reason == nil }
    #expect(good.isEmpty, "\(good.map(\.message))")
  }

  /// A silenced rule is shown with its reason, says nothing to `validate`, and is no part of what is written.
  @Test func silencesInPlaceWithAReason() throws {
    let entry = "pki/roles/r: {allow_any_name: true, max_ttl: 1h"
    let silenced = try Self.project(entry + ", lint: {pki-any-name: \"inside the cluster only\"}}")
    let findings = Lint(silenced).findings
    #expect(findings.map(\.reason) == ["inside the cluster only"])
    #expect(Lint(silenced).problems.isEmpty)
    let open = try Self.project(entry + "}")
    #expect(Lint(open).problems.map(\.isWarning) == [true])
    #expect(silenced.schema.content(in: "") == open.schema.content(in: ""))
  }

  @Test(arguments: [
    "lint: [pki-any-name]", "lint: {pki-any-name: }", "lint: {pki-any-name: \" \"}", "lint: why",
  ])
  func asksForAReason(_ lint: String) throws {
    #expect(throws: Problems.self) { try Self.project("pki/roles/r:\n  allow_any_name: true\n  \(lint)") }
  }

  /// Every rule has cases here and a section in the manual.
  @Test func explainsEveryRule() throws {
    let page = String(
      decoding: try Data(contentsOf: URL(filePath: "\(packageRoot)/docs/lint.md")),
      as: UTF8.self
    )
    let sections = page.split(separator: "\n## ").dropFirst()
    #expect(sections.map { String($0.prefix { $0 != "\n" }) } == LintRule.all.map(\.name))
    for (section, rule) in zip(sections, LintRule.all) {
      #expect(
        section.lowercased().contains("\n\(rule.severity.rawValue)"),
        "\(rule.name) says how grave it is"
      )
      #expect(
        rule.name.hasPrefix("lint-") || section.contains("# bad") && section.contains("# good"),
        "\(rule.name)"
      )
      #expect(Self.cases.contains { $0.rule == rule.name }, "\(rule.name) is not tested")
    }
  }

  /// What references stand for, nobody knows here.
  @Test func takesReferencesForAnything() throws {
    let text = "path \"secret/${TEAM}\" { capabilities = ${CAPABILITIES} }"
    let found = try Self.findings(
      "sys/policies/acl/p:\n  policy: '\(text)'\nauth/approle/role/r: {token_max_ttl: \"${T}\", token_bound_cidrs: \"${C}\"}"
    )
    #expect(found.map(\.rule.name) == ["role-default-policy"])
  }

  // MARK: - Making projects

  private static func findings(_ state: String) throws -> [Lint.Finding] { Lint(try project(state)).findings }

  private static func project(_ state: String) throws -> Project {
    let lines = state.split(separator: "\n").map { "  \($0)\n" }.joined()
    let config = "project: p\nenvironments: {prod: {protect: true, address: \"https://v\"}}\n"
    return try Project.read(
      from: MemorySource(files: [
        "config.yaml": Array(config.utf8), "schema.yaml": Array("desired_state:\n\(lines)".utf8),
      ])
    )
  }

  private static func policy(_ name: String, _ bad: String, _ good: String) -> Case {
    func entry(_ text: String) -> String {
      "sys/policies/acl/p:\n  policy: |\n" + text.split(separator: "\n").map { "    \($0)\n" }.joined()
    }
    return Case(rule: name, bad: entry(bad), good: entry(good))
  }

  private static func role(_ name: String, _ path: String, _ bad: String, _ good: String) -> Case {
    func entry(_ fields: String) -> String { "\(path): " + (fields.hasPrefix("{") ? fields : "{\(fields)}") }
    return Case(rule: name, bad: entry(bad), good: entry(good))
  }

  private static func rule(_ path: String, _ capabilities: String...) -> String {
    "path \"\(path)\" { capabilities = [\(capabilities.map { "\"\($0)\"" }.joined(separator: ", "))] }\n"
  }
}
