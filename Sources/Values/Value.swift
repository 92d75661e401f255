/// The plain tree that YAML files, JSON answers, schema entries, tasks and recorded state all share.
///
/// Object keys have no order of their own: every writer sorts them, so equal values give equal bytes.
package enum Value: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Number)
  case string(String)
  /// A string that must never be shown or stored; see ``Secret``.
  case secret(Secret)
  case array([Value])
  case object([String: Value])
}

/// A JSON number, kept as its text, so that neither large integers nor `1.10` are rounded.
package struct Number: Hashable, Sendable, CustomStringConvertible {
  /// The number as JSON text, for example `3600` or `1.10`.
  package let text: String

  /// Wraps text that is already known to be a JSON number.
  package init(text: String) {
    self.text = text
  }

  package init(_ integer: Int) {
    text = String(integer)
  }

  /// The number as an `Int`, or `nil` if it has a fraction, an exponent, or does not fit.
  package var integer: Int? { Int(text) }

  package var description: String { text }
}

// MARK: - Literals

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int) { self = .number(Number(value)) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(arrayLiteral elements: Value...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, Value)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { $1 }))
  }
}

// MARK: - Looking inside

extension Value {
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  package var bool: Bool? {
    if case .bool(let flag) = self { flag } else { nil }
  }

  package var integer: Int? {
    if case .number(let number) = self { number.integer } else { nil }
  }

  package var array: [Value]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  package var object: [String: Value]? {
    if case .object(let members) = self { members } else { nil }
  }

  /// The member of an object; `nil` for a missing key or any other kind of value.
  package subscript(key: String) -> Value? {
    object?[key]
  }

  /// What kind of value this is, in words fit for an error message.
  package var kind: String {
    switch self {
    case .null: "nothing"
    case .bool: "a boolean"
    case .number: "a number"
    case .string, .secret: "a string"
    case .array: "a list"
    case .object: "a map"
    }
  }

  /// Null, `""`, `[]` and `{}`: servers do not tell them apart.
  package var isEmpty: Bool {
    switch self {
    case .null: true
    case .string(let text): text.isEmpty
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    case .bool, .number, .secret: false
    }
  }

  /// The same tree with every leaf (anything but a list or a map) replaced.
  ///
  /// - Parameter transform: Gets the leaf and its path of keys; list elements use their index as key.
  /// - Returns: The new tree.
  /// - Throws: What `transform` throws, at once.
  package func mapLeaves<E: Error>(
    _ transform: (Value, [String]) throws(E) -> Value
  ) throws(E) -> Value {
    try mapLeaves(below: [], transform)
  }

  private func mapLeaves<E: Error>(
    below keys: [String],
    _ transform: (Value, [String]) throws(E) -> Value
  ) throws(E) -> Value {
    switch self {
    case .array(let elements):
      var mapped: [Value] = []
      mapped.reserveCapacity(elements.count)
      for (index, element) in elements.enumerated() {
        mapped.append(try element.mapLeaves(below: keys + [String(index)], transform))
      }
      return .array(mapped)
    case .object(let members):
      var mapped: [String: Value] = [:]
      mapped.reserveCapacity(members.count)
      for (key, member) in members {
        mapped[key] = try member.mapLeaves(below: keys + [key], transform)
      }
      return .object(mapped)
    default:
      return try transform(self, keys)
    }
  }

  /// Hands over every leaf (anything but a list or a map) with its path of keys, as in ``mapLeaves(_:)``.
  package func forEachLeaf<E: Error>(_ body: (Value, [String]) throws(E) -> Void) throws(E) {
    var keys: [String] = []
    try forEachLeaf(below: &keys, body)
  }

  private func forEachLeaf<E: Error>(
    below keys: inout [String],
    _ body: (Value, [String]) throws(E) -> Void
  ) throws(E) {
    switch self {
    case .array(let elements):
      for (index, element) in elements.enumerated() {
        keys.append(String(index))
        try element.forEachLeaf(below: &keys, body)
        keys.removeLast()
      }
    case .object(let members):
      for (key, member) in members {
        keys.append(key)
        try member.forEachLeaf(below: &keys, body)
        keys.removeLast()
      }
    default: try body(self, keys)
    }
  }

  /// Whether any leaf is null.
  package var holdsNull: Bool {
    switch self {
    case .null: true
    case .array(let elements): elements.contains(where: \.holdsNull)
    case .object(let members): members.values.contains(where: \.holdsNull)
    default: false
    }
  }

  /// Whether any leaf is a ``Secret``.
  package var holdsSecret: Bool {
    switch self {
    case .secret: true
    case .array(let elements): elements.contains(where: \.holdsSecret)
    case .object(let members): members.values.contains(where: \.holdsSecret)
    default: false
    }
  }
}

extension [String: Value] {
  /// The members as every writer orders them: by the Unicode scalars of their keys.
  package var sortedByKey: [(key: String, value: Value)] {
    // The bytes of UTF-8 have the order of the scalars; `<` would compare normal forms.
    sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }
}
