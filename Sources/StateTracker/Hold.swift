package import Values

/// That an environment was rolled back in a hurry, and waits for the migrations to say the same.
package struct Hold: Sendable, Hashable {
  /// The version that is recorded as applied.
  package var from: Int
  /// The version whose content the environment has.
  package var to: Int
  /// ISO 8601, in UTC.
  package var since: String
  package var by: String

  package init(from: Int, to: Int, since: String, by: String) {
    self.from = from
    self.to = to
    self.since = since
    self.by = by
  }

  package var value: Value {
    [
      "from": .string(VersionLabel.text(from)), "to": .string(VersionLabel.text(to)),
      "since": .string(since), "by": .string(by),
    ]
  }

  package init?(_ value: Value) {
    guard let from = value["from"]?.string.flatMap({ Int($0) }),
      let to = value["to"]?.string.flatMap({ Int($0) }), 0 <= to, to < from
    else { return nil }
    self.init(from: from, to: to, since: value["since"]?.string ?? "", by: value["by"]?.string ?? "")
  }
}
