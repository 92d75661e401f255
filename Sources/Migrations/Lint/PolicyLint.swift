import Catalogue
import Values

/// Finds rules of policies that do not do what they seem to.
struct PolicyLint {
  private struct Policy {
    let rules: [PolicyText.Rule]
    let patterns: [PolicyPattern]

    init(_ text: PolicyText) {
      rules = text.rules
      patterns = text.rules.map { PolicyPattern($0.path) }
    }
  }

  private let schema: Schema
  private let mounts: MountTable
  /// All policies that can be read, by namespace.
  private var policies: [String: [Policy]] = [:]
  /// Where mounts hold their content, by namespace.
  private var prefixes: [String: [String]] = [:]

  init(_ schema: Schema) {
    self.schema = schema
    mounts = schema.mounts
    for (path, declaration) in schema.declarations {
      if let prefix = path.contentPrefix, path.isMount || path.isAuthMethod {
        prefixes[path.namespace, default: []].append(prefix)
      }
      guard let text = Self.text(of: declaration, at: path), let read = try? PolicyText(text) else {
        continue
      }
      policies[path.namespace, default: []].append(Policy(read))
    }
  }

  private static func text(of declaration: Schema.Declaration, at path: VaultPath) -> String? {
    guard path.path.hasPrefix("sys/policies/acl/"), let text = declaration.value["policy"]?.string else {
      return nil
    }
    return isEncoded(text) ? nil : text
  }

  /// Servers take base64 too; nobody can judge that by looking.
  private static func isEncoded(_ text: String) -> Bool {
    text.utf8.count % 4 == 0
      && text.utf8.allSatisfy {
        $0 > 0x2A && $0 != 0x2D && $0 != 0x2E && $0 < 0x7B && $0 != 0x5B && $0 != 0x5D
      }
  }

  func complaints(about path: VaultPath, _ declaration: Schema.Declaration) -> [Lint.Complaint] {
    guard let text = Self.text(of: declaration, at: path) else { return [] }
    do throws(PolicyTextError) {
      let policy = Policy(try PolicyText(text))
      let isText = declaration.places["policy"] != nil
      return policy.rules.indices.flatMap { index in
        let rule = policy.rules[index]
        let name = isText ? "\(path), line \(rule.place.line): \"\(rule.path)\"" : "\(path): \"\(rule.path)\""
        return aloneComplaints(rule, name) + complaints(rule, name, policy, index)
          + mountComplaints(rule, name, path.namespace)
          + denyComplaints(rule, policy.patterns[index], name, path.namespace)
      }.map { complaint in
        var complaint = complaint
        complaint.field = isText ? "policy" : "policies"
        return complaint
      }
    } catch {
      // What a reference stands for may be what is missing.
      if text.contains("${") { return [] }
      return [
        Lint.Complaint(
          rule: "policy-syntax",
          message:
            "the policy \(path) is refused by servers: \(error.message) (line \(error.place) of its text)",
          hint: "mend its text; \"bao policy fmt\" shows the form",
          field: declaration.places["policy"] != nil ? "policy" : "policies"
        )
      ]
    }
  }

  // MARK: - A rule for itself

  private func aloneComplaints(_ rule: PolicyText.Rule, _ name: String) -> [Lint.Complaint] {
    var found: [Lint.Complaint] = []
    func complain(_ rule: String, _ message: String, _ hint: String) {
      found.append(Lint.Complaint(rule: rule, message: message, hint: hint))
    }
    let pattern = PolicyPattern(rule.path)
    if rule.capabilities.isEmpty {
      complain("policy-no-capabilities", "\(name) grants nothing", "add capabilities, or say deny")
    }
    if rule.capabilities.contains("deny"), Set(rule.capabilities).count > 1 {
      let others = Set(rule.capabilities).subtracting(["deny"]).sorted().joined(separator: ", ")
      complain(
        "policy-deny-not-alone",
        "\(name) has deny, so that \(others) count for nothing",
        "keep one of the two"
      )
    }
    let unknown = PolicyText.vaultOnly.intersection(rule.capabilities).sorted()
    if !unknown.isEmpty {
      complain(
        "policy-vault-only",
        "\(name) has \(unknown.joined(separator: ", ")), for which OpenBao refuses the whole policy",
        "leave it out where the server is OpenBao"
      )
    }
    let body = rule.path.hasSuffix("*") ? rule.path.dropLast() : rule.path[...]
    let isPartial = body.split(separator: "/").contains { $0 != "+" && $0.contains("+") }
    if body.contains("*") || isPartial {
      complain(
        "policy-glob-inside",
        "\(name) has \(body.contains("*") ? "a * before its end" : "a + that is not a whole segment"), which matches nothing but itself",
        "+ stands for one whole segment, * for anything at the very end"
      )
    }
    if rule.granted.contains("sudo"), pattern.isOpen {
      complain(
        "policy-sudo-glob",
        "\(name) grants sudo on every path that begins like this",
        "name the paths that need sudo, such as sys/auth/+/tune"
      )
    }
    if ["*", "+/*"].contains(rule.path), rule.granted != ["deny"], !rule.capabilities.isEmpty {
      complain("policy-everything", "\(name) is about every path of the server", "name what is needed")
    }
    return found
  }

