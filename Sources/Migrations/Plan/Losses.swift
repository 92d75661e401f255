package import Values

/// What a deletion or an action destroys for good.
package struct Losses: Hashable, Sendable {
  /// As the catalogue says it: `all data under it`.
  package let what: String
  /// Counted on the server, by noun in the plural; empty where nothing was or can be counted.
  package var counted: [String: Tally] = [:]

  package init(what: String, counted: [String: Tally] = [:]) {
    self.what = what
    self.counted = counted
  }

  /// `all data under it: 3 issuers, 12 roles`.
  package var text: String {
    guard !counted.isEmpty else { return what }
    let some = Self.words(counted.filter { $0.value != .exactly(0) })
    return "\(what): \(some.isEmpty ? "nothing is there" : some)"
  }

  /// `3 issuers, more than 10,000 roles, leases unknown`.
  static func words(_ counted: [String: Tally]) -> String {
    counted.sorted { $0.key < $1.key }.map { $0.value.words($0.key) }.joined(separator: ", ")
  }
}

/// How many of something there are, as far as anybody knows.
package enum Tally: Hashable, Sendable {
  case exactly(Int)
  /// Nobody counts on from here.
  case moreThan(Int)
  /// The token may not list them.
  case unknown

  /// Nothing is counted further than this.
  package static let limit = 10_000

  /// A number that may be beyond the limit.
  init(_ count: Int) {
    self = count > Self.limit ? .moreThan(Self.limit) : .exactly(count)
  }

  /// Reads what ``value`` writes.
  init?(_ value: Value) {
    switch value {
    case .number(let number):
      guard let count = number.integer, count >= 0 else { return nil }
      self = .exactly(count)
    case "unknown": self = .unknown
    case .string(let text):
      guard text.hasPrefix(Self.more), let count = Int(text.dropFirst(Self.more.count)) else { return nil }
      self = .moreThan(count)
    default: return nil
    }
  }

  /// As a migration's approval holds it.
  package var value: Value {
    switch self {
    case .exactly(let count): .number(Number(count))
    case .moreThan(let count): .string(Self.more + String(count))
    case .unknown: "unknown"
    }
  }

  private static let more = "more than "

  /// Whether this is more than what was approved; what is not known is not held against anybody.
  func exceeds(_ approved: Tally) -> Bool {
    switch (self, approved) {
    case (.unknown, _), (_, .unknown), (_, .moreThan): false
    case (.exactly(let count), .exactly(let approved)): count > approved
    case (.moreThan, .exactly): true
    }
  }

  func words(_ noun: String) -> String {
    switch self {
    case .exactly(1): "1 \(Self.singular(noun))"
    case .exactly(let count): "\(Self.grouped(count)) \(noun)"
    case .moreThan(let count): "more than \(Self.grouped(count)) \(noun)"
    case .unknown: "\(noun) unknown"
    }
  }

  private static func singular(_ noun: String) -> String {
    noun.hasSuffix("ies") ? noun.dropLast(3) + "y" : noun.hasSuffix("s") ? String(noun.dropLast()) : noun
  }

  private static func grouped(_ count: Int) -> String {
    let digits = String(count)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
      text.append(digit)
    }
    return text
  }
}
