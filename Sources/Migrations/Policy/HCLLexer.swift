/// A place in a text, 1-based; columns count bytes, as servers do.
package struct TextPlace: Hashable, Sendable, CustomStringConvertible {
  package let line: Int
  package let column: Int

  package var description: String { "\(line):\(column)" }
}

/// What keeps a policy's text from being read, and where.
package struct PolicyTextError: Error, Hashable, Sendable {
  package let message: String
  package let place: TextPlace
}

/// Cuts HCL of version 1, the language of policies, into tokens.
struct HCLLexer {
  enum Token: Hashable {
    /// A name without quotes.
    case word(String)
    case string(String)
    case heredoc(String)
    case number(String)
    case bool(Bool)
    case openBrace, closeBrace, openBracket, closeBracket, comma, assign
    case end

    var name: String {
      switch self {
      case .word(let text): "\"\(text)\""
      case .string: "a text"
      case .heredoc: "a heredoc"
      case .number: "a number"
      case .bool: "true or false"
      case .openBrace: "\"{\""
      case .closeBrace: "\"}\""
      case .openBracket: "\"[\""
      case .closeBracket: "\"]\""
      case .comma: "\",\""
      case .assign: "\"=\""
      case .end: "the end"
      }
    }
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var lineStart = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  private var place: TextPlace { TextPlace(line: line, column: position - lineStart + 1) }

  private func byte(at offset: Int = 0) -> UInt8? {
    position + offset < bytes.count ? bytes[position + offset] : nil
  }

  private mutating func advance() {
    if bytes[position] == UInt8(ascii: "\n") {
      line += 1
      lineStart = position + 1
    }
    position += 1
  }

  /// The next token and where it starts.
  mutating func next() throws(PolicyTextError) -> (token: Token, place: TextPlace) {
    try skipSpaceAndComments()
    let start = place
    guard let first = byte() else { return (.end, start) }
    if let mark = Self.marks[first] {
      advance()
      return (mark, start)
    }
    switch first {
    case UInt8(ascii: "\""): return (.string(try string(from: start)), start)
    case UInt8(ascii: "<"): return (.heredoc(try heredoc(from: start)), start)
    case UInt8(ascii: "-"), UInt8(ascii: "."), 0x30...0x39:
      return (.number(try number(from: start)), start)
    case _ where first.isLetter: return (word(), start)
    default:
      throw PolicyTextError(message: "a character that has no place here", place: start)
    }
  }

  private static let marks: [UInt8: Token] = [
    UInt8(ascii: "{"): .openBrace, UInt8(ascii: "}"): .closeBrace, UInt8(ascii: "["): .openBracket,
    UInt8(ascii: "]"): .closeBracket, UInt8(ascii: ","): .comma, UInt8(ascii: "="): .assign,
  ]

  private mutating func skipSpaceAndComments() throws(PolicyTextError) {
    while let next = byte() {
      switch next {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): advance()
      case UInt8(ascii: "#"): skipLine()
      case UInt8(ascii: "/"):
        let start = place
        switch byte(at: 1) {
        case UInt8(ascii: "/"): skipLine()
        case UInt8(ascii: "*"):
          advance()
          advance()
          while byte() != UInt8(ascii: "*") || byte(at: 1) != UInt8(ascii: "/") {
            guard byte() != nil else {
              throw PolicyTextError(message: "a comment that does not end", place: start)
            }
            advance()
          }
          advance()
          advance()
        default: throw PolicyTextError(message: "a single \"/\", which begins no comment", place: start)
        }
      default: return
      }
    }
  }

  private mutating func skipLine() {
    while let next = byte(), next != UInt8(ascii: "\n") { advance() }
  }

  private mutating func word() -> Token {
    var text: [UInt8] = []
    while let next = byte(), next.isLetter || next.isDigit || next == 0x2D || next == 0x2E {
      text.append(next)
      advance()
    }
    switch String(decoding: text, as: UTF8.self) {
    case "true": return .bool(true)
    case "false": return .bool(false)
    case let word: return .word(word)
    }
  }

  private mutating func number(from start: TextPlace) throws(PolicyTextError) -> String {
    var text: [UInt8] = []
    while let next = byte(), next.isDigit || next.isLetter || [0x2D, 0x2B, 0x2E].contains(next) {
      text.append(next)
      advance()
    }
    let number = String(decoding: text, as: UTF8.self)
    let isHexadecimal = number.hasPrefix("0x") || number.hasPrefix("0X")
    guard isHexadecimal ? Int(number.dropFirst(2), radix: 16) != nil : Double(number) != nil else {
      throw PolicyTextError(message: "\(number) is no number", place: start)
    }
    return number
  }
}

// MARK: - Texts

