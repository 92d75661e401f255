/// How a string is written: plain where every reader takes it for the same string, otherwise quoted.
enum ScalarText {
  /// The string on one line.
  static func line(_ text: String, inFlow: Bool) -> String {
    isPlain(text, inFlow: inFlow) ? text : quoted(text)
  }

  /// Whether a string of several lines can be written as they are, below a `|`.
  static func isLiteral(_ text: String) -> Bool {
    guard text.utf8.contains(UInt8(ascii: "\n")), let first = text.unicodeScalars.first else { return false }
    // Leading blanks would be taken for the indentation, and trailing ones disappear in editors.
    guard !" \t\n".unicodeScalars.contains(first) else { return false }
    let body = text.utf8.last == UInt8(ascii: "\n") ? text.utf8.dropLast() : text.utf8[...]
    guard let last = body.last, !" \t\n".utf8.contains(last) else { return false }
    return text.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || isPrintable($0) }
  }

  /// Whether a character can stand in a file as it is, and can be seen there.
  static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E: true
    // What is invisible or reorders the text around it, a reviewer must see; joiners only shape letters.
    case 0xAD, 0x200B, 0x200E...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF, 0xFFFE...0xFFFF: false
    case 0xE0000...0xE0FFF: false
    default: scalar.value >= 0xA0
    }
  }
}

// MARK: - Plain and quoted

extension ScalarText {
  private static func isPlain(_ text: String, inFlow: Bool) -> Bool {
    guard let first = text.unicodeScalars.first, !isIndicator(first), !text.hasPrefix("...") else {
      return false
    }
    var previous: Unicode.Scalar = "a"
    for scalar in text.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9": break
      case " ": if previous == ":" { return false }
      case "#": if previous == " " { return false }
      case ":", ",", "[", "]", "{", "}", "?": if inFlow { return false }
      default: if !isPrintable(scalar) { return false }
      }
      previous = scalar
    }
    return previous != " " && previous != ":" && !LegacySchema.mightNotBeString(text)
  }

  private static func isIndicator(_ first: Unicode.Scalar) -> Bool {
    switch first {
    case " ", "-", "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`":
      true
    default: false
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case "\r": quoted += "\\r"
      case _ where isPrintable(scalar): quoted.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let (mark, width) = scalar.value > 0xFFFF ? ("\\U", 8) : ("\\u", 4)
        quoted += mark + String(repeating: "0", count: width - digits.utf8.count) + digits
      }
    }
    return quoted + "\""
  }
}
