import FoundationEssentials

/// In whose name commits are made.
package struct Identity: Hashable, Sendable {
  package let author: Signature
  package let committer: Signature

  /// Who we are when nobody says.
  package static let fallback = (name: "vault-migrations", email: "vault-migrations@localhost")

  /// Finds author and committer as git would: variables, then configuration; and a fixed name at last.
  ///
  /// A pipeline often has neither, and must not fail for it. A date that cannot be read counts as now.
  ///
  /// - Parameters:
  ///   - environment: Where `GIT_AUTHOR_NAME`, `GIT_COMMITTER_DATE` and the others are.
  ///   - repository: Whose configuration to read; nil for none.
  ///   - now: Seconds since 1970.
  /// - Returns: Two signatures that git accepts.
  package static func resolve(
    environment: [String: String],
    repository: Repository?,
    now: Int64 = Int64(Date().timeIntervalSince1970)
  ) -> Identity {
    let configured = { (name: String) -> String? in
      guard let value = try? repository?.configuration(name) else { return nil }
      return clean(value)
    }
    let signature = { (role: String) -> Signature in
      let variable = { (field: String) -> String? in
        environment["GIT_\(role)_\(field)"].flatMap { clean($0) }
      }
      let date = environment["GIT_\(role)_DATE"].flatMap { parseDate($0) }
      let setting = role.lowercased()
      return Signature(
        name: variable("NAME") ?? configured("\(setting).name") ?? configured("user.name") ?? fallback.name,
        email: variable("EMAIL") ?? configured("\(setting).email") ?? configured("user.email")
          ?? environment["EMAIL"].flatMap { clean($0) } ?? fallback.email,
        time: date?.time ?? now,
        offsetMinutes: date?.offsetMinutes ?? 0
      )
    }
    return Identity(author: signature("AUTHOR"), committer: signature("COMMITTER"))
  }

  // A signature has no room for these characters, and git refuses one that is empty without them.
  private static func clean(_ text: String) -> String? {
    let kept = String(text.filter { !"<>\n\r\0".contains($0) })
    return kept.contains { !$0.isWhitespace && !".,:;\"\\'".contains($0) } ? kept : nil
  }

  /// Reads `@seconds +0100` and `seconds +0100`, with or without the zone.
  private static func parseDate(_ text: String) -> (time: Int64, offsetMinutes: Int32)? {
    let parts = text.split(separator: " ")
    guard let first = parts.first, parts.count <= 2 else { return nil }
    guard let time = Int64(first.hasPrefix("@") ? first.dropFirst() : first) else { return nil }
    guard parts.count == 2 else { return (time, 0) }
    guard parts[1].utf8.count == 5, let zone = Int32(parts[1]), parts[1].first == "+" || parts[1].first == "-"
    else { return nil }
    return (time, zone / 100 * 60 + zone % 100)
  }
}
