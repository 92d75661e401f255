import TestSupport
import Values

extension SeededGenerator {
  mutating func value(depth: Int = 0) -> Value {
    switch below(depth > 4 ? 5 : 9) {
    case 0: .null
    case 1: .bool(below(2) == 0)
    case 2:
      .number(
        Number(text: pick(["0", "-0", "17", "-3600", "1.10", "1e3", "-2.5E-7", "12345678901234567890"]))
      )
    case 3, 4: .string(string())
    case 5, 6: .array((0..<below(5)).map { _ in value(depth: depth + 1) })
    default:
      .object(
        Dictionary(
          (0..<below(6)).map { _ in (string(), value(depth: depth + 1)) },
          uniquingKeysWith: { $1 }
        )
      )
    }
  }

  mutating func string() -> String {
    String(String.UnicodeScalarView((0..<below(12)).map { _ in scalar() }))
  }

  mutating func mutateJSON(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return }
    let position = below(bytes.count)
    switch below(5) {
    case 0: bytes.remove(at: position)
    case 1: bytes[position] = UInt8(below(256))
    case 2: bytes.insert(pick(Array("{}[]\",:\\u0-+.eE tfn\n\u{7}".utf8)), at: position)
    case 3: bytes.removeSubrange(position...)
    default:
      bytes.insert(
        contentsOf: Array(pick(["\\ud83d", "\\ude00", "é", "1e", "[[", "null"]).utf8),
        at: position
      )
    }
  }

  private mutating func scalar() -> Unicode.Scalar {
    switch below(4) {
    case 0: Unicode.Scalar(UInt8(below(128)))
    case 1: Unicode.Scalar(UInt32(below(0x11_0000))) ?? "x"
    default: pick(Array("abcXYZ019\"\\/ü日😀".unicodeScalars))
    }
  }
}
