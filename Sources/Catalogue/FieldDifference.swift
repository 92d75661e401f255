package import Values

/// One field that is not as expected.
package struct FieldDifference: Hashable, Sendable {
  /// What became of a field.
  package enum Change: Hashable, Sendable {
    case changed
    /// Was not there when it was recorded: somebody set it, or a newer server shows more.
    case appeared
    /// Was recorded, and is gone.
    case vanished
  }

  /// The field; inside a map the keys joined with dots, `config.max_lease_ttl`.
  package let name: String
  /// What was declared or recorded; `nil` for a field that appeared.
  package let expected: Value?
  /// What the server has; `nil` for a field that is not there.
  package let live: Value?
  /// What became of it.
  package let change: Change

  init(name: String, expected: Value?, live: Value?, isSecret: Bool) {
    self.name = name
    let isSecret = isSecret || expected?.holdsSecret == true
    self.expected = isSecret ? expected?.concealed : expected
    self.live = isSecret ? live?.concealed : live
    change = expected == nil ? .appeared : live == nil ? .vanished : .changed
  }

  /// Whether the values are masked wherever they are shown.
  package var isSensitive: Bool {
    expected?.holdsSecret == true || live?.holdsSecret == true
  }
}
