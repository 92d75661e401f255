/// Which rule of one or several policies decides about a path, and what it grants.
///
/// The order in which servers look: the rule with exactly this path, then of all patterns that match the one whose first
/// `+` or `*` comes last, then one without `*` at its end, then the one with fewer `+`, then the longer one. Rules with the
/// same path are one, of whatever policies they come; `deny` among them wins.
///
/// Source: the policy syntax of Vault, https://developer.hashicorp.com/vault/docs/concepts/policies#priority-matching
package struct PolicyRules: Sendable {
  private var exact: [[UInt8]: Set<String>] = [:]
  private var prefixes: [[UInt8]: Set<String>] = [:]
  private var patterns: [[UInt8]: Set<String>] = [:]

  package init(_ rules: some Sequence<PolicyText.Rule>) {
    for rule in rules where rule.expiration == nil {
      let pattern = PolicyPattern(rule.path)
      switch pattern.kind {
      case .exact: Self.merge(rule.granted, into: &exact[pattern.bytes])
      case .prefix: Self.merge(rule.granted, into: &prefixes[pattern.bytes])
      case .segments: Self.merge(rule.granted, into: &patterns[Array(rule.path.utf8)])
      }
    }
  }

  private static func merge(_ granted: Set<String>, into existing: inout Set<String>?) {
    let all = (existing ?? []).union(granted)
    existing = all.contains("deny") ? ["deny"] : all
  }

  /// What a token with these policies may do at a path, in the words of `sys/capabilities`: `deny` for nothing.
  package func capabilities(on path: String) -> Set<String> {
    let granted = deciding(path, lists: true) ?? []
    return granted.isEmpty ? ["deny"] : granted
  }

  /// Whether a request is allowed; lists are looked for with and without a slash at the end.
  package func allows(_ capability: String, on path: String) -> Bool {
    (deciding(path, lists: capability == "list") ?? []).contains(capability)
  }

  private func deciding(_ path: String, lists: Bool) -> Set<String>? {
    var bytes = Array(path.utf8)
    while bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
    if let found = exact[bytes] { return found }
    if lists, bytes.last == UInt8(ascii: "/"), let found = exact[Array(bytes.dropLast())] { return found }
    if let found = inexact(bytes) { return found }
    // OpenBao looks for the path as it is first, HashiCorp Vault for that without the slash.
    return lists && bytes.last == UInt8(ascii: "/") ? inexact(Array(bytes.dropLast())) : nil
  }

  private func inexact(_ path: [UInt8]) -> Set<String>? {
    var best: (pattern: PolicyPattern, granted: Set<String>)?
    if let length = (0...path.count).last(where: { prefixes[Array(path.prefix($0))] != nil }) {
      let prefix = Array(path.prefix(length))
      best = (PolicyPattern(prefix: prefix), prefixes[prefix] ?? [])
    }
    for (text, granted) in patterns {
      let pattern = PolicyPattern(String(decoding: text, as: UTF8.self))
      guard pattern.matches(path) else { continue }
      if best.map({ $0.pattern.yields(to: pattern) }) ?? true { best = (pattern, granted) }
    }
    return best?.granted
  }
}

/// The path of a rule: exact, with `*` at its end, or with `+` for whole segments.
package struct PolicyPattern: Hashable, Sendable {
  package enum Kind: Hashable, Sendable { case exact, prefix, segments }

  package let kind: Kind
  /// The text without the `*` at its end.
  let bytes: [UInt8]
  /// Whether more may follow.
  let isOpen: Bool
  private let parts: [[UInt8]]

  package init(_ path: String) {
    let all = Array(path.utf8)
    let parts = all.split(separator: 0x2F, omittingEmptySubsequences: false)
    // As servers do: any "+" behind a slash makes it a pattern of segments, whole or not.
    let hasSegments =
      path == "+" || path.hasPrefix("+/") || parts.dropFirst().contains { $0.first == UInt8(ascii: "+") }
    isOpen = all.last == UInt8(ascii: "*")
    bytes = isOpen ? Array(all.dropLast()) : all
    kind = hasSegments ? .segments : isOpen ? .prefix : .exact
    self.parts = bytes.split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init)
  }

  init(prefix: [UInt8]) {
    kind = .prefix
    bytes = prefix
    isOpen = true
    parts = prefix.split(separator: 0x2F, omittingEmptySubsequences: false).map(Array.init)
  }

  private static let plus = [UInt8(ascii: "+")]

  /// How far the text is literal.
  private var firstWildcard: Int {
    kind == .segments ? bytes.firstIndex(of: UInt8(ascii: "+")) ?? bytes.count : bytes.count
  }

  private var wildcards: Int { kind == .segments ? parts.count { $0 == Self.plus } : 0 }

  /// Whether a path is one of those that are meant.
  package func matches(_ path: String) -> Bool { matches(Array(path.utf8)) }

  func matches(_ path: [UInt8]) -> Bool {
    switch kind {
    case .exact: return bytes == path
    case .prefix: return path.starts(with: bytes)
    case .segments:
      let segments = path.split(separator: 0x2F, omittingEmptySubsequences: false)
      guard isOpen ? segments.count >= parts.count : segments.count == parts.count else { return false }
      return parts.indices.allSatisfy { index in
        parts[index] == Self.plus || segments[index].elementsEqual(parts[index])
          || isOpen && index == parts.count - 1 && segments[index].starts(with: parts[index])
      }
    }
  }

  /// Whether another pattern that matches too decides in the place of this one.
  func yields(to other: PolicyPattern) -> Bool {
    if other.kind == .exact { return kind != .exact }
    if kind == .exact { return false }
    if firstWildcard != other.firstWildcard { return firstWildcard < other.firstWildcard }
    if isOpen != other.isOpen { return isOpen }
    if wildcards != other.wildcards { return wildcards > other.wildcards }
    if bytes.count != other.bytes.count { return bytes.count < other.bytes.count }
    return bytes.lexicographicallyPrecedes(other.bytes)
  }

  /// Whether a path may be matched by both; a yes is a guess, a no is certain.
  package func mayMeet(_ other: PolicyPattern) -> Bool {
    let (mine, its) = (bytes.prefix(firstWildcard), other.bytes.prefix(other.firstWildcard))
    return mine.starts(with: its) || its.starts(with: mine)
  }

  /// Whether every path that another pattern matches is matched by this one, too.
  package func covers(_ other: PolicyPattern) -> Bool {
    if self == other { return true }
    switch (kind, other.kind) {
    case (.exact, _): return false
    case (_, .exact): return matches(other.bytes)
    case (.prefix, _): return other.bytes.prefix(other.firstWildcard).starts(with: bytes)
    case (.segments, .prefix): return false
    case (.segments, .segments):
      guard isOpen ? other.parts.count >= parts.count : !other.isOpen && other.parts.count == parts.count
      else { return false }
      return parts.indices.allSatisfy { index in
        let (mine, its) = (parts[index], other.parts[index])
        if isOpen, index == parts.count - 1 {
          return its == Self.plus ? mine.isEmpty : its.starts(with: mine)
        }
        return mine == Self.plus || mine == its
      }
    }
  }
}
