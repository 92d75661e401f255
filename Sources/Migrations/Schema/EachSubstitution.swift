import Configuration
import Values
import YAML

/// Puts an element of `for_each` in the place of `${each.key}`, `${each.value}` and `${each.value.FIELD}`.
///
/// This happens to the text, before references are read: `${id:identity/group/name/${each.key}}` works, and so does
/// `${PASSWORD_${each.key}}`. A `$${each.key}` stays literal text.
final class EachSubstitution {
  struct Each {
    let key: String?
    let value: Value
  }

  private let diagnostics: Diagnostics
  /// One mistake is told once, however many elements there are.
  private var reported: Set<String> = []

  init(_ diagnostics: Diagnostics) {
    self.diagnostics = diagnostics
  }

  /// What a value is as a part of a text; `nil` for lists and maps.
  static func text(_ value: Value) -> String? {
    switch value {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let flag): flag ? "true" : "false"
    default: nil
    }
  }

  /// The node for one element; `nil` after an error.
  func node(_ node: Node, _ each: Each) -> Node? {
    switch node.content {
    case .scalar(.string(let text)):
      guard text.holds("${each.") else { return node }
      if let name = Self.only(in: text) {
        return value(name, each, at: node.location).map { Node($0, at: node.location) }
      }
      return self.text(text, each, at: node.location).map { Node(.scalar(.string($0)), at: node.location) }
    case .scalar: return node
    case .sequence(let elements):
      let made = elements.compactMap { self.node($0, each) }
      return made.count == elements.count ? Node(.sequence(made), at: node.location) : nil
    case .mapping(let pairs):
      let made = pairs.compactMap { pair -> Node.Pair? in
        guard let key = self.text(pair.key, each, at: pair.keyLocation),
          let value = self.node(pair.value, each)
        else { return nil }
        return Node.Pair(key: key, keyLocation: pair.keyLocation, value: value)
      }
      return made.count == pairs.count ? Node(.mapping(made), at: node.location) : nil
    }
  }

  /// The text for one element; `nil` after an error.
  func text(_ text: String, _ each: Each, at location: SourceLocation) -> String? {
    var made = ""
    var rest = text[...]
    while let open = rest.firstRange(of: "${each.") {
      let before = rest[..<open.lowerBound]
      guard !before.hasSuffix("$"), let close = rest[open.upperBound...].firstIndex(of: "}") else {
        made += rest[..<open.upperBound]
        rest = rest[open.upperBound...]
        continue
      }
      let name = String(rest[open.upperBound..<close])
      guard let value = value(name, each, at: location) else { return nil }
      guard let part = Self.text(value) else {
        report(
          "${each.\(name)} is \(value.kind), and cannot become part of a text",
          at: location,
          hint: "use it alone as the value, or name one of its fields"
        )
        return nil
      }
      made += before + part
      rest = rest[rest.index(after: close)...]
    }
    return made + rest
  }

  /// The name, if a text is nothing but one reference to an element.
  private static func only(in text: String) -> String? {
    guard text.hasPrefix("${each."), text.firstIndex(of: "}") == text.indices.last else { return nil }
    return String(text.dropFirst("${each.".count).dropLast())
  }

  private func value(_ name: String, _ each: Each, at location: SourceLocation) -> Value? {
    if name == "key" {
      if let key = each.key { return .string(key) }
      report(
        "${each.key} is not known: an element of for_each is a map that has neither key nor name",
        at: location,
        hint: "give it one, or use ${each.value.FIELD}"
      )
      return nil
    }
    let fields = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard fields.first == "value" else {
      report(
        "${each.\(name)} is not known",
        at: location,
        hint: "there are ${each.key}, ${each.value} and ${each.value.FIELD}"
      )
      return nil
    }
    var value = each.value
    for field in fields.dropFirst() {
      guard let member = value[field] else {
        let element = each.key.map { " \"\($0)\"" } ?? ""
        let known = (value.object ?? [:]).keys.sorted()
        report(
          "the element\(element) of for_each has no \(field), which ${each.\(name)} names",
          at: location,
          hint: Suggestion.nearest(to: field, among: known).map { "did you mean \($0)?" }
            ?? "add it to the element in config.yaml"
        )
        return nil
      }
      value = member
    }
    return value
  }

  private func report(_ message: String, at location: SourceLocation, hint: String) {
    guard reported.insert("\(location) \(message)").inserted else { return }
    diagnostics.error(message, at: location, hint: hint)
  }
}

extension Node {
  /// A value that stands somewhere as a whole.
  fileprivate init(_ value: Value, at location: SourceLocation) {
    switch value {
    case .array(let elements): self.init(.sequence(elements.map { Node($0, at: location) }), at: location)
    case .object(let members):
      let pairs = members.sortedByKey.map { key, value in
        Node.Pair(key: key, keyLocation: location, value: Node(value, at: location))
      }
      self.init(.mapping(pairs), at: location)
    default: self.init(.scalar(value), at: location)
    }
  }
}
