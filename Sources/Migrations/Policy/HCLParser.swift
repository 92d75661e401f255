/// Reads HCL of version 1 into items with their places.
struct HCLParser {
  struct Item {
    struct Key: Hashable {
      let text: String
      let place: TextPlace
    }

    let keys: [Key]
    let value: Expression
  }

  indirect enum Expression {
    case string(String)
    case number(String)
    case bool(Bool)
    case list([(value: Expression, place: TextPlace)])
    case object([Item])
  }

  private var lexer: HCLLexer
  private var token = HCLLexer.Token.end
  private var place = TextPlace(line: 1, column: 1)
  private var depth = 0

  /// More than any policy has; a parser that calls itself must end somewhere.
  private static let deepest = 100

  /// All items of a text.
  static func items(of text: String) throws(PolicyTextError) -> [Item] {
    var parser = HCLParser(lexer: HCLLexer(text))
    try parser.advance()
    return try parser.items(until: .end)
  }

  private init(lexer: HCLLexer) { self.lexer = lexer }

  private mutating func advance() throws(PolicyTextError) {
    (token, place) = try lexer.next()
  }

  private func unexpected(_ wanted: String) -> PolicyTextError {
    PolicyTextError(message: "\(token.name) where \(wanted) is expected", place: place)
  }

  private mutating func items(until end: HCLLexer.Token) throws(PolicyTextError) -> [Item] {
    var items: [Item] = []
    while token != end {
      items.append(try item())
      // Commas between items are allowed.
      if token == .comma { try advance() }
    }
    return items
  }

  private mutating func item() throws(PolicyTextError) -> Item {
    var keys: [Item.Key] = []
    while true {
      switch token {
      case .word(let text), .string(let text):
        keys.append(Item.Key(text: text, place: place))
        try advance()
      case .assign where keys.count == 1:
        try advance()
        return Item(keys: keys, value: try expression())
      case .openBrace where !keys.isEmpty: return Item(keys: keys, value: try object())
      default: throw unexpected(keys.isEmpty ? "a name" : "\"{\" or \"=\"")
      }
    }
  }

  private mutating func object() throws(PolicyTextError) -> Expression {
    try descend()
    defer { depth -= 1 }
    try advance()
    let items = try items(until: .closeBrace)
    try advance()
    return .object(items)
  }

  private mutating func expression() throws(PolicyTextError) -> Expression {
    let value: Expression
    switch token {
    case .string(let text), .heredoc(let text): value = .string(text)
    case .number(let text): value = .number(text)
    case .bool(let flag): value = .bool(flag)
    case .openBrace: return try object()
    case .openBracket: return try list()
    default: throw unexpected("a value")
    }
    try advance()
    return value
  }

  private mutating func list() throws(PolicyTextError) -> Expression {
    try descend()
    defer { depth -= 1 }
    var elements: [(value: Expression, place: TextPlace)] = []
    try advance()
    var needsComma = false
    while token != .closeBracket {
      if token == .comma {
        // As servers do: more commas than needed are no error.
        needsComma = false
        try advance()
        continue
      }
      if needsComma { throw unexpected("\",\" or \"]\"") }
      let start = place
      elements.append((try expression(), start))
      needsComma = true
    }
    try advance()
    return .list(elements)
  }

  private mutating func descend() throws(PolicyTextError) {
    depth += 1
    if depth > Self.deepest { throw PolicyTextError(message: "it is nested too deeply", place: place) }
  }
}
