internal import Values

/// Builds the tree from events, and keeps aliases, depth and size in bounds.
struct Composer {
  /// Far beyond any schema, and far below what the stack holds.
  static let deepest = 100
  /// How much aliases may add to a document; the unit is a node with up to 64 bytes of text.
  static let mostExpanded = 100_000

  private(set) var warnings: [YAMLWarning] = []

  private let reader: EventReader
  private var anchors: [String: Anchor] = [:]
  private var anchorCount = 0
  /// The size of everything composed so far, aliases expanded.
  private var size = 0
  private var expanded = 0
  /// The deepest level reached since it was last set.
  private var reached = 0

  private enum Anchor {
    /// Being composed, so that an alias to it would contain itself.
    case open(id: Int)
    case closed(Node, size: Int, height: Int)
  }

  init(reading reader: EventReader) {
    self.reader = reader
  }

  /// The only document of the stream.
  mutating func document() throws(YAMLError) -> Node? {
    _ = try reader.next()
    let start = try reader.next()
    guard case .documentStart(let isOldVersion) = start.kind else { return nil }
    if isOldVersion {
      warnings.append(
        YAMLWarning(
          message: "the file says that it is YAML 1.1, and is read as YAML 1.2",
          location: start.location,
          hint: "remove the %YAML line"
        )
      )
    }
    let first = try reader.next()
    let root = try node(first, depth: 1)
    _ = try reader.next()
    let end = try reader.next()
    if case .documentStart = end.kind {
      throw YAMLError(
        "a second document starts here",
        at: end.location,
        hint: "keep one document in a file"
      )
    }
    if case .scalar(text: "", isPlain: true) = first.kind, first.tag == nil { return nil }
    return root
  }
}

// MARK: - Nodes

extension Composer {
  private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> Node {
    if case .alias(let name) = event.kind { return try alias(name, at: event.location, depth: depth) }
    guard depth <= Self.deepest else { throw .tooDeep(at: event.location) }
    guard let name = event.anchor else { return try content(event, depth: depth) }

    anchorCount += 1
    let id = anchorCount
    anchors[name] = .open(id: id)
    let (sizeBefore, reachedBefore) = (size, reached)
    reached = depth
    let node = try content(event, depth: depth)
    // An anchor of the same name inside this node is the later one, and stays.
    if case .open(id) = anchors[name] {
      anchors[name] = .closed(node, size: size - sizeBefore, height: reached - depth)
    }
    reached = max(reached, reachedBefore)
    return node
  }

  private mutating func content(_ event: Event, depth: Int) throws(YAMLError) -> Node {
    reached = max(reached, depth)
    size += 1
    switch event.kind {
    case .scalar(let text, let isPlain):
      size += text.utf8.count / 64
      let value = try scalar(text, isPlain: isPlain, event)
      return Node(.scalar(value), at: event.location, isPlain: isPlain)
    case .sequenceStart:
      try checkTag(event, is: "seq")
      return Node(.sequence(try elements(depth: depth)), at: event.location)
    case .mappingStart:
      try checkTag(event, is: "map")
      return Node(.mapping(try pairs(depth: depth)), at: event.location)
    default:
      throw YAMLError("a value is missing here", at: event.location)
    }
  }

  private mutating func elements(depth: Int) throws(YAMLError) -> [Node] {
    var elements: [Node] = []
    while true {
      let event = try reader.next()
      if case .sequenceEnd = event.kind { return elements }
      elements.append(try node(event, depth: depth + 1))
    }
  }

  private mutating func pairs(depth: Int) throws(YAMLError) -> [Node.Pair] {
    var pairs: [Node.Pair] = []
    var seen = KeyIndex()
    while true {
      let event = try reader.next()
      if case .mappingEnd = event.kind { return pairs }
      let key = try key(event)
      size += key.utf8.count / 64
      if let first = seen.find(key, among: pairs) {
        throw YAMLError(
          "the key '\(key)' is in this map twice; the first is in line \(first.line), column \(first.column)",
          at: event.location,
          hint: "remove one of them"
        )
      }
      let value = try node(try reader.next(), depth: depth + 1)
      pairs.append(Node.Pair(key: key, keyLocation: event.location, value: value))
    }
  }

  private mutating func alias(
    _ name: String,
    at location: SourceLocation,
    depth: Int
  ) throws(YAMLError) -> Node {
    // Names of aliases are not shown: an unquoted password may start with an asterisk.
    switch anchors[name] {
    case nil:
      throw YAMLError(
        "this alias has no anchor before it",
        at: location,
        hint: "quote text that starts with an asterisk"
      )
    case .open:
      throw YAMLError("this alias stands inside what it refers to", at: location)
    case .closed(let node, let nodeSize, let height):
      guard depth + height <= Self.deepest else { throw .tooDeep(at: location) }
      size += nodeSize
      expanded += nodeSize
      guard expanded <= Self.mostExpanded else {
        throw YAMLError("the aliases up to here expand to too many values", at: location)
      }
      reached = max(reached, depth + height)
      return node
    }
  }
}

// MARK: - Scalars and keys

extension Composer {
  private mutating func scalar(
    _ text: String,
    isPlain: Bool,
    _ event: Event
  ) throws(YAMLError) -> Value {
    if let tag = event.tag { return try CoreSchema.value(of: text, tag: tag, at: event.location) }
    guard isPlain else { return .string(text) }
    if text.isEmpty, event.anchor != nil {
      warnings.append(
        YAMLWarning(
          message: "this is an anchor without a value",
          location: event.location,
          hint: "quote text that starts with an ampersand"
        )
      )
    }
    let value = try CoreSchema.value(ofPlain: text, at: event.location)
    if let other = LegacySchema.otherReading(ofPlain: text) {
      warnings.append(
        YAMLWarning(
          message: "YAML 1.1 reads this as \(other); here it is \(value.string == nil ? "decimal" : "text")",
          location: event.location,
          hint: "quote it if it is text; otherwise write what you mean in full"
        )
      )
    }
    return value
  }

  private func checkTag(_ event: Event, is expected: String) throws(YAMLError) {
    guard let tag = event.tag, tag != "!", tag != CoreSchema.tagPrefix + expected else { return }
    throw CoreSchema.unknownTag(at: event.location)
  }

  private func key(_ event: Event) throws(YAMLError) -> String {
    guard case .scalar(let text, let isPlain) = event.kind else {
      throw YAMLError("a key must be text, not a list, a map or an alias", at: event.location)
    }
    if let tag = event.tag, tag != CoreSchema.tagPrefix + "str" {
      throw CoreSchema.unknownTag(at: event.location)
    }
    if event.anchor != nil { throw YAMLError("a key cannot have an anchor", at: event.location) }
    if isPlain, text.isEmpty { throw YAMLError("a key is missing here", at: event.location) }
    if isPlain, text == "<<" {
      throw YAMLError(
        "merge keys (<<) are not part of YAML 1.2",
        at: event.location,
        hint: "write the keys out, or give the whole value by an alias"
      )
    }
    return text
  }
}

/// Finds duplicate keys; small maps, which are nearly all, need no table.
private struct KeyIndex {
  private var locations: [String: SourceLocation] = [:]

  /// Where the key is, if it is there already; `pairs` only ever grows between calls.
  mutating func find(_ key: String, among pairs: [Node.Pair]) -> SourceLocation? {
    guard pairs.count >= 32 else { return pairs.first { $0.key == key }?.keyLocation }
    for pair in pairs[locations.count...] { locations[pair.key] = pair.keyLocation }
    return locations[key]
  }
}
