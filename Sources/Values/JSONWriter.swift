/// Writes values as JSON, members sorted.
struct JSONWriter {
  private(set) var output: [UInt8] = []
  let isPretty: Bool
  let exposesSecrets: Bool
  private var depth = 0

  init(isPretty: Bool, exposesSecrets: Bool) {
    self.isPretty = isPretty
    self.exposesSecrets = exposesSecrets
  }

  mutating func write(_ value: Value) {
    switch value {
    case .null: append("null")
    case .bool(let flag): append(flag ? "true" : "false")
    case .number(let number): append(number.text)
    case .string(let text): string(text)
    case .secret(let secret): exposesSecrets ? secret.exposed { string($0) } : string(Secret.mask)
    case .array(let elements):
      group("[", "]", elements) { writer, element in writer.write(element) }
    case .object(let members):
      group("{", "}", members.sortedByKey) { writer, member in
        writer.string(member.key)
        writer.append(writer.isPretty ? ": " : ":")
        writer.write(member.value)
      }
    }
  }

  private mutating func group<Element>(
    _ open: String,
    _ close: String,
    _ elements: [Element],
    _ body: (inout JSONWriter, Element) -> Void
  ) {
    append(open)
    depth += 1
    for (index, element) in elements.enumerated() {
      if index > 0 { append(",") }
      breakLine()
      body(&self, element)
    }
    depth -= 1
    if !elements.isEmpty { breakLine() }
    append(close)
  }

  private mutating func breakLine() {
    guard isPretty else { return }
    append("\n")
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
  }

  private mutating func append(_ text: String) {
    output.append(contentsOf: text.utf8)
  }
}

// MARK: - Strings

extension JSONWriter {
  private mutating func string(_ text: String) {
    output.append(UInt8(ascii: "\""))
    if text.utf8.contains(where: Self.mustEscape) {
      for byte in text.utf8 { character(byte) }
    } else {
      output.append(contentsOf: text.utf8)
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func mustEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  private mutating func character(_ byte: UInt8) {
    guard Self.mustEscape(byte) else { return output.append(byte) }
    switch byte {
    case UInt8(ascii: "\n"): append("\\n")
    case UInt8(ascii: "\r"): append("\\r")
    case UInt8(ascii: "\t"): append("\\t")
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    default: append((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
    }
  }
}
