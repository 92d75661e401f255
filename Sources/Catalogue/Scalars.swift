/// Numbers as JSON or a user spells them.
enum Numbers {
  /// Whether two texts are the same number; whole numbers that fit are compared without rounding.
  static func equal(_ one: String, _ other: String) -> Bool {
    if let first = Int(one), let second = Int(other) { return first == second }
    guard let first = Double(one), let second = Double(other) else { return false }
    return first == second
  }
}

/// A connection URL that comes back without its password.
enum MaskedURL {
  /// Whether two URLs are the same but for the password, and for the way characters are encoded.
  static func same(_ written: String, _ live: String) -> Bool {
    guard let written = written.percentDecoded, let live = live.percentDecoded else { return false }
    return written == live || live.contains(":xxxxx@") && withoutPassword(written) == withoutPassword(live)
  }

  private static func withoutPassword(_ url: String) -> String {
    guard let at = url.lastIndex(of: "@") else { return url }
    let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    guard start < at, let colon = url[start..<at].firstIndex(of: ":") else { return url }
    return url[...colon] + "xxxxx" + url[at...]
  }
}
