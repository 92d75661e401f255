import Values

/// Writes policy rules as HCL, in the layout that `vault policy fmt` gives.
///
/// Source: the policy syntax of Vault, https://developer.hashicorp.com/vault/docs/concepts/policies
enum HCL {
  /// One labelled block: `path "secret/*" { … }`.
  static func block(_ name: String, label: String, _ members: [String: Value]) -> String {
    "\(name) \(quoted(label)) {\n\(body(members, indent: "  "))}\n"
  }

  private static func body(_ members: [String: Value], indent: String) -> String {
    // `capabilities` is what a reader looks for first.
    let rest = members.keys.filter { $0 != "capabilities" }.sorted()
    let keys = members["capabilities"] == nil ? rest : ["capabilities"] + rest
    return keys.map { "\(indent)\($0) = \(expression(members[$0] ?? .null, indent: indent))\n" }.joined()
  }

  private static func expression(_ value: Value, indent: String) -> String {
    switch value {
    case .null: return "\"\""
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let number): return number.text
    case .string(let text): return quoted(text)
    case .secret: return quoted(Secret.mask)
    case .array(let elements):
      return "[" + elements.map { expression($0, indent: indent) }.joined(separator: ", ") + "]"
    case .object(let members):
      let lines = members.keys.sorted().map {
        "\(indent)  \(quoted($0)) = \(expression(members[$0] ?? .null, indent: indent + "  "))\n"
      }
      return "{\n" + lines.joined() + indent + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
