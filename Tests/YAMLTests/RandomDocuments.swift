import TestSupport
/// Documents as people write them: all styles, comments, anchors, and scalars that YAML 1.1 and 1.2 read alike.
extension SeededGenerator {
  mutating func document() -> String {
    var anchors = 0
    let start = pick(["", "", "---\n", "# a comment\n\n", "%YAML 1.2\n---\n"])
    return start + block(indent: 0, depth: 0, &anchors) + pick(["", "", "# the end\n", "...\n"])
  }

  mutating func mutate(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let position = below(bytes.count)
    switch below(6) {
    case 0: bytes.remove(at: position)
    case 1: bytes[position] = UInt8(below(256))
    case 2: bytes.insert(pick(Array("-:#,[]{}&*!|>'\"%@`? \n\t~<.\u{7}".utf8)), at: position)
    case 3: bytes.removeSubrange(position...)
    case 4: bytes.insert(contentsOf: bytes[below(position + 1)...position], at: position)
    default:
      bytes.insert(
        contentsOf: Array(pick(["<<: *a1", "!x ", "&a1 ", "*a1", "é", "---\n"]).utf8),
        at: position
      )
    }
  }

  private mutating func block(indent: Int, depth: Int, _ anchors: inout Int) -> String {
    let pad = String(repeating: " ", count: indent)
    var text = ""
    let isList = below(3) == 0
    for index in 0...below(4) {
      if below(8) == 0 { text += "\(pad)# comment\n" }
      text += pad + (isList ? "-" : key(index) + ":")
      text += entry(indent: indent, depth: depth, &anchors)
    }
    return text
  }

  private mutating func key(_ index: Int) -> String {
    pick(["key\(index)", "\"quoted \(index)\"", "'single \(index)'", "größe \(index)", "a/b/\(index)"])
  }

  private mutating func entry(indent: Int, depth: Int, _ anchors: inout Int) -> String {
    let pad = String(repeating: " ", count: indent + 2)
    switch below(depth > 3 ? 6 : 9) {
    case 0: return " " + flow(depth: 0) + "\n"
    case 1: return " |\(pick(["", "-", "+"]))\n\(pad)line 1: # no comment\n\n\(pad)  line 2\n"
    case 2: return " >\(pick(["", "-"]))\n\(pad)folded\n\(pad)text\n\n\(pad)more\n"
    case 3:
      anchors += 1
      return " &a\(anchors) \(scalar())\n"
    case 4 where anchors > 0: return " *a\(1 + below(anchors))\n"
    case 6, 7, 8: return "\n" + block(indent: indent + 2, depth: depth + 1, &anchors)
    default: return " " + scalar() + pick(["", "", "  # comment"]) + "\n"
    }
  }

  private mutating func flow(depth: Int) -> String {
    switch below(depth > 2 ? 1 : 3) {
    case 1:
      "[" + (0..<below(4)).map { _ in flow(depth: depth + 1) }.joined(separator: pick([",", ", "])) + "]"
    case 2: "{" + (0..<below(4)).map { "k\($0): " + flow(depth: depth + 1) }.joined(separator: ", ") + "}"
    default: scalar()
    }
  }

  private mutating func scalar() -> String {
    pick([
      "word", "two words", "null", "~", "true", "False", "0", "17", "-3", "1.5", "'single ''quoted'''",
      "'yes'",
      "\"double \\\"quoted\\\" \\u00e9 \\x41\\n\"", "\"012\"", "10.0.0.0/8", "http://host/path", "!!str 12",
      "日本",
      "\"\"", "''", "1h", "a-b_c", "!!str true",
    ])
  }
}
