import TestSupport
import Values

extension SeededGenerator {
  mutating func value(depth: Int = 0) -> Value {
    switch below(depth > 4 ? 6 : 10) {
    case 0: .null
    case 1: .bool(below(2) == 0)
    case 2: .number(Number(text: pick(Self.numbers)))
    case 3...5: .string(string())
    case 6, 7: .array((0..<below(5)).map { _ in value(depth: depth + 1) })
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
    switch below(4) {
    case 0: pick(Self.nastyStrings)
    case 1: pick(Self.words) + pick(["", " ", ": ", " #", ":", "\n", "/", ","]) + pick(Self.words)
    case 2: String(String.UnicodeScalarView((0..<below(9)).map { _ in scalar() }))
    default: pick(Self.words)
    }
  }

  private mutating func scalar() -> Unicode.Scalar {
    switch below(4) {
    case 0: Unicode.Scalar(UInt8(below(128)))
    case 1: pick(Array("-:#,[]{}&*!|>'\"%@`? \n\t~=<.0_+ex".unicodeScalars))
    case 2: Unicode.Scalar(UInt32(below(0x11_0000))) ?? "x"
    default: pick(Array("abcXYZ019".unicodeScalars))
    }
  }

  static let words = [
    "approle", "team/web", "1h", "path \"secret/*\" {", "größe", "日本", "${DB_PASSWORD}", "a=b", "10.0.0.0/8",
    "x",
  ]

  static let numbers = [
    "0", "-0", "1", "-17", "3600", "1.10", "0.5", "1e3", "1E+9", "-2.5e-7", "123456789012345678901234567890",
  ]

  static let nastyStrings = [
    "", " ", "\n", "\n\n", "a\n", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "\ta\n", "a\n b\n", "a\n\nb",
    "a \nb",
    "a\n  ", "a\n  \n", "a\n  \nb", "a\n\tb", "a\r\nb", "a\n# b", "a\n---\nb\n", "yes", "No", "on", "OFF",
    "y", "N",
    "true", "False", "null", "NULL", "~", "012", "0o17", "0xff", "0b101", "1_000", "1,000", "190:20:30",
    "1.0", ".5",
    "1.", "1e3", "+1", "-1", ".inf", "-.INF", ".nan", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "<<", "=",
    "-",
    "- a", "?", "? a", ":", "a:", ": a", "a: b", "a #b", "#a", "a#b", "&a", "*a", "!a", "|", ">", "'a'",
    "\"a\"", "%a",
    "@a", "`a`", "[a]", "{a}", "a,b", "a]b", "---", "--- a", "...", "... a", " a", "a ", "a\tb", "\0",
    "\u{7F}",
    "\u{85}", "\u{A0}", "\u{2028}", "\u{2029}", "\u{202E}abc", "\u{FFFE}", "😀", "e\u{301}",
    "\u{1B}[31m",
    String(repeating: "long ", count: 40), String(repeating: "k", count: 1_100),
  ]
}
