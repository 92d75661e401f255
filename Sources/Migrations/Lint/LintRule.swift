/// One thing that `lint` looks for; `docs/lint.md` has a section about each.
package struct LintRule: Hashable, Sendable {
  package enum Severity: String, Hashable, Sendable, CaseIterable {
    /// Servers refuse it, or it does not do what it says.
    case error
    /// It is most likely not what was meant, or dangerous.
    case warning
    /// Worth knowing; `validate` does not mention it.
    case note
  }

  package let name: String
  package let severity: Severity
  package let summary: String

  init(_ name: String, _ severity: Severity, _ summary: String) {
    self.name = name
    self.severity = severity
    self.summary = summary
  }

  /// Where it is explained.
  package var page: String { "docs/lint.md#\(name)" }

  package static let all: [LintRule] = [
    LintRule("policy-syntax", .error, "the text of a policy that servers refuse"),
    LintRule("policy-vault-only", .note, "a capability that OpenBao does not know"),
    LintRule(
      "policy-unreachable",
      .warning,
      "a rule whose paths another rule of the policy always decides about"
    ),
    LintRule("policy-duplicate-path", .note, "a path that several blocks of a policy are about"),
    LintRule("policy-no-capabilities", .warning, "a block that grants nothing"),
    LintRule("policy-deny-not-alone", .warning, "capabilities beside deny, which takes them all away"),
    LintRule("policy-deny-overruled", .note, "a deny that a more specific rule of the policy overrules"),
    LintRule("policy-deny-useless", .note, "a deny where no declared policy grants anything"),
    LintRule("policy-glob-inside", .warning, "a * or + where it stands for nothing but itself"),
    LintRule("policy-sudo-glob", .warning, "sudo on all paths that begin alike"),
    LintRule("policy-everything", .warning, "a rule about every path"),
    LintRule("policy-kv2-path", .warning, "a path in KV v2 without data/ or metadata/"),
    LintRule("policy-kv2-list", .note, "list below data/ of KV v2, where nothing is listed"),
    LintRule("policy-unknown-mount", .note, "a path in no declared mount"),
    LintRule("role-root-policy", .error, "a role whose tokens are to have the policy root"),
    LintRule("role-default-policy", .note, "a role whose tokens have the policy default as well"),
    LintRule(
      "role-no-max-ttl",
      .note,
      "a role whose tokens, logins or certificates live as long as the mount lets them"
    ),
    LintRule("role-renewed-forever", .warning, "a role whose tokens can be renewed without end"),
    LintRule(
      "approle-no-cidrs",
      .warning,
      "an AppRole that anybody from anywhere can use, where the environment is protected"
    ),
    LintRule("approle-no-secret-id", .warning, "an AppRole that asks for neither secret nor address"),
    LintRule("jwt-unbound", .warning, "a JWT role that takes every token of the issuer"),
    LintRule("kubernetes-any-account", .warning, "a role that every service account can use"),
    LintRule("pki-any-name", .warning, "a PKI role that signs certificates for any name"),
    LintRule("ssh-any-user", .warning, "an SSH role that signs certificates for any user"),
    LintRule("lint-unknown-rule", .warning, "lint: of an entry names a rule that does not exist"),
    LintRule("lint-nothing-silenced", .warning, "lint: of an entry silences what is not found any more"),
  ]

  /// The rule of a name.
  package static func named(_ name: String) -> LintRule? { all.first { $0.name == name } }
}
