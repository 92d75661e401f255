import Catalogue
import Values

/// The rules of one ACL policy, as its text says them.
package struct PolicyText: Sendable {
  /// One `path` block.
  package struct Rule: Sendable, Hashable {
    /// As written, without a slash in front.
    package let path: String
    /// As written; `deny` among them takes all others away.
    package let capabilities: [String]
    package let place: TextPlace
    /// Whether parameters or wrapping decide as well.
    package let hasConditions: Bool
    /// When it stops to count; such a rule is left out of what is judged here.
    package let expiration: String?

    package init(
      path: String,
      capabilities: [String],
      place: TextPlace = TextPlace(line: 1, column: 1),
      hasConditions: Bool = false,
      expiration: String? = nil
    ) {
      self.path = path
      self.capabilities = capabilities
      self.place = place
      self.hasConditions = hasConditions
      self.expiration = expiration
    }

    /// What it grants: `deny` alone, if that is among them.
    package var granted: Set<String> {
      capabilities.contains("deny") ? ["deny"] : Set(capabilities)
    }
  }

  package let rules: [Rule]

  /// The capabilities that servers know; the last two only HashiCorp Vault.
  package static let capabilities: Set<String> = [
    "create", "read", "update", "delete", "list", "sudo", "deny", "patch", "scan", "subscribe", "recover",
  ]

  static let vaultOnly: Set<String> = ["subscribe", "recover"]

  /// Reads HCL, or JSON that begins with a brace, as servers do.
  ///
  /// - Throws: ``PolicyTextError`` for what servers refuse.
  package init(_ text: String) throws(PolicyTextError) {
    let isJSON = text.utf8.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: "{")
    rules = try isJSON ? PolicyJSON.rules(of: text) : Self.rules(of: try HCLParser.items(of: text))
  }

  static func rules(of items: [HCLParser.Item]) throws(PolicyTextError) -> [Rule] {
    var rules: [Rule] = []
    for item in items {
      let head = item.keys[0]
      switch (head.text, item.value) {
      case ("path", .object(let members)):
        let label = item.keys.count > 1 ? item.keys[1] : head
        rules.append(try rule(label.text, members, at: label.place))
      case ("path", _):
        throw PolicyTextError(message: "path is a block: path \"…\" { … }", place: head.place)
      case ("name", .string), ("name", .number): continue
      default:
        throw PolicyTextError(
          message: "unknown key \"\(head.text)\"; only path blocks stand here",
          place: head.place
        )
      }
    }
    return rules
  }

  /// One block, from its path and its members.
  static func rule(
    _ path: String,
    _ members: [HCLParser.Item],
    at place: TextPlace
  ) throws(PolicyTextError) -> Rule {
    var reader = RuleReader(place: place)
    for member in members { try reader.take(member) }
    return try reader.rule(path)
  }
}

/// Reads the members of a `path` block.
private struct RuleReader {
  let place: TextPlace
  private var capabilities: [(name: String, place: TextPlace)] = []
  private var shorthand: String?
  private var wrapping: [String: Int] = [:]
  private var hasConditions = false
  private var filtersLists = false
  private var expiration: String?

  init(place: TextPlace) { self.place = place }

  mutating func take(_ member: HCLParser.Item) throws(PolicyTextError) {
    let key = member.keys[0]
    switch key.text {
    case "capabilities": capabilities += try texts(of: member.value, key)
    case "policy": shorthand = try text(of: member.value, key)
    case "required_parameters", "mfa_methods":
      _ = try texts(of: member.value, key)
      hasConditions = true
    case "allowed_parameters", "denied_parameters":
      try checkParameters(member, key)
      hasConditions = true
    case "min_wrapping_ttl", "max_wrapping_ttl":
      wrapping[key.text] = try seconds(of: member.value, key)
      hasConditions = true
    case "comment": return
    case "expiration": expiration = try text(of: member.value, key)
    case "list_scan_response_keys_filter_path":
      filtersLists = try !text(of: member.value, key).isEmpty
    case "pagination_limit":
      guard case .number(let text) = member.value, Int(text) != nil else {
        throw PolicyTextError(message: "\(key.text) is a number", place: key.place)
      }
    // What these hold, only some servers know.
    case "control_group", "subscribe_event_types": hasConditions = true
    default: throw PolicyTextError(message: "unknown key \"\(key.text)\"", place: key.place)
    }
  }

