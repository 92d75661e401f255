package import Values

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
    /// `${accessor:path}`, `${id:path}`, `${saved:NAME}` or `${vault:path#field}`.
    case given(Given)

    package var description: String {
      switch self {
      case .variable(let name, _): "${\(name)}"
      case .file(let path): "${file:\(path)}"
      case .given(let given): given.description
      }
    }
  }

  /// What only those can tell who keep it: what an object was given when it was made, an answer that was saved, a value
  /// that lies elsewhere.
  package struct Given: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
      case accessor, id, saved, vault

      /// Whether its values must not be shown, whatever they are.
      package var isSensitive: Bool { self == .saved || self == .vault }
    }

    package let kind: Kind
    /// Names the object, in words of those who made it; `path#field` for a value that lies elsewhere.
    package let path: String

    package init(_ kind: Kind, of path: String) {
      self.kind = kind
      self.path = path
    }

    package var description: String { "${\(kind.rawValue):\(path)}" }
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
    guard text.holds("${") else {
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
    for kind in Given.Kind.allCases where text.hasPrefix(kind.rawValue + ":") {
      let path = String(text.dropFirst(kind.rawValue.count + 1))
      if !path.isEmpty { return .given(Given(kind, of: path)) }
    }
    if text.hasPrefix("each.") {
      throw SyntaxError(
        message: "\"${\(text)}\" stands for an element of for_each, and there is none",
        hint: "add for_each to the entry; write \"$${\" for a literal \"${\""
      )
    }
    if let colon = text.firstIndex(of: ":"), isName(String(text[..<colon])) {
      throw SyntaxError(
        message: "references of the kind \"${\(text[..<colon]):…}\" are not supported by this version",
        hint:
          "known kinds: ${NAME}, ${NAME:-default}, ${file:path}, ${accessor:path}, ${id:path}, ${saved:NAME}, ${vault:path#field}; write \"$${\" for a literal \"${\""
      )
    }
    throw SyntaxError(
      message: "a reference \"${…}\" does not hold a variable name",
      hint: "use letters, digits and _; write \"$${\" for a literal \"${\""
    )
  }
}

extension Value {
  /// Every reference inside to what an object was given; a text that is no template holds none.
  package var givenReferences: Set<Template.Given> {
    var found: Set<Template.Given> = []
    collectGivenReferences(&found)
    return found
  }

  private func collectGivenReferences(_ found: inout Set<Template.Given>) {
    switch self {
    case .string(let text):
      guard text.holds("${"), let template = try? Template(text) else { return }
      for case .given(let given) in template.references { found.insert(given) }
    case .array(let elements): for element in elements { element.collectGivenReferences(&found) }
    case .object(let members): for member in members.values { member.collectGivenReferences(&found) }
    case .null, .bool, .number, .secret: return
    }
  }
}
