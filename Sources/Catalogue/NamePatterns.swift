/// Field names, some of them with `*` in the place of any text: `password`, `*_secret`, `options.*`.
package struct NamePatterns: Hashable, Sendable {
  private let exact: Set<String>
  private let wildcards: [Wildcard]

  /// Takes names, each with one `*` at most.
  package init(_ patterns: some Sequence<String> = []) {
    var exact: Set<String> = []
    var wildcards: Set<Wildcard> = []
    for pattern in patterns {
      if let wildcard = Wildcard(pattern) {
        wildcards.insert(wildcard)
      } else {
        exact.insert(pattern)
      }
    }
    self.exact = exact
    self.wildcards = wildcards.sorted { ($0.prefix, $0.suffix) < ($1.prefix, $1.suffix) }
  }

  /// Whether no name at all matches.
  package var isEmpty: Bool { exact.isEmpty && wildcards.isEmpty }

  /// Whether one of the patterns stands for this name.
  package func matches(_ name: String) -> Bool {
    exact.contains(name) || wildcards.contains { $0.matches(name) }
  }

  /// The patterns as they were written, sorted.
  package var patterns: [String] {
    (exact + wildcards.map { "\($0.prefix)*\($0.suffix)" }).sorted()
  }

  /// What either of the two stands for.
  package func union(_ other: NamePatterns) -> NamePatterns {
    NamePatterns(patterns + other.patterns)
  }

  private struct Wildcard: Hashable {
    let prefix: String
    let suffix: String

    init?(_ pattern: String) {
      guard let star = pattern.firstIndex(of: "*") else { return nil }
      prefix = String(pattern[..<star])
      suffix = String(pattern[pattern.index(after: star)...])
    }

    func matches(_ name: String) -> Bool {
      name.utf8.count >= prefix.utf8.count + suffix.utf8.count && name.hasPrefix(prefix)
        && name.hasSuffix(suffix)
    }
  }
}
