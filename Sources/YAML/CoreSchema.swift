internal import Values

/// The core schema of YAML 1.2: which type a scalar has.
enum CoreSchema {
  static let tagPrefix = "tag:yaml.org,2002:"

  /// The value of a scalar without quotes and without a tag.
  static func value(ofPlain text: String, at location: SourceLocation) throws(YAMLError) -> Value {
    // Most scalars are words, and their first byte tells.
    guard let first = text.utf8.first else { return .null }
    switch first {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      return try number(text, at: location).map(Value.number) ?? .string(text)
    case UInt8(ascii: "~"), UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "t"), UInt8(ascii: "T"),
      UInt8(ascii: "f"), UInt8(ascii: "F"):
      return isNull(text) ? .null : bool(text).map(Value.bool) ?? .string(text)
    default: return .string(text)
    }
  }

  /// The value of a scalar with a tag, which overrides quotes.
  static func value(of text: String, tag: String, at location: SourceLocation) throws(YAMLError) -> Value {
    let value: Value?
    switch tag {
    case "!", tagPrefix + "str": return .string(text)
    case tagPrefix + "null": value = text.isEmpty || isNull(text) ? .null : nil
    case tagPrefix + "bool": value = bool(text).map(Value.bool)
    case tagPrefix + "int":
      value = try number(text, at: location).flatMap {
        $0.text.utf8.contains { ".eE".utf8.contains($0) } ? nil : .number($0)
      }
    case tagPrefix + "float": value = try number(text, at: location).map(Value.number)
    default: throw unknownTag(at: location)
    }
    guard let value else {
      throw YAMLError(
        "this value is not what its tag !!\(tag.dropFirst(tagPrefix.count)) says",
        at: location,
        hint: "remove the tag, or quote the text"
      )
    }
    return value
  }

  /// The tag itself is not shown: an unquoted password may start with an exclamation mark.
  static func unknownTag(at location: SourceLocation) -> YAMLError {
    YAMLError(
      "this has an unknown tag, or one that does not fit",
      at: location,
      hint: "quote text that starts with an exclamation mark"
    )
  }

  private static func isNull(_ text: String) -> Bool {
    switch text {
    case "~", "null", "Null", "NULL": true
    default: false
    }
  }

  private static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }
}

// MARK: - Numbers

extension CoreSchema {
  /// The number as JSON text, or `nil` if the text is no number.
  static func number(_ text: String, at location: SourceLocation) throws(YAMLError) -> Number? {
    if let decimal = decimalNumber(text) { return Number(text: decimal) }
    if text.hasPrefix("0x") || text.hasPrefix("0o") {
      let digits = text.utf8.dropFirst(2)
      let radix = text.hasPrefix("0x") ? 16 : 8
      let values = digits.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
      guard !values.isEmpty, values.count == digits.count, values.allSatisfy({ $0 < radix }) else {
        return nil
      }
      guard values.count <= 1_000 else { throw YAMLError("this number is too long", at: location) }
      return Number(text: decimal(values, radix: radix))
    }
    if isNotFinite(text) {
      throw YAMLError(
        "infinity and not-a-number have no place in JSON",
        at: location,
        hint: "quote it if it is text"
      )
    }
    return nil
  }

  private static func isNotFinite(_ text: String) -> Bool {
    let unsigned = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text[...]
    return [".inf", ".Inf", ".INF"].contains(unsigned) || [".nan", ".NaN", ".NAN"].contains(text)
  }

  /// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, with what JSON lacks mended.
  private static func decimalNumber(_ text: String) -> String? {
    var rest = text.utf8[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }

    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction: Substring.UTF8View?
    if rest.first == UInt8(ascii: ".") {
      let digits = rest.dropFirst().prefix(while: isDigit)
      rest = rest.dropFirst(1 + digits.count)
      fraction = digits
    }
    guard !(whole.isEmpty && fraction?.isEmpty != false) else { return nil }
    let exponent = rest
    if let mark = rest.popFirst() {
      guard mark | 0x20 == UInt8(ascii: "e") else { return nil }
      if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
      guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
    }

    let isCanonical = text.utf8.first != UInt8(ascii: "+") && fraction?.isEmpty != true
    if isCanonical, whole.first != UInt8(ascii: "0") || whole.count == 1, !whole.isEmpty { return text }

    let significant = whole.drop { $0 == UInt8(ascii: "0") }
    var json = isNegative ? "-" : ""
    json += significant.isEmpty ? "0" : Substring(significant)
    if let fraction { json += fraction.isEmpty ? ".0" : "." + Substring(fraction) }
    json += Substring(exponent)
    return json
  }

  /// Long division by hand, since these may exceed any integer type.
  private static func decimal(_ digits: [Int], radix: Int) -> String {
    var limbs: [Int] = [0]
    for digit in digits {
      var carry = digit
      for index in limbs.indices {
        let product = limbs[index] * radix + carry
        limbs[index] = product % 1_000_000_000
        carry = product / 1_000_000_000
      }
      if carry > 0 { limbs.append(carry) }
    }
    let tail = limbs.dropLast().reversed().map { limb in
      let text = String(limb)
      return String(repeating: "0", count: 9 - text.utf8.count) + text
    }
    return String(limbs.last ?? 0) + tail.joined()
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
