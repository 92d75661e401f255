package import Values
package import YAML

/// Reads the members of a YAML map by name and remembers which were asked for, so that ``finish()`` can refuse the
/// others, with the nearest known name as a suggestion.
package struct MapReader {
  package let location: SourceLocation
  private let subject: String
  private let members: [Node.Pair]
  private var known: [String] = []
  private let diagnostics: Diagnostics

  /// Fails, with a diagnostic, if the node is not a map; an empty node is an empty map.
  ///
  /// The subject is what the map is, for messages: `environment prod`.
  package init?(_ node: Node, _ subject: String, _ diagnostics: Diagnostics) {
    self.location = node.location
    self.subject = subject
    self.diagnostics = diagnostics
    switch node.content {
    case .mapping(let pairs): members = pairs
    case .scalar(.null): members = []
    default:
      diagnostics.error("\(subject) must be a map, not \(node.value.kind)", at: node.location)
      return nil
    }
  }

  package mutating func node(_ key: String) -> Node? {
    known.append(key)
    return members.first { $0.key == key }?.value
  }

  /// Every member, in the file's order; all keys count as known.
  package mutating func all() -> [Node.Pair] {
    known.append(contentsOf: members.map(\.key))
    return members
  }

  /// Says which keys there are, so that giving up early does not make unknown ones of those not read yet.
  package mutating func know(_ keys: [String]) {
    known.append(contentsOf: keys)
  }

  package mutating func value(_ key: String) -> Value? {
    node(key)?.value
  }

  package mutating func string(_ key: String) -> String? {
    typed(key, "a string") { node in
      switch node.content {
      case .scalar(.string(let text)): text
      case .scalar(.number(let number)): number.text
      default: nil
      }
    }
  }

  package mutating func bool(_ key: String) -> Bool? {
    typed(key, "true or false") { $0.value.bool }
  }

  package mutating func integer(_ key: String) -> Int? {
    typed(key, "a whole number") { $0.value.integer }
  }

  /// A list of strings; one string alone counts as a list of one.
  package mutating func strings(_ key: String) -> [String]? {
    typed(key, "a list of strings") { node in
      if let single = node.value.string { return [single] }
      guard let elements = node.value.array else { return nil }
      let texts = elements.compactMap(\.string)
      return texts.count == elements.count ? texts : nil
    }
  }

  /// One of the named values.
  package mutating func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String,
    of type: Choice.Type
  ) -> Choice? where Choice.RawValue == String {
    let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
    return typed(key, "one of \(names)", isText: true) { $0.value.string.flatMap(Choice.init(rawValue:)) }
  }

  /// A number of seconds, or text such as `60s`, `5m` or `1h30m`.
  package mutating func seconds(_ key: String) -> Int? {
    typed(key, "a duration such as 60s or 5m", isText: true) { node in
      let seconds = node.value.integer ?? node.value.string.flatMap(Self.seconds(from:))
      return seconds.flatMap { (-Self.longest...Self.longest).contains($0) ? $0 : nil }
    }
  }

  /// Reports every member that nobody asked for.
  package func finish() {
    for pair in members where !known.contains(pair.key) {
      diagnostics.error(
        "\(subject) has an unknown key \"\(pair.key)\"",
        at: pair.keyLocation,
        hint: Suggestion.hint(for: pair.key, among: known)
      )
    }
  }

  /// `isText` says that what is wanted is written as a string, so that of a string only the text is wrong.
  private mutating func typed<Result>(
    _ key: String,
    _ wanted: String,
    isText: Bool = false,
    _ convert: (Node) -> Result?
  ) -> Result? {
    guard let node = node(key), node.value != .null else { return nil }
    if let result = convert(node) { return result }
    let found = isText && node.value.string != nil ? "" : ", not \(node.value.kind)"
    diagnostics.error("\(key) of \(subject) must be \(wanted)\(found)", at: node.location)
    return nil
  }

  /// In seconds: there is a lot of room to calculate with it.
  private static let longest = Int(Int32.max)

  /// The seconds that such a text stands for; `nil` for any other text, and for more than 68 years.
  package static func seconds(from text: String) -> Int? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    var total = 0
    var digits = ""
    for character in text {
      if character.isASCII, character.isNumber {
        digits.append(character)
      } else {
        guard let unit = units[character], let count = Int(digits) else { return nil }
        let (product, overflowed) = count.multipliedReportingOverflow(by: unit)
        guard !overflowed, product <= longest - total else { return nil }
        total += product
        digits = ""
      }
    }
    return digits.isEmpty && !text.isEmpty ? total : nil
  }
}

/// Finds the name that somebody probably meant.
package enum Suggestion {
  /// "did you mean …", or the list of what is known when nothing is near.
  package static func hint(for name: String, among known: [String]) -> String? {
    guard !known.isEmpty else { return nil }
    if let near = nearest(to: name, among: known) { return "did you mean \"\(near)\"?" }
    return "known keys: \(Set(known).sorted().joined(separator: ", "))"
  }

  /// The nearest known name, if it is within a third of the name's length in edits.
  package static func nearest(to name: String, among known: [String]) -> String? {
    let limit = max(1, name.count / 3)
    let ranked = known.map { (distance(Array(name.utf8), Array($0.utf8)), $0) }
    return ranked.filter { $0.0 <= limit }.min { $0 < $1 }?.1
  }

  /// How many letters were added, left out, replaced, or swapped with their neighbour.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var older: [Int] = []
    var row = Array(0...right.count)
    for (i, a) in left.enumerated() {
      var next = [i + 1]
      for (j, b) in right.enumerated() {
        var best = min(row[j] + (a == b ? 0 : 1), next[j] + 1, row[j + 1] + 1)
        if i > 0, j > 0, a == right[j - 1], b == left[i - 1] { best = min(best, older[j - 1] + 1) }
        next.append(best)
      }
      older = row
      row = next
    }
    return row[right.count]
  }
}
