package import Values

/// A document that is changed in its text: every line that a change is not about stays as it is, comments included.
///
/// Only the block style can be changed line by line; what is written in flow style, `{a: 1}`, is written anew as a whole.
package struct TextEdit {
  private var lines: [String]
  private let file: String
  private let hasCarriageReturns: Bool
  /// The document as it is now; `nil` if there is nothing but comments.
  package private(set) var root: Node?

  /// Takes a document.
  ///
  /// - Throws: ``YAMLError`` for text that is not YAML.
  package init(_ bytes: [UInt8], file: String) throws(YAMLError) {
    self.file = file
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    hasCarriageReturns = lines.first?.utf8.last == UInt8(ascii: "\r")
    root = try YAML.parse(bytes, file: file).document
  }

  package var bytes: [UInt8] { Array(lines.joined(separator: "\n").utf8) }

  /// Gives a key another value, or adds it behind its siblings.
  ///
  /// - Parameters:
  ///   - keys: From the root, as the document has them; all but the last must be there.
  ///   - value: What to write.
  /// - Throws: ``YAMLError`` if the text around it cannot be changed like that; nothing is changed then.
  package mutating func set(_ keys: [String], to value: Value) throws(YAMLError) {
    try change(keys) { edit, place in edit.write(value, at: place) }
  }

  /// Takes a key away with its value; comments above it stay.
  ///
  /// - Throws: ``YAMLError`` as for ``set(_:to:)``.
  package mutating func remove(_ keys: [String]) throws(YAMLError) {
    try change(keys) { edit, place in edit.remove(at: place) }
  }

  // MARK: - Checking

  /// Makes a change, and keeps it only if the document then says what it should.
  private mutating func change(
    _ keys: [String],
    _ body: (inout TextEdit, Place) -> Expectation
  ) throws(YAMLError) {
    guard let root, let place = Place(keys, in: root, lastLine: lines.count) else {
      throw failure(at: nil)
    }
    var edited = self
    let expected = body(&edited, place)
    guard let (document, _) = try? YAML.parse(edited.bytes, file: file),
      document?.value == root.value.replacing(expected.keys[...], with: expected.value)
    else { throw failure(at: place.location) }
    edited.root = document
    self = edited
  }

  private func failure(at location: SourceLocation?) -> YAMLError {
    YAMLError(
      "the text here cannot be changed without touching what is around it",
      at: location ?? SourceLocation(file: file),
      hint: "change it by hand"
    )
  }

  /// What a change makes of the document.
  private struct Expectation {
    let keys: [String]
    /// `nil` for a key that is gone.
    let value: Value?
  }

  // MARK: - Changing lines

  private mutating func write(_ value: Value, at place: Place) -> Expectation {
    let expectation = Expectation(keys: place.keys, value: value)
    if let outer = flowParent(of: place) {
      let inner = place.keys.dropFirst(outer.keys.count)
      _ = write((outer.pair?.value.value ?? [:]).replacing(inner, with: value), at: outer)
      return expectation
    }
    guard let pair = place.pair else {
      guard let parent = place.parent else { return expectation }
      insert(place.keys.last ?? "", value, below: parent)
      return expectation
    }
    let extent = extent(of: place)
    let indent = pair.keyLocation.column - 1
    var written = emitted(value, behind: rawKey(of: pair), indent: indent)
    if extent.count == 1, written.count == 1 { written[0] += comment(after: pair) }
    replace(extent, with: written)
    return expectation
  }

  private mutating func remove(at place: Place) -> Expectation {
    let expectation = Expectation(keys: place.keys, value: nil)
    if let outer = flowParent(of: place) {
      let inner = place.keys.dropFirst(outer.keys.count)
      _ = write((outer.pair?.value.value ?? [:]).replacing(inner, with: nil), at: outer)
    } else if let parent = place.parent, place.siblings.count == 1 {
      // A map without keys would be read as nothing.
      _ = write([:], at: parent)
    } else {
      lines.removeSubrange(extent(of: place))
    }
    return expectation
  }

  private mutating func insert(_ key: String, _ value: Value, below parent: Place) {
    guard let last = parent.children.last, let pair = last.pair else { return }
    let text = String(YAML.emit([key: 0]).dropLast(": 0\n".count))
    let written = emitted(value, behind: text, indent: pair.keyLocation.column - 1)
    let end = extent(of: last).upperBound
    lines.insert(contentsOf: written.map(ended), at: end)
  }

  private mutating func replace(_ extent: Range<Int>, with written: [String]) {
    lines.replaceSubrange(extent, with: written.map(ended))
  }

  private func ended(_ line: String) -> String { hasCarriageReturns ? line + "\r" : line }

  private func emitted(_ value: Value, behind key: String, indent: Int) -> [String] {
    // One letter stands for the key, which stays as it is written.
    let text = YAML.emit(["k": value]).dropFirst()
    let pad = String(repeating: " ", count: indent)
    return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      .map { index, line in index == 0 ? pad + key + line : line.isEmpty ? "" : pad + line }
  }

  // MARK: - Looking at lines

  /// The nearest map around a place that is not written line by line.
  private func flowParent(of place: Place) -> Place? {
    var found: Place?
    var parent = place.parent
    while let current = parent {
      if let value = current.pair?.value, !isBlock(value) { found = current }
      parent = current.parent
    }
    return found
  }

  private func isBlock(_ node: Node) -> Bool {
    guard node.mapping?.isEmpty == false else { return false }
    let line = scalars(node.location.line)
    let column = node.location.column - 1
    return line.indices.contains(column) && line[column] != "{"
  }

  /// The lines of a key and its value, without the blank lines and comments that follow.
  private func extent(of place: Place) -> Range<Int> {
    guard let pair = place.pair else { return 0..<0 }
    let start = pair.keyLocation.line - 1
    var end = place.end
    while end > start + 1, isBetween(lines[end - 1], indent: pair.keyLocation.column - 1) { end -= 1 }
    return start..<end
  }

  /// Whether a line belongs to nobody: blank, or a comment that is not deeper than the key before it.
  private func isBetween(_ line: String, indent: Int) -> Bool {
    let text = line.unicodeScalars.drop { $0 == " " || $0 == "\t" || $0 == "\r" }
    guard let first = text.first else { return true }
    let depth = line.unicodeScalars.prefix { $0 == " " }.count
    return first == "#" && depth <= indent || line.hasPrefix("...") || line.hasPrefix("---")
  }

  private func scalars(_ line: Int) -> [Unicode.Scalar] {
    guard lines.indices.contains(line - 1) else { return [] }
    return Array(lines[line - 1].unicodeScalars)
  }

  /// A key as it is written, quotes included.
  private func rawKey(of pair: Node.Pair) -> String {
    let line = scalars(pair.keyLocation.line)
    let start = pair.keyLocation.column - 1
    guard line.indices.contains(start) else { return pair.key }
    var end = start
    if let quoted = Self.endOfQuotes(line, from: start) { end = quoted }
    while end < line.count {
      let next = end + 1 < line.count ? line[end + 1] : " "
      if line[end] == ":", next == " " || next == "\r" || next == "\t" { break }
      end += 1
    }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: line[start..<end])
    return String(text)
  }

  /// The comment behind a value on one line, with the blanks before it.
  private func comment(after pair: Node.Pair) -> String {
    let line = scalars(pair.value.location.line).filter { $0 != "\r" }
    let start = pair.value.location.column - 1
    guard pair.value.location.line == pair.keyLocation.line, line.indices.contains(start) else { return "" }
    var index = Self.endOfQuotes(line, from: start) ?? start
    while index < line.count {
      if line[index] == "#", index > 0, line[index - 1] == " " || line[index - 1] == "\t" { break }
      index += 1
    }
    guard index < line.count else { return "" }
    while index > start, line[index - 1] == " " || line[index - 1] == "\t" { index -= 1 }
    var text = String.UnicodeScalarView()
    text.append(contentsOf: line[index...])
    return String(text)
  }

  /// Behind the closing quote of a scalar that starts with one; `nil` for any other.
  private static func endOfQuotes(_ line: [Unicode.Scalar], from start: Int) -> Int? {
    let quote = line[start]
    guard quote == "\"" || quote == "'" else { return nil }
    var index = start + 1
    while index < line.count {
      if line[index] == "\\", quote == "\"" {
        index += 1
      } else if line[index] == quote {
        guard quote == "'", index + 1 < line.count, line[index + 1] == "'" else { return index + 1 }
        index += 1
      }
      index += 1
    }
    return line.count
  }
}

