package import Values

extension YAML {
  /// Writes a value in its one canonical form, so that equal values give equal text.
  ///
  /// Reading the text gives the value back, and no string becomes anything else by the rules of YAML 1.1 either.
  /// The exception are secrets: in their place stands `(sensitive)`.
  ///
  /// - Parameters:
  ///   - value: What to write.
  ///   - keyOrder: Keys that come first, in this order, in every map; all others follow by their Unicode scalars.
  ///   - comment: Lines to put at the top, without their `#`.
  /// - Returns: Lines of UTF-8; there is one newline at the end.
  package static func emit(_ value: Value, keyOrder: [String] = [], comment: String? = nil) -> String {
    var emitter = Emitter(keyOrder: keyOrder)
    if let comment { emitter.comment(comment) }
    emitter.node(value, after: .nothing, indent: 0, column: 0)
    return emitter.output
  }
}

/// Writes block style by hand: libyaml's emitter quotes and folds by rules that are not ours.
struct Emitter {
  private(set) var output = ""
  private let keyOrder: [String]

  private static let blanks = (0...20).map { String(repeating: " ", count: $0) }
  /// How long a line with a list on it may get.
  private static let width = 100
  /// Readers give up on a key of more than 1,024 characters, unless a question mark announces it.
  private static let longestKey = 1_000

  /// What stands on the line already.
  enum Lead {
    case nothing
    case key
    case dash
  }

  init(keyOrder: [String]) {
    self.keyOrder = keyOrder.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  mutating func comment(_ text: String) {
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      // A control character would make the file unreadable.
      let visible = line.unicodeScalars.filter(ScalarText.isPrintable)
      output += visible.isEmpty ? "#\n" : "# \(String.UnicodeScalarView(visible))\n"
    }
  }

  /// Writes a value up to the end of its last line.
  ///
  /// - Parameters:
  ///   - value: What to write.
  ///   - lead: What it follows.
  ///   - indent: Where the lines of a list, a map or a long text start.
  ///   - column: How much of the line is taken.
  mutating func node(_ value: Value, after lead: Lead, indent: Int, column: Int) {
    switch value {
    case .object(let members) where !members.isEmpty:
      begin(after: lead)
      map(members, indent: indent, isFirstPlaced: lead != .key)
    case .array(let elements) where !elements.isEmpty:
      if let line = flow(elements, from: column) {
        inline(line, after: lead)
      } else {
        begin(after: lead)
        list(elements, indent: indent, isFirstPlaced: lead != .key)
      }
    case .string(let text) where ScalarText.isLiteral(text):
      inline(text.utf8.last == UInt8(ascii: "\n") ? "|" : "|-", after: lead)
      literal(text, indent: max(indent, 2))
    default:
      inline(scalar(value, inFlow: false) ?? "", after: lead)
    }
  }
}

// MARK: - Lines

extension Emitter {
  private mutating func map(_ members: [String: Value], indent: Int, isFirstPlaced: Bool) {
    for (index, member) in ordered(members).enumerated() {
      if index > 0 || !isFirstPlaced { pad(indent) }
      let key = ScalarText.line(member.key, inFlow: false)
      var column = indent + 1
      if key.utf8.count > Self.longestKey {
        output += "? \(key)\n"
        pad(indent)
      } else {
        output += key
        column += key.unicodeScalars.count
      }
      output += ":"
      node(member.value, after: .key, indent: indent + 2, column: column)
    }
  }

  private mutating func list(_ elements: [Value], indent: Int, isFirstPlaced: Bool) {
    for (index, element) in elements.enumerated() {
      if index > 0 || !isFirstPlaced { pad(indent) }
      output += "-"
      node(element, after: .dash, indent: indent + 2, column: indent + 1)
    }
  }

  private mutating func literal(_ text: String, indent: Int) {
    var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    for line in lines {
      if !line.isEmpty { pad(indent) }
      output += Substring(line)
      output += "\n"
    }
  }

  private mutating func begin(after lead: Lead) {
    switch lead {
    case .nothing: break
    case .key: output += "\n"
    case .dash: output += " "
    }
  }

  private mutating func inline(_ text: String, after lead: Lead) {
    if lead != .nothing { output += " " }
    output += text
    output += "\n"
  }

  private mutating func pad(_ count: Int) {
    output += Self.blanks[min(count, Self.blanks.count - 1)]
    for _ in 0..<max(0, count - Self.blanks.count + 1) { output.unicodeScalars.append(" ") }
  }
}

// MARK: - Parts of a line

extension Emitter {
  private func ordered(_ members: [String: Value]) -> [(key: String, value: Value)] {
    let sorted = members.sortedByKey
    guard !keyOrder.isEmpty else { return sorted }
    let first = keyOrder.compactMap { key in members[key].map { (key: key, value: $0) } }
    return first.isEmpty ? sorted : first + sorted.filter { !keyOrder.contains($0.key) }
  }

  /// A list of scalars on one line, or `nil` if it does not fit or has anything longer in it.
  private func flow(_ elements: [Value], from column: Int) -> String? {
    var line = "["
    for (index, element) in elements.enumerated() {
      if case .string(let text) = element, ScalarText.isLiteral(text) { return nil }
      guard let scalar = scalar(element, inFlow: true) else { return nil }
      if index > 0 { line += ", " }
      line += scalar
      // Bytes are at least as many as columns, and counting those needs no second look at each line.
      if line.utf8.count > Self.width, column + 2 + line.unicodeScalars.count > Self.width { return nil }
    }
    line += "]"
    return column + 1 + line.unicodeScalars.count <= Self.width ? line : nil
  }

  /// A value on one line, or `nil` for a list or a map that is not empty.
  private func scalar(_ value: Value, inFlow: Bool) -> String? {
    switch value {
    case .null: "null"
    case .bool(let flag): flag ? "true" : "false"
    case .number(let number): number.text
    case .string(let text): ScalarText.line(text, inFlow: inFlow)
    case .secret: Secret.mask
    case .array(let elements): elements.isEmpty ? "[]" : nil
    case .object(let members): members.isEmpty ? "{}" : nil
    }
  }
}
