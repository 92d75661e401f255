/// The families of one type of mount, the most specific first.
struct Families: Sendable {
  private let byFirst: [String: [(PathTemplate, Endpoint)]]
  /// Those that start with a placeholder.
  private let open: [(PathTemplate, Endpoint)]

  init(_ entries: [(PathTemplate, Endpoint)]) {
    var byFirst: [String: [(PathTemplate, Endpoint)]] = [:]
    var open: [(PathTemplate, Endpoint)] = []
    for entry in entries.sorted(by: { $0.0 < $1.0 }) {
      if case .literal(let first)? = entry.0.parts.first {
        byFirst[first, default: []].append(entry)
      } else {
        open.append(entry)
      }
    }
    self.byFirst = byFirst
    self.open = open
  }

  var count: Int { byFirst.values.reduce(open.count) { $0 + $1.count } }

  /// Every entry, in no particular order.
  var all: [(PathTemplate, Endpoint)] { byFirst.values.flatMap { $0 } + open }

  var names: [String] { all.map(\.1.family) }

  func endpoint(named family: String) -> Endpoint? {
    (byFirst.values.flatMap { $0 } + open).first { $0.1.family == family }?.1
  }

  /// The entry for a path relative to the mount, bound to it.
  func endpoint(for relative: Substring) -> Endpoint? {
    let segments = relative.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map(Substring.init)
    // `config/ca#2` is the second time of `config/ca`; anywhere but in an action, `#` is part of the name.
    if relative.utf8.contains(UInt8(ascii: "#")), let last = segments.last, let tag = last.lastIndex(of: "#"),
      let action = find(segments.dropLast() + [last[..<tag]]), action.kind == .action
    {
      return action
    }
    return find(segments)
  }

  private func find(_ segments: [Substring]) -> Endpoint? {
    guard let first = segments.first else { return nil }
    return find(segments, in: byFirst[String(first)] ?? []) ?? find(segments, in: open)
  }

  private func find(_ segments: [Substring], in entries: [(PathTemplate, Endpoint)]) -> Endpoint? {
    for (template, endpoint) in entries {
      guard let bindings = template.match(segments) else { continue }
      var bound = endpoint
      bound.bindings = bindings
      return bound
    }
    return nil
  }
}

/// Segments that mark a path of an unknown family as something done once.
struct ActionNames: Sendable {
  var first: Set<String> = []
  var last: Set<String> = []

  /// Whether these segments of a path, relative to its mount, name something to do.
  func match(_ segments: [String]) -> Bool {
    guard let start = segments.first?.prefix(while: { $0 != "#" }), let end = segments.last else {
      return false
    }
    // Of two segments, the second may be a name: `roles/rotate`.
    return first.contains(String(start))
      || segments.count > 2
        && last.contains(String(end.prefix { $0 != "#" }))
  }
}
