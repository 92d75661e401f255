extension Duration {
  /// The whole seconds that a server makes of a duration; `nil` where it would refuse the text.
  ///
  /// Accepted are seconds without a unit, Go's units (`1h30m`, `1.5h`, `1500ms`), and a number of days alone
  /// (`7d`). Empty text stands for 0. What is left of a second is cut off.
  package static func seconds(from text: String) -> Int? {
    if text.isEmpty { return 0 }
    if let seconds = wholeNumber(text) { return inRange(Double(seconds)) ? seconds : nil }
    if text.hasSuffix("d") {
      guard let days = wholeNumber(text.dropLast()), inRange(Double(days) * 86_400) else { return nil }
      return days * 86_400
    }
    return goDuration(text).map { $0 / 1_000_000_000 }
  }

  /// The text in which servers spell a duration themselves: `24h0m0s`, `1m30s`, `7s`.
  package static func spelled(seconds: Int) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60)
    if hours > 0 { return "\(hours)h\(minutes)m\(rest)s" }
    return minutes > 0 ? "\(minutes)m\(rest)s" : "\(rest)s"
  }

  /// A duration is kept in nanoseconds, in 64 bits.
  private static func inRange(_ seconds: Double) -> Bool {
    seconds <= Double(Int64.max / 1_000_000_000)
  }

  private static func wholeNumber(_ text: some StringProtocol) -> Int? {
    let digits = text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy(isDigit) else { return nil }
    return Int(digits)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Nanoseconds, from number and unit repeated.
  private static func goDuration(_ text: String) -> Int? {
    var rest = text.hasPrefix("+") ? text.dropFirst() : text[...]
    guard !rest.isEmpty else { return nil }
    var total: Int = 0
    while !rest.isEmpty {
      let number = rest.prefix { $0 == "." || $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
      rest = rest.dropFirst(unit.count)
      guard let scale = units[String(unit)], let part = nanoseconds(number, scale: scale) else { return nil }
      let (sum, overflows) = total.addingReportingOverflow(part)
      guard !overflows else { return nil }
      total = sum
    }
    return total
  }

  private static func nanoseconds(_ number: Substring, scale: Int) -> Int? {
    let halves = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard number.contains(where: { $0 != "." }), let first = halves.first else { return nil }
    guard let whole = first.isEmpty ? 0 : Int(first) else { return nil }
    let (value, overflows) = whole.multipliedReportingOverflow(by: scale)
    guard !overflows else { return nil }
    guard halves.count == 2, let fraction = halves.last, !fraction.isEmpty else { return value }
    guard fraction.utf8.allSatisfy(isDigit), let part = Double("0.\(fraction)") else { return nil }
    let (sum, overflowsAfterPoint) = value.addingReportingOverflow(Int(part * Double(scale)))
    return overflowsAfterPoint ? nil : sum
  }

  private static let units = [
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000, "s": 1_000_000_000,
    "m": 60_000_000_000, "h": 3_600_000_000_000,
  ]
}
