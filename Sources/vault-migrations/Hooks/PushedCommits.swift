import Git

/// What git tells a hook on its standard input about references that move.
struct PushedReference: Hashable {
  /// The full name on the side that receives.
  let name: String
  /// What it shall be; `nil` when it is deleted.
  let new: ObjectID?
  /// What it was; `nil` when it is new.
  let old: ObjectID?

  /// The lines of pre-push: local name, local id, remote name, remote id.
  static func ofPush(_ text: String) -> [PushedReference] {
    lines(text, count: 4).map { PushedReference(name: $0[2], new: id($0[1]), old: id($0[3])) }
  }

  /// The lines of post-receive: old id, new id, name.
  static func ofReceive(_ text: String) -> [PushedReference] {
    lines(text, count: 3).map { PushedReference(name: $0[2], new: id($0[1]), old: id($0[0])) }
  }

  private static func lines(_ text: String, count: Int) -> [[String]] {
    text.split(whereSeparator: \.isNewline)
      .map { $0.split(separator: " ").map(String.init) }.filter { $0.count == count }
  }

  private static func id(_ text: String) -> ObjectID? {
    guard let id = ObjectID(text[...]), id != .zero else { return nil }
    return id
  }
}
