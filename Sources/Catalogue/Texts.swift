import Values

extension Value {
  /// A scalar as the server would spell it; `nil` for nothing, a list or a map.
  ///
  /// A secret is read out: use it for comparing, never for showing.
  var text: String? {
    switch self {
    case .string(let text): text
    case .number(let number): number.text
    case .bool(let flag): flag ? "true" : "false"
    case .secret(let secret): secret.exposed { $0 }
    case .null, .array, .object: nil
    }
  }

  /// The same tree with its secrets as plain strings, for comparing.
  var revealed: Value {
    switch self {
    case .secret(let secret): .string(secret.exposed { $0 })
    case .array(let elements): .array(elements.map(\.revealed))
    case .object(let members): .object(members.mapValues(\.revealed))
    default: self
    }
  }

  /// The same value, masked wherever it is shown.
  var concealed: Value {
    switch self {
    case .array(let elements): .array(elements.map(\.concealed))
    case .object(let members): .object(members.mapValues(\.concealed))
    default: text.map { $0.isEmpty ? self : .secret(Secret($0)) } ?? self
    }
  }
}

extension String {
  /// The text without white space at its ends.
  var trimmed: String { String(self[...].trimmed) }

  /// What is encoded in this base64 text, if it is UTF-8.
  var base64Decoded: String? {
    var bytes: [UInt8] = []
    var bits: UInt32 = 0
    var count = 0
    let digits = utf8.filter { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !digits.isEmpty, digits.count.isMultiple(of: 4) else { return nil }
    let padding = digits.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard padding <= 2 else { return nil }
    for digit in digits.dropLast(padding) {
      guard let value = Self.base64Values[digit] else { return nil }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static let base64Values: [UInt8: UInt8] = {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return Dictionary(uniqueKeysWithValues: zip(alphabet.utf8, 0...))
  }()

  /// The text with `%41` and the like decoded; `nil` if that is not UTF-8.
  var percentDecoded: String? {
    var bytes: [UInt8] = []
    var rest = utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let code = String(rest.prefix(2)).flatMap({ UInt8($0, radix: 16) }) {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

extension Substring {
  /// The text without white space at its ends.
  var trimmed: Substring {
    let start = drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return start[...last]
  }
}
