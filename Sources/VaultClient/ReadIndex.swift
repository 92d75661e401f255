private import FoundationEssentials
private import Values

/// How far a node's storage must be for a read to see our own writes.
///
/// A standby answers reads itself, and nearly always without a write of a moment ago. With the index of that write
/// and leave to forward, it asks the active node where it has not caught up.
struct ReadIndex {
  /// What to send back, as it came.
  private(set) var newest: String?
  private var position = 0

  /// Takes in the index of a write's answer; answers overtake each other, so an older one changes nothing.
  mutating func saw(_ index: String) {
    guard index != newest else { return }
    // OpenBao's is JSON in base64; what cannot be read is taken to be newer.
    let decoded = Data(base64Encoded: index).flatMap { try? JSON.parse(Array($0)) }
    let value = decoded?["value"]?.string.flatMap { Int($0) }
    if let value, newest != nil, value < position { return }
    position = value ?? 0
    newest = index
  }
}