/// Where a key stands, or would stand, with the keys around it.
private final class Place {
  let keys: [String]
  /// `nil` for the root, and for a key that is not there yet.
  let pair: Node.Pair?
  let parent: Place?
  let siblings: [Node.Pair]
  /// The index of the first line that is no longer about it.
  let end: Int

  private init(_ keys: [String], _ pair: Node.Pair?, _ parent: Place?, _ siblings: [Node.Pair], end: Int) {
    self.keys = keys
    self.pair = pair
    self.parent = parent
    self.siblings = siblings
    self.end = end
  }

  /// - Returns: `nil` if a key on the way is missing.
  convenience init?(_ keys: [String], in root: Node, lastLine: Int) {
    guard let first = root.mapping, !keys.isEmpty else { return nil }
    var parent: Place?
    var pairs = first
    var end = lastLine
    for (depth, key) in keys.dropLast().enumerated() {
      guard let index = pairs.firstIndex(where: { $0.key == key }) else { return nil }
      end = Self.end(of: index, in: pairs, outer: end)
      parent = Place(Array(keys[...depth]), pairs[index], parent, pairs, end: end)
      pairs = pairs[index].value.mapping ?? []
    }
    let index = pairs.firstIndex { $0.key == keys.last }
    self.init(
      keys,
      index.map { pairs[$0] },
      parent,
      pairs,
      end: index.map { Self.end(of: $0, in: pairs, outer: end) } ?? end
    )
  }

  var location: SourceLocation? { pair?.keyLocation ?? parent?.location }

  /// The keys inside, each with its place.
  var children: [Place] {
    let pairs = pair?.value.mapping ?? []
    return pairs.indices.map { index in
      Place(
        keys + [pairs[index].key],
        pairs[index],
        self,
        pairs,
        end: Self.end(of: index, in: pairs, outer: end)
      )
    }
  }

  private static func end(of index: Int, in pairs: [Node.Pair], outer: Int) -> Int {
    index + 1 < pairs.count ? pairs[index + 1].keyLocation.line - 1 : outer
  }
}

extension Value {
  /// The same tree with another value at a path of keys, or without it.
  fileprivate func replacing(_ keys: ArraySlice<String>, with value: Value?) -> Value {
    guard let key = keys.first else { return value ?? self }
    var members = object ?? [:]
    members[key] = keys.count == 1 ? value : (members[key] ?? [:]).replacing(keys.dropFirst(), with: value)
    return .object(members)
  }
}
