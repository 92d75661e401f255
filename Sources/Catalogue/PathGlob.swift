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
    Self.match(parts, text.utf8)
  }

  /// Whether a path that starts like this could match.
  package func mayMatch(below prefix: VaultPath) -> Bool {
    let (mine, other) = (literalPrefix, prefix.description)
    return mine.hasPrefix(other) || other.hasPrefix(mine)
  }

  /// Goes through the text once, with all parts that may stand at each place: no pattern takes longer than the product of
  /// both lengths, however many stars it has.
  private static func match(_ parts: [Part], _ text: some Sequence<UInt8>) -> Bool {
    var open = [Bool](repeating: false, count: parts.count + 1)
    open[0] = true
    // A star also stands for nothing.
    func skipStars(_ open: inout [Bool]) {
      for (index, part) in parts.enumerated() where open[index] {
        if part == .segment || part == .rest { open[index + 1] = true }
      }
    }
    skipStars(&open)
    for byte in text {
      var next = [Bool](repeating: false, count: open.count)
      for (index, part) in parts.enumerated() where open[index] {
        switch part {
        case .byte(byte): next[index + 1] = true
        case .byte: break
        case .segment: if byte != UInt8(ascii: "/") { next[index] = true }
        case .rest: next[index] = true
        }
      }
      skipStars(&next)
      open = next
    }
    return open[parts.count]
  }
}
