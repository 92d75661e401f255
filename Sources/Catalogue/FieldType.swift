package import Values

/// The type of a field, as servers tell it.
package enum FieldType: String, Hashable, Sendable, CaseIterable {
  /// The servers do not tell.
  case any
  case boolean
  case duration
  case integer
  /// A duration, or `system` for what the server is configured to.
  case lease
  case list
  case map
  case number
  /// A map of texts, or a list of `key=value`.
  case pairs
  case string

  /// The type in words, for example "a duration such as 1h30m".
  package var description: String {
    switch self {
    case .any: "anything"
    case .boolean: "true or false"
    case .duration: "a duration such as 1h30m, 7d or 90"
    case .integer: "a whole number"
    case .lease: "a duration such as 1h30m, 7d or 90, or system"
    case .list: "a list"
    case .map: "a map"
    case .number: "a number"
    case .pairs: "a map of texts"
    case .string: "a text"
    }
  }
}

// MARK: - What servers take

extension FieldType {
  /// Whether a server takes a value for a field of this type.
  ///
  /// Servers are lenient: numbers and switches may be written as text, texts as numbers, one element instead
  /// of a list.
  ///
  /// - Parameters:
  ///   - value: As the schema has it.
  ///   - isUnknown: Whether a text is a reference, of which nobody knows yet what it stands for.
  /// - Returns: `true` also where nobody can tell.
  package func accepts(_ value: Value, isUnknown: (String) -> Bool) -> Bool {
    if let text = value.string, isUnknown(text) { return true }
    switch (self, value) {
    case (.any, _), (_, .secret), (_, .null): return true
    case (.list, .array(let elements)): return elements.allSatisfy(Self.isScalar)
    case (.map, .array(let elements)): return elements.allSatisfy { $0.object != nil }
    case (.map, .object): return true
    case (.pairs, .object(let members)): return members.values.allSatisfy(Self.isScalar)
    case (.pairs, .array(let elements)):
      return elements.allSatisfy { isUnknown($0.string ?? "") || Self.isPair($0) }
    case (.pairs, .string): return Self.isPair(value)
    case (_, .array), (_, .object), (.map, _), (.pairs, _): return false
    default: return accepts(scalar: value)
    }
  }

  private func accepts(scalar value: Value) -> Bool {
    let text = value.text ?? ""
    switch self {
    case .boolean: return text.isEmpty || Self.switches.contains(text)
    // A switch counts as 0 or 1.
    case .integer: return text.isEmpty || value.bool != nil || Self.isWhole(text)
    case .number: return text.isEmpty || value.bool != nil || Double(text) != nil
    case .duration, .lease:
      if value.bool != nil { return false }
      if self == .lease, text == "system" { return true }
      return Duration.seconds(from: text.hasPrefix("-") ? String(text.dropFirst()) : text) != nil
    case .any, .list, .map, .pairs, .string: return true
    }
  }

  private static let switches: Set<String> = [
    "1", "t", "T", "true", "TRUE", "True", "0", "f", "F", "false", "FALSE", "False",
  ]

  private static func isWhole(_ text: String) -> Bool {
    let digits = text.first.map { "+-".contains($0) } == true ? text.dropFirst() : text[...]
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") { return Int(digits.dropFirst(2), radix: 16) != nil }
    return !digits.isEmpty && digits.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
  }

  private static func isScalar(_ value: Value) -> Bool {
    value.array == nil && value.object == nil
  }

  private static func isPair(_ value: Value) -> Bool {
    value.string?.contains("=") ?? false
  }
}