  func rule(_ path: String) throws(PolicyTextError) -> PolicyText.Rule {
    var names = capabilities.map(\.name)
    if let shorthand {
      guard let meant = Self.shorthands[shorthand] else {
        throw PolicyTextError(message: "policy is one of deny, read, write, sudo", place: place)
      }
      names = shorthand == "deny" ? meant : names + meant
    } else {
      try checkNames()
    }
    let path = path.utf8.first == UInt8(ascii: "/") ? String(Substring(path.utf8.dropFirst())) : path
    if path.contains("+*") {
      throw PolicyTextError(message: "\"+*\" in \(path), which servers refuse", place: place)
    }
    if let least = wrapping["min_wrapping_ttl"], let most = wrapping["max_wrapping_ttl"], least != 0,
      most != 0,
      most < least
    {
      throw PolicyTextError(message: "max_wrapping_ttl is less than min_wrapping_ttl", place: place)
    }
    if filtersLists, !names.contains("list"), !names.contains("scan") {
      throw PolicyTextError(
        message: "list_scan_response_keys_filter_path needs the capability list",
        place: place
      )
    }
    return PolicyText.Rule(
      path: path,
      capabilities: names,
      place: place,
      hasConditions: hasConditions,
      expiration: expiration
    )
  }

  private static let shorthands: [String: [String]] = [
    "deny": ["deny"], "read": ["read", "list"], "write": ["create", "read", "update", "delete", "list"],
    "sudo": ["create", "read", "update", "delete", "list", "sudo"],
  ]

  /// Behind `deny` servers look at nothing any more.
  private func checkNames() throws(PolicyTextError) {
    for (name, place) in capabilities {
      if name == "deny" { return }
      if !PolicyText.capabilities.contains(name) {
        throw PolicyTextError(message: "unknown capability \"\(name)\"", place: place)
      }
    }
  }

  private func text(
    of value: HCLParser.Expression,
    _ key: HCLParser.Item.Key
  ) throws(PolicyTextError) -> String {
    switch value {
    case .string(let text), .number(let text): return text
    default: throw PolicyTextError(message: "\(key.text) is a text", place: key.place)
    }
  }

  private func texts(
    of value: HCLParser.Expression,
    _ key: HCLParser.Item.Key
  ) throws(PolicyTextError) -> [(name: String, place: TextPlace)] {
    guard case .list(let elements) = value else {
      throw PolicyTextError(message: "\(key.text) is a list: \(key.text) = [\"…\"]", place: key.place)
    }
    var texts: [(name: String, place: TextPlace)] = []
    for element in elements { texts.append((try text(of: element.value, key), element.place)) }
    return texts
  }

  private func checkParameters(
    _ member: HCLParser.Item,
    _ key: HCLParser.Item.Key
  ) throws(PolicyTextError) {
    guard case .object(let parameters) = member.value else {
      throw PolicyTextError(message: "\(key.text) is a map of lists", place: key.place)
    }
    for parameter in parameters {
      guard case .list = parameter.value else {
        throw PolicyTextError(
          message: "\(parameter.keys[0].text) in \(key.text) is a list",
          place: parameter.keys[0].place
        )
      }
    }
  }

  private func seconds(
    of value: HCLParser.Expression,
    _ key: HCLParser.Item.Key
  ) throws(PolicyTextError) -> Int {
    let text = try text(of: value, key)
    let isNegative = text.hasPrefix("-")
    guard let seconds = Duration.seconds(from: isNegative ? String(text.dropFirst()) : text) else {
      throw PolicyTextError(message: "\(key.text) is a duration such as \"1h\"", place: key.place)
    }
    return isNegative ? -seconds : seconds
  }
}

/// Policies that are written as JSON.
private enum PolicyJSON {
  static func rules(of text: String) throws(PolicyTextError) -> [PolicyText.Rule] {
    let start = TextPlace(line: 1, column: 1)
    let document: Value
    do {
      document = try JSON.parse(Array(text.utf8))
    } catch {
      throw PolicyTextError(message: "it is not JSON: \(error)", place: start)
    }
    var rules: [PolicyText.Rule] = []
    for (key, value) in (document.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      if key == "name", value.string != nil { continue }
      guard key == "path" else {
        throw PolicyTextError(message: "unknown key \"\(key)\"; only path stands here", place: start)
      }
      for blocks in value.array ?? [value] {
        guard let blocks = blocks.object else {
          throw PolicyTextError(message: "path is a map of blocks", place: start)
        }
        for (path, block) in blocks.sorted(by: { $0.key < $1.key }) {
          for block in block.array ?? [block] {
            guard let members = block.object else {
              throw PolicyTextError(message: "the block of \(path) is a map", place: start)
            }
            rules.append(try PolicyText.rule(path, items(members), at: start))
          }
        }
      }
    }
    return rules
  }

  private static func items(_ members: [String: Value]) -> [HCLParser.Item] {
    members.sorted { $0.key < $1.key }.map { key, value in
      let place = TextPlace(line: 1, column: 1)
      return HCLParser.Item(keys: [HCLParser.Item.Key(text: key, place: place)], value: expression(value))
    }
  }

  private static func expression(_ value: Value) -> HCLParser.Expression {
    switch value {
    case .null: .string("")
    case .bool(let flag): .bool(flag)
    case .number(let number): .number(number.text)
    case .string(let text): .string(text)
    case .secret: .string(Secret.mask)
    case .array(let elements):
      .list(elements.map { (expression($0), TextPlace(line: 1, column: 1)) })
    case .object(let members): .object(items(members))
    }
  }
}
