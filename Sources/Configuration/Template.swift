/// A string with `${…}` references; `$${` stands for a literal `${`.
///
/// Vault's own `{{…}}` is plain text here.
package struct Template: Hashable, Sendable {
  package enum Segment: Hashable, Sendable {
    case literal(String)
    case reference(Reference)
  }

  package enum Reference: Hashable, Sendable, CustomStringConvertible {
    /// `${NAME}` or `${NAME:-default}`.
    case variable(String, fallback: String?)
    /// `${file:path}`.
    case file(String)

    package var description: String {
      switch self {
      case .variable(let name, _): "${\(name)}"
      case .file(let path): "${file:\(path)}"
      }
    }
  }

  /// Why a text is not a template.
  package struct SyntaxError: Error, Hashable {
    package let message: String
    package let hint: String
  }

  package let segments: [Segment]

  /// Splits a text into literals and references.
  ///
  /// - Throws: ``SyntaxError`` for an open `${`, a bad name, or a kind of reference that does not exist.
  package init(_ text: String) throws(SyntaxError) {
    guard text.contains("${") else {
      segments = [.literal(text)]
      return
    }
    var segments: [Segment] = []
    var literal = ""
    var rest = Substring(text)
    while let dollar = rest.firstRange(of: "${") {
      let before = rest[..<dollar.lowerBound]
      if before.hasSuffix("$") {
        literal += before.dropLast() + "${"
        rest = rest[dollar.upperBound...]
        continue
      }
      literal += before
      guard let close = rest[dollar.upperBound...].firstIndex(of: "}") else {
        throw SyntaxError(
          message: "a reference that starts with \"${\" has no closing \"}\"",
          hint: "write \"$${\" for a literal \"${\""
        )
      }
      if !literal.isEmpty { segments.append(.literal(literal)) }
      literal = ""
      segments.append(.reference(try Self.reference(String(rest[dollar.upperBound..<close]))))
      rest = rest[rest.index(after: close)...]
    }
    literal += rest
    if !literal.isEmpty || segments.isEmpty { segments.append(.literal(literal)) }
    self.segments = segments
  }

  package var references: [Reference] {
    segments.compactMap { segment in
      if case .reference(let reference) = segment { reference } else { nil }
    }
  }

  /// Letters, digits and `_`, not starting with a digit.
  package static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
      return false
    }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  private static func reference(_ text: String) throws(SyntaxError) -> Reference {
    if let fallback = text.firstRange(of: ":-"), isName(String(text[..<fallback.lowerBound])) {
      return .variable(String(text[..<fallback.lowerBound]), fallback: String(text[fallback.upperBound...]))
    }
    if isName(text) { return .variable(text, fallback: nil) }
    if text.hasPrefix("file:"), text.count > "file:".count {
      return .file(String(text.dropFirst("file:".count)))
    }
    if let colon = text.firstIndex(of: ":"), isName(String(text[..<colon])) {
      throw SyntaxError(
        message: "references of the kind \"${\(text[..<colon]):…}\" are not supported by this version",
        hint: "known kinds: ${NAME}, ${NAME:-default}, ${file:path}; write \"$${\" for a literal \"${\""
      )
    }
    throw SyntaxError(
      message: "a reference \"${…}\" does not hold a variable name",
      hint: "use letters, digits and _; write \"$${\" for a literal \"${\""
    )
  }
}
