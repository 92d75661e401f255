import Values

/// The rules by which a written value and the one that is read back are the same, for one field.
struct Agreement {
  let field: String
  let endpoint: Endpoint

  private var shape: Endpoint.Shape { endpoint.shape }

  func holds(_ declared: Value, _ live: Value) -> Bool {
    if declared == live { return true }
    if shape.exact { return exactly(declared, live) }
    if agreeByType(declared, live) { return true }
    if declared.isZero && live.isZero && (declared.isEmpty || live.isEmpty) { return true }
    return switch (declared, live) {
    case (.object(let members), .object(let found)): maps(members, found)
    case (.string(let text), .object): parsed(text).map { holds($0, live) } ?? false
    case (.array(let pairs), .object(let found)): keyed(pairs).map { maps($0, found) } ?? false
    case (.object, .string(let text)): parsed(text).map { holds(declared, $0) } ?? false
    case (_, .array(let found)): lists(declared).contains { same($0, found) }
    case (.array(let elements), _): live.text.map { same(elements, commaSeparated($0)) } ?? false
    default: scalars(declared, live)
    }
  }

  /// Whether two texts are two spellings of one value, of the type that the server tells.
  private func agreeByType(_ declared: Value, _ live: Value) -> Bool {
    guard let type = endpoint.types[field], let written = declared.text, let found = live.text else {
      return false
    }
    switch type {
    case .boolean: return Self.flag(declared).map { $0 == Self.flag(live) } ?? false
    case .duration, .lease:
      return Duration.seconds(from: written).map { $0 == Duration.seconds(from: found) } ?? false
    case .integer, .number: return Numbers.equal(written, found)
    case .list: return same(commaSeparated(written), commaSeparated(found))
    case .any, .map, .pairs, .string: return false
    }
  }

  // MARK: Data

  /// Data of users is kept as it is, but for numbers that went through a 64-bit float.
  private func exactly(_ declared: Value, _ live: Value) -> Bool {
    switch (declared, live) {
    case (.number(let one), .number(let other)): Numbers.equal(one.text, other.text)
    case (.array(let one), .array(let other)):
      one.count == other.count && zip(one, other).allSatisfy { exactly($0, $1) }
    case (.object(let one), .object(let other)):
      one.count == other.count
        && one.allSatisfy { key, value in other[key].map { exactly(value, $0) } ?? false }
    default: declared == live
    }
  }

  // MARK: Maps

  /// Maps are replaced as a whole, so that a key more on the server is a difference too.
  private func maps(_ written: [String: Value], _ live: [String: Value]) -> Bool {
    let prefix = shape.prefixed[field] ?? ""
    let declared =
      prefix.isEmpty
      ? written : Dictionary(written.map { (prefix + $0.key, $0.value) }, uniquingKeysWith: { $1 })
    let own = declared.allSatisfy { key, value in
      guard let found = live[key] else { return value.isZero }
      return Agreement(field: "\(field).\(key)", endpoint: endpoint).holds(value, found)
    }
    // Only the rules of known endpoints say that a server adds nothing of its own.
    return own && (!endpoint.isKnown || live.allSatisfy { declared[$0.key] != nil || $0.value.isZero })
  }

  /// A map written as a list of `key=value`.
  private func keyed(_ pairs: [Value]) -> [String: Value]? {
    var members: [String: Value] = [:]
    for pair in pairs {
      guard let text = pair.text, let equals = text.firstIndex(of: "=") else { return nil }
      members[String(text[..<equals])] = .string(String(text[text.index(after: equals)...]))
    }
    return members
  }

  private func parsed(_ text: String) -> Value? {
    guard text.hasPrefix("{") || text.hasPrefix("[") else { return nil }
    return try? JSON.parse(Array(text.utf8))
  }

  // MARK: Lists

  /// What a declared value may mean where the server has a list.
  private func lists(_ declared: Value) -> [[Value]] {
    if let elements = declared.array { return [elements] }
    guard let text = declared.text else { return [[]] }
    return [[declared], commaSeparated(text)] + (parsed(text)?.array.map { [$0] } ?? [])
  }

  private func commaSeparated(_ text: String) -> [Value] {
    if text.isEmpty { return [] }
    return text.split(separator: ",", omittingEmptySubsequences: false).map { .string(String($0.trimmed)) }
  }

  private func same(_ declared: [Value], _ live: [Value]) -> Bool {
    let (mine, found) = (declared.map(canonical), live.map(canonical))
    if shape.sequence.contains(field) { return mine == found }
    return shape.adds.contains(field) ? Set(mine).isSubset(of: found) : Set(mine) == Set(found)
  }

  private func canonical(_ element: Value) -> String {
    guard let text = element.text else { return JSON.text(element) }
    return folded(withoutFullPrefix(text.trimmed))
  }

  // MARK: Scalars

  private func scalars(_ declared: Value, _ live: Value) -> Bool {
    guard let written = declared.text else { return false }
    switch live {
    case .bool(let flag): return Self.flag(declared) == flag
    case .number(let number):
      if let seconds = Duration.seconds(from: written), number.integer == seconds { return true }
      if written == "system" { return number.integer == 0 }
      if let flag = declared.bool { return number.text == (flag ? "1" : "0") }
      return Numbers.equal(written, number.text)
    case .string(let text):
      if case .number(let number) = declared, Numbers.equal(number.text, text) { return true }
      if let flag = declared.bool { return Self.flag(.string(text)) == flag }
      return texts(written, text)
    default: return false
    }
  }

  /// What a server takes for true and false.
  private static func flag(_ value: Value) -> Bool? {
    switch value.text {
    case "1", "t", "T", "true", "TRUE", "True": true
    case "0", "f", "F", "false", "FALSE", "False": false
    default: nil
    }
  }

  private func texts(_ written: String, _ live: String) -> Bool {
    if plain(written) == plain(live) { return true }
    if let rewritten = shape.rewrites[field]?[written], rewritten == live { return true }
    if shape.lists.contains(field), same(commaSeparated(written), commaSeparated(live)) { return true }
    if shape.base64.contains(field), let decoded = written.base64Decoded, plain(decoded) == plain(live) {
      return true
    }
    if let ending = shape.appends[field], appended(written, live, ending: ending) { return true }
    if shape.maskedURLs.contains(field), MaskedURL.same(written, live) { return true }
    return durations(written, live)
  }

  /// The text without what servers drop or change: white space around several lines, `/32`, upper case.
  private func plain(_ text: String) -> String {
    let isLong = text.contains { $0.isNewline } || shape.base64.contains(field)
    return folded(withoutFullPrefix(isLong ? text.trimmed : text))
  }

  private func folded(_ text: String) -> String {
    shape.foldCase.contains(field) ? text.lowercased() : text
  }

  private func withoutFullPrefix(_ text: String) -> String {
    guard field.contains("cidr") else { return text }
    let length = text.contains(":") ? "/128" : "/32"
    return text.hasSuffix(length) ? String(text.dropLast(length.count)) : text
  }

  private func appended(_ written: String, _ live: String, ending: String) -> Bool {
    let ending = PathTemplate.fill(ending, with: endpoint.bindings)
    return live.hasPrefix(written) && live.dropFirst(written.count).hasSuffix(ending)
  }

  private func durations(_ written: String, _ live: String) -> Bool {
    guard let seconds = Duration.seconds(from: written), Duration.seconds(from: live) == seconds else {
      return false
    }
    // Elsewhere `1h` and `60m` may be two different texts, unless the server spelled the duration itself.
    return shape.durations.contains(field) || !endpoint.isKnown && live == Duration.spelled(seconds: seconds)
  }
}
