/// A pattern for paths as they are shown: `auth/approle/role/web-*`, `@team/pki/**`.
///
/// `*` stands for any text inside one segment, at the end for all the rest, as in Vault's policies; `**` for all the
/// rest anywhere.
package struct PathGlob: Hashable, Sendable, CustomStringConvertible {
  private enum Part: Hashable, Sendable {
    case byte(UInt8)
    case segment
    case rest
  }

  package let description: String
  private let parts: [Part]

  /// Takes the pattern as users write it.
  package init(_ text: String) {
    description = text
    var parts: [Part] = []
    for byte in text.utf8 {
      guard byte == UInt8(ascii: "*") else {
        parts.append(.byte(byte))
        continue
      }
      if parts.last == .segment || parts.last == .rest {
        parts[parts.count - 1] = .rest
      } else {
        parts.append(.segment)
      }
    }
    if parts.last == .segment { parts[parts.count - 1] = .rest }
    self.parts = parts
  }

  /// What every match starts with.
  private var literalPrefix: String {
    String(description.prefix { $0 != "*" })
  }

  /// Whether a path matches; an auth method does with and without a slash at its end.
  package func matches(_ path: VaultPath) -> Bool {
    matches(path.description) || path.isAuthMethod && matches(path.description + "/")
  }

  /// Whether a text matches.
  package func matches(_ text: String) -> Bool {
    Self.match(parts[...], Array(text.utf8)[...])
  }

  /// Whether a path that starts like this could match.
  package func mayMatch(below prefix: VaultPath) -> Bool {
    let (mine, other) = (literalPrefix, prefix.description)
    return mine.hasPrefix(other) || other.hasPrefix(mine)
  }

  private static func match(_ parts: ArraySlice<Part>, _ text: ArraySlice<UInt8>) -> Bool {
    guard let part = parts.first else { return text.isEmpty }
    switch part {
    case .byte(let byte): return text.first == byte && match(parts.dropFirst(), text.dropFirst())
    case .rest where parts.count == 1: return true
    case .segment, .rest:
      var remainder = text
      while true {
        if match(parts.dropFirst(), remainder) { return true }
        guard let next = remainder.first, part == .rest || next != UInt8(ascii: "/") else { return false }
        remainder = remainder.dropFirst()
      }
    }
  }
}
