/// How readers of YAML 1.1 understand plain scalars, for warnings and for what the writer must quote.
enum LegacySchema {
  /// What YAML 1.1 makes of a plain scalar where YAML 1.2 makes something else, in words; `nil` if they agree.
  static func otherReading(ofPlain text: String) -> String? {
    guard let first = text.utf8.first else { return nil }
    if isDigit(first) || first == UInt8(ascii: "+") || first == UInt8(ascii: "-") { return otherNumber(text) }
    return isOldBoolean(text) ? "a boolean" : nil
  }

  /// Whether any reader of YAML, old or new, might take the text for something other than a string.
  static func mightNotBeString(_ text: String) -> Bool {
    guard let first = text.utf8.first else { return true }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      let body = unsigned(text)
      return isNumberLike(body) || isSexagesimal(body) || isTimestamp(text)
        || [".inf", ".nan"].contains(body.lowercased())
    default:
      guard text.utf8.count <= 5 else { return false }
      return words.contains(text.lowercased())
    }
  }

  private static let words: Set<String> = [
    "~", "null", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<",
  ]

  private static func isOldBoolean(_ text: String) -> Bool {
    guard text.utf8.count <= 3 else { return false }
    let lower = text.lowercased()
    guard ["yes", "no", "on", "off", "y", "n"].contains(lower) else { return false }
    return text == lower || text == text.uppercased() || text.dropFirst() == lower.dropFirst()
  }
}

// MARK: - Numbers and timestamps

extension LegacySchema {
  private static func otherNumber(_ text: String) -> String? {
    let body = unsigned(text)
    // Nearly all numbers are plain digits, without a zero before them.
    if body.utf8.count == 1 || body.utf8.first != UInt8(ascii: "0") && body.utf8.allSatisfy(isDigit) {
      return nil
    }
    if isTimestamp(text) { return "a timestamp" }
    if isSexagesimal(body) { return "a number to the base 60" }
    if hasPrefix(body, "0b"), body.dropFirst(2).allSatisfy({ "01_".contains($0) }) {
      return "a binary number"
    }
    if hasPrefix(body, "0x"), text.utf8.count > body.utf8.count, isNumberLike(body) {
      return "a hexadecimal number"
    }
    // By bytes: a zero with an accent is a character between 0 and 7 for comparisons, and no digit.
    if body.utf8.first == UInt8(ascii: "0"),
      body.utf8.allSatisfy({ (0x30...0x37).contains($0) || $0 == 0x5F })
    {
      return "an octal number"
    }
    if body.contains("_"), isNumberLike(body) { return "a number" }
    return nil
  }

  private static func unsigned(_ text: String) -> Substring {
    text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text[...]
  }

  private static func hasPrefix(_ text: Substring, _ prefix: String) -> Bool {
    text.utf8.count > prefix.utf8.count && text.hasPrefix(prefix)
  }

  /// More than any one reader accepts: digits with `_` and `,` between them, `0x`, `0o`, `0b`, points, exponents.
  private static func isNumberLike(_ text: Substring) -> Bool {
    if hasPrefix(text, "0x") || hasPrefix(text, "0X") {
      return text.dropFirst(2).allSatisfy { $0.isHexDigit || $0 == "_" }
    }
    if ["0o", "0O", "0b", "0B"].contains(where: { hasPrefix(text, $0) }) {
      return text.dropFirst(2).allSatisfy { $0.isASCII && $0.isNumber || $0 == "_" }
    }
    var rest = text.utf8[...]
    var hasDigit = false
    var hasPoint = false
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): hasDigit = true
      case UInt8(ascii: "_"), UInt8(ascii: ","): break
      case UInt8(ascii: ".") where !hasPoint: hasPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"):
        rest.removeFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        return hasDigit && !rest.isEmpty && rest.allSatisfy(isDigit)
      default: return false
      }
      rest.removeFirst()
    }
    return hasDigit
  }

  /// `190:20:30` and `1:30.5`, which YAML 1.1 counts in sixties.
  private static func isSexagesimal(_ text: Substring) -> Bool {
    guard text.utf8.contains(UInt8(ascii: ":")) else { return false }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 1, let whole = parts.first, whole.utf8.first.map(isDigit) == true,
      whole.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") })
    else { return false }
    for (index, part) in parts.dropFirst().enumerated() {
      let isLast = index == parts.count - 2
      let digits = isLast ? part.prefix { $0 != "." } : part
      guard (1...2).contains(digits.utf8.count), digits.utf8.allSatisfy(isDigit),
        digits.count == 1 || digits < "60"
      else { return false }
      let fraction = part.dropFirst(digits.count + 1)
      guard fraction.utf8.allSatisfy({ isDigit($0) || $0 == UInt8(ascii: "_") }) else { return false }
    }
    return true
  }

  /// `2001-12-14`, alone or with a time after it.
  private static func isTimestamp(_ text: String) -> Bool {
    guard text.utf8.dropFirst(4).first == UInt8(ascii: "-") else { return false }
    let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].utf8.count == 4, (1...2).contains(parts[1].utf8.count),
      parts[0].utf8.allSatisfy(isDigit), parts[1].utf8.allSatisfy(isDigit)
    else { return false }
    let day = parts[2].utf8.prefix(while: isDigit)
    guard (1...2).contains(day.count) else { return false }
    let time = parts[2].utf8.dropFirst(day.count)
    guard let mark = time.first else { return true }
    return "Tt \t".utf8.contains(mark)
      && time.dropFirst().drop { $0 == 0x20 || $0 == 0x09 }.first.map(isDigit) == true
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
