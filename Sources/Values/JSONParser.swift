/// Reads one JSON text in a single pass.
struct JSONParser {
  /// Servers refuse less, and the stack holds more.
  private static let deepest = 512

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  mutating func document() throws(JSONError) -> Value {
    skipBlanks()
    let value = try value(depth: 1)
    skipBlanks()
    guard position == bytes.count else { throw failure("there is something after the end") }
    return value
  }

  private mutating func value(depth: Int) throws(JSONError) -> Value {
    guard depth <= Self.deepest else { throw failure("it is nested more than \(Self.deepest) levels deep") }
    switch current {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return .number(try number())
    }
  }

  // Zero stands for the end as well: it is no part of JSON, not even in a string.
  private var current: UInt8 {
    position < bytes.count ? bytes[position] : 0
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard current == byte else { return false }
    position += 1
    return true
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
      default: return
      }
    }
  }

  private func failure(_ message: String) -> JSONError {
    JSONError(position < bytes.count ? message : "it ends too early", at: position)
  }
}

// MARK: - Lists and maps

extension JSONParser {
  private mutating func array(depth: Int) throws(JSONError) -> Value {
    position += 1
    skipBlanks()
    var elements: [Value] = []
    if take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipBlanks()
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { throw failure("a comma or ] is missing") }
      skipBlanks()
    }
  }

  private mutating func object(depth: Int) throws(JSONError) -> Value {
    position += 1
    skipBlanks()
    var members: [(String, Value)] = []
    if take(UInt8(ascii: "}")) { return .object([:]) }
    members.reserveCapacity(16)
    while true {
      guard current == UInt8(ascii: "\"") else { throw failure("a name in quotes is missing") }
      let name = try string()
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw failure("a colon is missing") }
      skipBlanks()
      members.append((name, try value(depth: depth + 1)))
      skipBlanks()
      if take(UInt8(ascii: "}")) { break }
      guard take(UInt8(ascii: ",")) else { throw failure("a comma or } is missing") }
      skipBlanks()
    }
    return .object(Dictionary(members, uniquingKeysWith: { $1 }))
  }
}

// MARK: - Words and numbers

extension JSONParser {
  private mutating func word(_ word: String, _ value: Value) throws(JSONError) -> Value {
    for byte in word.utf8 {
      guard take(byte) else { throw failure("an unknown word is here") }
    }
    return value
  }

  private mutating func number() throws(JSONError) -> Number {
    let start = position
    _ = take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if current | 0x20 == UInt8(ascii: "e") {
      position += 1
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits()
    }
    return Number(text: try text(bytes.span.extracting(start..<position)))
  }

  private mutating func digits() throws(JSONError) {
    let start = position
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(current) { position += 1 }
    guard position > start else {
      throw failure(start == 0 || !isInNumber(start) ? "a value is missing" : "a digit is missing")
    }
  }

  private func isInNumber(_ position: Int) -> Bool {
    "-+.eE".utf8.contains(bytes[position - 1])
  }
}

// MARK: - Strings

extension JSONParser {
  private mutating func string() throws(JSONError) -> String {
    position += 1
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        let text = try text(bytes.span.extracting(start..<position))
        position += 1
        return text
      case UInt8(ascii: "\\"): return try stringWithEscapes(after: bytes[start..<position])
      case 0..<0x20: throw failure("a control character is in a string")
      default: position += 1
      }
    }
    throw failure("")
  }

  private mutating func stringWithEscapes(after prefix: ArraySlice<UInt8>) throws(JSONError) -> String {
    var content = Array(prefix)
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        let text = try text(content.span)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        position += 1
        content.append(contentsOf: UTF8.encode(try escape())?.map(\.self) ?? [])
      case 0..<0x20: throw failure("a control character is in a string")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw failure("")
  }

  /// What stands after a backslash.
  private mutating func escape() throws(JSONError) -> Unicode.Scalar {
    let byte = current
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): break
    default:
      position -= 1
      throw failure("an unknown escape is in a string")
    }
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    let second = take(UInt8(ascii: "\\")) && take(UInt8(ascii: "u")) ? try codeUnit() : 0
    guard first < 0xDC00, 0xDC00...0xDFFF ~= second,
      let scalar = Unicode.Scalar(0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF)))
    else { throw failure("half of a surrogate pair is in a string") }
    return scalar
  }

  private mutating func codeUnit() throws(JSONError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(current)).hexDigitValue else {
        throw failure("four hexadecimal digits are missing")
      }
      unit = unit << 4 | UInt16(digit)
      position += 1
    }
    return unit
  }

  // With `String(validating:as:)` parsing takes twice as long.
  private func text(_ content: Span<UInt8>) throws(JSONError) -> String {
    do {
      return String(copying: try UTF8Span(validating: content))
    } catch {
      throw failure("a string is not valid UTF-8")
    }
  }
}
