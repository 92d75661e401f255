package import Values

/// A part of a document that knows where it stands.
package struct Node: Sendable {
  package let location: SourceLocation
  package let content: Content
  /// Whether this is a scalar written without quotes, so that its type was taken from its text.
  package let isPlain: Bool

  package enum Content: Sendable {
    /// Null, a boolean, a number or a string.
    case scalar(Value)
    case sequence([Node])
    /// In the order of the document, no key twice.
    case mapping([Pair])
  }

  /// A key with its value.
  package struct Pair: Sendable {
    /// The text of the key as written, whatever type it would have as a value.
    package let key: String
    package let keyLocation: SourceLocation
    package let value: Node

    package init(key: String, keyLocation: SourceLocation, value: Node) {
      self.key = key
      self.keyLocation = keyLocation
      self.value = value
    }
  }

  package init(_ content: Content, at location: SourceLocation, isPlain: Bool = false) {
    self.content = content
    self.location = location
    self.isPlain = isPlain
  }
}

// MARK: - Looking inside

extension Node {
  /// The value of a key; `nil` for a missing key or anything but a map.
  package subscript(key: String) -> Node? {
    mapping?.first { $0.key == key }?.value
  }

  package var mapping: [Pair]? {
    if case .mapping(let pairs) = content { pairs } else { nil }
  }

  package var sequence: [Node]? {
    if case .sequence(let elements) = content { elements } else { nil }
  }

  /// The value of a scalar; `nil` for a list or a map.
  package var scalar: Value? {
    if case .scalar(let value) = content { value } else { nil }
  }

  package var string: String? { scalar?.string }
  package var bool: Bool? { scalar?.bool }
  package var integer: Int? { scalar?.integer }

  package var isNull: Bool { scalar == .null }

  /// The whole tree as a plain value, without locations.
  package var value: Value {
    switch content {
    case .scalar(let value): value
    case .sequence(let elements): .array(elements.map(\.value))
    case .mapping(let pairs):
      .object(Dictionary(pairs.map { ($0.key, $0.value.value) }, uniquingKeysWith: { $1 }))
    }
  }

  /// What kind of node this is, in words fit for an error message.
  package var kind: String {
    switch content {
    case .scalar(let value): value.kind
    case .sequence: "a list"
    case .mapping: "a map"
    }
  }
}