  // MARK: - Beside the others of its policy

  private func complaints(
    _ rule: PolicyText.Rule,
    _ name: String,
    _ policy: Policy,
    _ index: Int
  ) -> [Lint.Complaint] {
    let pattern = policy.patterns[index]
    var found: [Lint.Complaint] = []
    if let other = policy.patterns.indices.first(where: {
      policy.patterns[$0] != pattern && policy.patterns[$0].covers(pattern)
        && pattern.yields(to: policy.patterns[$0])
    }) {
      found.append(
        Lint.Complaint(
          rule: "policy-unreachable",
          message: "\(name) never decides: for all of its paths \"\(policy.rules[other].path)\" does",
          hint:
            "servers take the rule with more before its first + or *, then the one with fewer +; write out a segment"
        )
      )
    }
    if policy.patterns[..<index].contains(pattern) {
      found.append(
        Lint.Complaint(
          rule: "policy-duplicate-path",
          message: "\(name) is there more than once; servers put their capabilities together",
          hint: "write one block"
        )
      )
    }
    if rule.granted == ["deny"],
      let other = policy.patterns.indices.first(where: {
        policy.rules[$0].granted != ["deny"] && policy.patterns[$0] != pattern
          && pattern.covers(policy.patterns[$0]) && pattern.yields(to: policy.patterns[$0])
      })
    {
      found.append(
        Lint.Complaint(
          rule: "policy-deny-overruled",
          message:
            "\(name) denies, and \"\(policy.rules[other].path)\" grants inside of it, which counts more",
          hint: "if that is meant, silence this with the reason"
        )
      )
    }
    return found
  }

  private func denyComplaints(
    _ rule: PolicyText.Rule,
    _ pattern: PolicyPattern,
    _ name: String,
    _ namespace: String
  ) -> [Lint.Complaint] {
    guard rule.granted == ["deny"] else { return [] }
    let takesAway = (policies[namespace] ?? []).contains { policy in
      policy.patterns.indices.contains { index in
        policy.rules[index].granted != ["deny"] && policy.patterns[index].mayMeet(pattern)
      }
    }
    if takesAway { return [] }
    return [
      Lint.Complaint(
        rule: "policy-deny-useless",
        message: "\(name) denies what no declared policy grants; nothing is allowed that no rule grants",
        hint: "leave it out, unless another policy of the server grants it"
      )
    ]
  }

  // MARK: - Mounts

  private func mountComplaints(
    _ rule: PolicyText.Rule,
    _ name: String,
    _ namespace: String
  ) -> [Lint.Complaint] {
    let head = String(rule.path.prefix { $0 != "+" && $0 != "*" })
    let own = prefixes[namespace] ?? []
    if let prefix = own.first(where: { head.hasPrefix($0) }) {
      let type = mounts.mount(holding: VaultPath(prefix + "x", in: namespace))?.type
      return type == "kv-v2" ? secretComplaints(rule, name, prefix) : []
    }
    let first = head.split(separator: "/").first.map(String.init) ?? ""
    let isServers = ["sys", "identity", "cubbyhole", ""].contains(first) || head.hasPrefix("auth/token/")
    if own.isEmpty || isServers || first.contains("$") || first.contains("{") { return [] }
    if own.contains(where: { $0.hasPrefix(head) && head.count < rule.path.count }) { return [] }
    return [
      Lint.Complaint(
        rule: "policy-unknown-mount",
        message: "\(name) lies in no mount that the schema declares",
        hint: "mend the path, declare the mount, or silence this if others mount it"
      )
    ]
  }

  /// What lies in a KV v2 mount, and how it is asked for.
  private static let secretFolders = [
    "data", "metadata", "delete", "undelete", "destroy", "subkeys", "config",
  ]

  private func secretComplaints(_ rule: PolicyText.Rule, _ name: String, _ prefix: String) -> [Lint.Complaint]
  {
    let rest = rule.path.dropFirst(prefix.count)
    let folder = rest.prefix { $0 != "/" }
    if folder.isEmpty || folder == "+" || folder.contains("$") { return [] }
    let isKnown = Self.secretFolders.contains {
      folder.hasSuffix("*") ? $0.hasPrefix(folder.dropLast()) : $0 == folder
    }
    if !isKnown {
      return [
        Lint.Complaint(
          rule: "policy-kv2-path",
          message: "\(name) matches nothing: \(prefix) is KV v2, whose secrets lie below \(prefix)data/",
          hint: "write \(prefix)data/\(rest) to read and write, \(prefix)metadata/\(rest) to list"
        )
      ]
    }
    guard folder == "data", rule.granted.contains("list") else { return [] }
    return [
      Lint.Complaint(
        rule: "policy-kv2-list",
        message: "\(name) grants list, but KV v2 lists below \(prefix)metadata/",
        hint: "grant list on \(prefix)metadata\(rest.dropFirst(folder.count))"
      )
    ]
  }
}