extension HCLLexer {
  /// A text in quotes; inside of `${…}` quotes and line ends count as what they are.
  private mutating func string(from start: TextPlace) throws(PolicyTextError) -> String {
    advance()
    var text: [UInt8] = []
    var braces = 0
    while let next = byte() {
      if next == UInt8(ascii: "\n"), braces == 0 { break }
      if next == UInt8(ascii: "\""), braces == 0 {
        advance()
        return String(decoding: text, as: UTF8.self)
      }
      if braces == 0, next == UInt8(ascii: "$"), byte(at: 1) == UInt8(ascii: "{") {
        braces = 1
        text += [next, UInt8(ascii: "{")]
        advance()
        advance()
        continue
      }
      if braces > 0, next == UInt8(ascii: "{") { braces += 1 }
      if braces > 0, next == UInt8(ascii: "}") { braces -= 1 }
      if next == UInt8(ascii: "\\"), braces == 0 {
        text += try escape()
      } else {
        text.append(next)
        advance()
      }
    }
    throw PolicyTextError(message: "a text whose closing quote is missing", place: start)
  }

  private mutating func escape() throws(PolicyTextError) -> [UInt8] {
    let start = place
    advance()
    guard let kind = byte() else {
      throw PolicyTextError(message: "a text whose closing quote is missing", place: start)
    }
    if let plain = Self.escapes[kind] {
      advance()
      return [plain]
    }
    let (length, base): (Int, Int)
    switch kind {
    case UInt8(ascii: "x"): (length, base) = (2, 16)
    case UInt8(ascii: "u"): (length, base) = (4, 16)
    case UInt8(ascii: "U"): (length, base) = (8, 16)
    case _ where (0x30...0x37).contains(kind): (length, base) = (3, 8)
    default:
      throw PolicyTextError(
        message: "an escape that does not exist; a backslash is written \\\\",
        place: start
      )
    }
    if base == 16 { advance() }
    var digits = ""
    for _ in 0..<length {
      guard let next = byte(), next.isDigit || next.isLetter else { break }
      digits.unicodeScalars.append(Unicode.Scalar(next))
      advance()
    }
    guard digits.utf8.count == length, let code = UInt32(digits, radix: base) else {
      throw PolicyTextError(message: "an escape with too few digits", place: start)
    }
    // Two hexadecimal or three octal digits are a byte, not a character.
    if length < 4 {
      guard code < 256 else { throw PolicyTextError(message: "an escape beyond a byte", place: start) }
      return [UInt8(code)]
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw PolicyTextError(message: "an escape that is no character", place: start)
    }
    return Array(String(Character(scalar)).utf8)
  }

  private static let escapes: [UInt8: UInt8] = [
    UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10,
    UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "v"): 11, UInt8(ascii: "\\"): 0x5C,
    UInt8(ascii: "\""): 0x22,
  ]

  /// `<<NAME`, lines, and `NAME` on a line of its own.
  private mutating func heredoc(from start: TextPlace) throws(PolicyTextError) -> String {
    guard byte(at: 1) == UInt8(ascii: "<") else {
      throw PolicyTextError(message: "a character that has no place here", place: start)
    }
    advance()
    advance()
    var anchor = takeLine()
    if anchor?.last == UInt8(ascii: "\r") { anchor?.removeLast() }
    let isIndented = anchor?.first == UInt8(ascii: "-")
    let name = (anchor ?? []).drop { isIndented && $0 == UInt8(ascii: "-") }
    guard !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isDigit }) else {
      throw PolicyTextError(message: "a heredoc without a name", place: start)
    }
    var lines: [[UInt8]] = []
    while let line = takeLine() {
      var ending = line[...]
      while ending.last == UInt8(ascii: "\r") { ending.removeLast() }
      // As servers do: a line shorter than the anchor with its dash does not end it.
      let isLongEnough = line.count >= name.count + (isIndented ? 1 : 0)
      if isLongEnough, ending.drop(while: \.isSpace).elementsEqual(name) {
        return lines.map { String(decoding: $0, as: UTF8.self) + "\n" }.joined()
      }
      lines.append(line)
    }
    throw PolicyTextError(message: "a heredoc that does not end", place: start)
  }

  /// Up to the end of the line, which is taken too; `nil` if no line ends any more.
  private mutating func takeLine() -> [UInt8]? {
    var line: [UInt8] = []
    while let next = byte() {
      advance()
      if next == UInt8(ascii: "\n") { return line }
      line.append(next)
    }
    return nil
  }
}

extension UInt8 {
  /// Whatever is not ASCII counts: servers ask whether it is a letter, and names here never are.
  fileprivate var isLetter: Bool {
    (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x5F || self >= 0x80
  }

  fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }

  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
