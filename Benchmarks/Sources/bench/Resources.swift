/// A server's configuration of any size: as many policies as AppRole roles, each pair for one application.
struct Resources {
  /// How many of each kind there are.
  let policies: Int
  let roles: Int

  /// Half of them policies, half of them roles.
  init(_ count: Int) {
    policies = count / 2
    roles = count / 2
  }

  init(policies: Int, roles: Int) {
    self.policies = policies
    self.roles = roles
  }

  var count: Int { policies + roles }

  /// Raised with every change of what is generated, because projects made of it are kept.
  static let version = 1

  static func name(_ index: Int) -> String {
    let digits = String(index)
    return "app-" + String(repeating: "0", count: 6 - digits.count) + digits
  }

  /// About 250 bytes.
  private static func policy(_ index: Int) -> [String] {
    let home = "team-\(index % 100)/\(name(index))"
    return [
      "path \"secret/data/\(home)/*\" { capabilities = [\"create\", \"read\", \"update\"] }",
      "path \"secret/metadata/\(home)/*\" { capabilities = [\"list\", \"read\"] }",
      "path \"transit/encrypt/\(name(index))\" { capabilities = [\"update\"] }",
      "path \"auth/token/renew-self\" { capabilities = [\"update\"] }",
    ]
  }

  private static let limits = [
    ("token_ttl", "20m", 1_200), ("token_max_ttl", "1h", 3_600), ("token_num_uses", "0", 0),
    ("secret_id_ttl", "24h", 86_400), ("secret_id_num_uses", "40", 40),
  ]

  // MARK: - For the tool

  /// The schema's files by name: one, or folders of parts.
  func schema(files: Int) -> [(name: String, text: String)] {
    let method = "desired_state:\n  auth/approle:\n    type: approle\n"
    let applications = max(policies, roles)
    if files == 1 { return [("schema.yaml", method + entries(0..<applications))] }
    let size = (applications + files - 1) / files
    var parts = [("schema/auth.yaml", method)]
    for part in 0..<files {
      let range = (part * size..<(part + 1) * size).clamped(to: 0..<applications)
      if !range.isEmpty { parts.append(("schema/part-\(part).yaml", "desired_state:\n" + entries(range))) }
    }
    return parts
  }

  private func entries(_ range: Range<Int>) -> String {
    var text = ""
    for index in range {
      if index < policies {
        text += "  sys/policies/acl/\(Self.name(index)):\n    policy: |\n"
        for line in Self.policy(index) { text += "      \(line)\n" }
      }
      if index < roles {
        text += "  auth/approle/role/\(Self.name(index)):\n    token_policies: [\(Self.name(index))]\n"
        for (field, value, _) in Self.limits { text += "    \(field): \(value)\n" }
        text += "    bind_secret_id: true\n    token_no_default_policy: true\n"
      }
    }
    return text
  }

  // MARK: - For the reference

  /// One read of each.
  var reads: String { "GET sys/mounts\nGET sys/auth\n" + policyReads + roleReads }

  /// What gives the same answer with the fewest requests: one list has all policies with their texts.
  var fewestReads: String { "GET sys/mounts\nGET sys/auth\nLIST sys/policies/detailed/acl\n" + roleReads }

  /// Everything written on an empty server, then one read of each.
  var writesAndReads: String {
    var text = "POST sys/auth/approle {\"type\":\"approle\"}\n--\n"
    for index in 0..<policies {
      let rules = Self.policy(index).map { $0.replacing("\"", with: "\\\"") + "\\n" }.joined()
      text += "POST sys/policies/acl/\(Self.name(index)) {\"policy\":\"\(rules)\"}\n"
    }
    let limits = Self.limits.map { "\"\($0.0)\":\($0.2)" }.joined(separator: ",")
    for index in 0..<roles {
      text +=
        "POST auth/approle/role/\(Self.name(index)) {\"token_policies\":[\"\(Self.name(index))\"],\(limits),"
      text += "\"bind_secret_id\":true,\"token_no_default_policy\":true}\n"
    }
    return text + "--\n" + policyReads + roleReads
  }

  private var policyReads: String {
    (0..<policies).map { "GET sys/policies/acl/\(Self.name($0))\n" }.joined()
  }

  private var roleReads: String {
    (0..<roles).map { "GET auth/approle/role/\(Self.name($0))\n" }.joined()
  }
}
