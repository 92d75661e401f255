import Values

/// The keys of one map in the catalogue, taken out one by one, so that what nobody asked for is an error.
struct Fields {
  let place: String
  /// The key of the entry that these are below, if they are not the entry's own.
  private let parent: String?
  private var members: [String: Value]

  init(_ value: Value, at place: String, below parent: String? = nil) throws(CatalogueError) {
    self.place = place
    self.parent = parent
    switch value {
    case .object(let members): self.members = members
    case .null: members = [:]
    default: throw CatalogueError(at: place, "needs a map, and has \(value.kind)", key: parent)
    }
  }

  /// - Throws: ``CatalogueError`` if a key is left that nobody took.
  func finish() throws(CatalogueError) {
    guard let key = members.keys.min() else { return }
    throw CatalogueError(at: place, "the key \(key) is unknown", key: parent ?? key)
  }

  func has(_ key: String) -> Bool { members[key] != nil }

  mutating func take(_ key: String) -> Value? {
    members.removeValue(forKey: key)
  }

  /// Every key that is left, with its value.
  mutating func rest() -> [String: Value] {
    defer { members = [:] }
    return members
  }

  mutating func text(_ key: String) throws(CatalogueError) -> String? {
    guard let value = take(key) else { return nil }
    guard let text = value.text else { throw wrong(key, needs: "a text", has: value) }
    return text
  }

  mutating func word(_ key: String, among words: [String]) throws(CatalogueError) -> String? {
    guard let word = try text(key) else { return nil }
    guard words.contains(word) else {
      throw CatalogueError(
        at: place,
        "\(key) is \(word), and may be \(words.joined(separator: " or "))",
        key: parent ?? key
      )
    }
    return word
  }

  mutating func integer(_ key: String) throws(CatalogueError) -> Int? {
    guard let value = take(key) else { return nil }
    guard let number = value.integer else { throw wrong(key, needs: "a whole number", has: value) }
    return number
  }

  mutating func flag(_ key: String) throws(CatalogueError) -> Bool {
    guard let value = take(key) else { return false }
    guard let flag = value.bool else { throw wrong(key, needs: "true or false", has: value) }
    return flag
  }

  mutating func names(_ key: String) throws(CatalogueError) -> Set<String> {
    guard let value = take(key) else { return [] }
    let names = value.array?.compactMap(\.string)
    guard let names, names.count == value.array?.count else {
      throw wrong(key, needs: "a list of names", has: value)
    }
    return Set(names)
  }

  mutating func patterns(_ key: String) throws(CatalogueError) -> NamePatterns {
    NamePatterns(try names(key))
  }

  mutating func map(_ key: String) throws(CatalogueError) -> [String: Value] {
    guard let value = take(key) else { return [:] }
    guard let map = value.object else { throw wrong(key, needs: "a map", has: value) }
    return map
  }

  mutating func fields(_ key: String) throws(CatalogueError) -> Fields {
    try Fields(take(key) ?? .null, at: "\(place) / \(key)", below: parent ?? key)
  }

  mutating func texts(_ key: String) throws(CatalogueError) -> [String: String] {
    var inner = try fields(key)
    return try inner.allTexts()
  }

  /// Every key that is left, with its text.
  mutating func allTexts() throws(CatalogueError) -> [String: String] {
    var texts: [String: String] = [:]
    for key in members.keys.sorted() { texts[key] = try text(key) }
    return texts
  }

  private func wrong(_ key: String, needs: String, has value: Value) -> CatalogueError {
    CatalogueError(at: place, "\(key) needs \(needs), and has \(value.kind)", key: parent ?? key)
  }
}
