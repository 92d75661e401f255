/// The path of an endpoint family, relative to its mount: `role/{role_name}`, `metadata/{path}`.
///
/// `{path}` stands for one segment or more, `{alias}` for `NAME@auth/MOUNT`, every other name in braces for exactly one
/// segment.
struct PathTemplate: Hashable, Sendable {
  enum Part: Hashable, Sendable {
    case literal(String)
    case segment(String)
    case rest(String)

    /// How much this says about a path: of two templates that match, the more specific one counts.
    var rank: Int {
      switch self {
      case .literal: 0
      case .segment: 1
      case .rest: 2
      }
    }
  }

  let text: String
  let parts: [Part]
  private let hasRest: Bool

  init(_ text: String) {
    self.text = text
    parts = text.split(separator: "/", omittingEmptySubsequences: false).map { part in
      guard part.hasPrefix("{"), part.hasSuffix("}") else { return .literal(String(part)) }
      let name = String(part.dropFirst().dropLast())
      return name == "path" || name == "alias" ? .rest(name) : .segment(name)
    }
    hasRest = parts.contains { $0.rank == 2 }
  }

  /// The text without the names of its placeholders: two of one shape match the same paths.
  var shape: String {
    parts.map { part in
      switch part {
      case .literal(let text): text
      case .segment: "{}"
      case .rest: "{path}"
      }
    }.joined(separator: "/")
  }

  /// What each placeholder stands for in a path, or `nil` if the path is of another family.
  ///
  /// What follows the one placeholder of several segments has a fixed number of them, so there is one way to match.
  func match(_ segments: [Substring]) -> [String: String]? {
    let rest = segments.count - parts.count
    guard hasRest ? rest >= 0 : rest == 0 else { return nil }
    var index = 0
    for part in parts {
      switch part {
      case .literal(let text): guard segments[index] == text else { return nil }
      case .segment: guard !segments[index].isEmpty else { return nil }
      case .rest: index += rest
      }
      index += 1
    }
    return bindings(segments, rest)
  }

  private func bindings(_ segments: [Substring], _ rest: Int) -> [String: String] {
    var bindings: [String: String] = [:]
    var index = 0
    for part in parts {
      switch part {
      case .literal: break
      case .segment(let name): bindings[name] = String(segments[index])
      case .rest(let name):
        bindings[name] = segments[index...(index + rest)].joined(separator: "/")
        index += rest
      }
      index += 1
    }
    return bindings
  }

  /// The text with its placeholders replaced; unknown ones stay.
  static func fill(_ text: String, with bindings: [String: String]) -> String {
    guard text.utf8.contains(UInt8(ascii: "{")) else { return text }
    var filled = ""
    var remainder = text[...]
    while let open = remainder.firstIndex(of: "{"), let close = remainder[open...].firstIndex(of: "}") {
      let name = String(remainder[remainder.index(after: open)..<close])
      filled += remainder[..<open]
      filled += bindings[name] ?? "{\(name)}"
      remainder = remainder[remainder.index(after: close)...]
    }
    return filled + remainder
  }
}

extension PathTemplate: Comparable {
  /// More specific templates come first.
  static func < (left: PathTemplate, right: PathTemplate) -> Bool {
    for (mine, other) in zip(left.parts, right.parts) where mine.rank != other.rank {
      return mine.rank < other.rank
    }
    // More parts say more: `{path}` alone would match what `{path}/tune` is about.
    if left.parts.count != right.parts.count { return left.parts.count > right.parts.count }
    return left.text < right.text
  }
}
