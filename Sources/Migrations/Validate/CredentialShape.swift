import Configuration
import Values

/// What a credential looks like that somebody else gave out, or a generator made.
struct CredentialShape {
  /// What it probably is, for a message: `a token of Vault`.
  let name: String

  /// Looks for a credential anywhere in a text; references in it are none.
  ///
  /// - Parameters:
  ///   - text: What was written.
  ///   - judgesRandomness: Whether a long text without sense counts as one.
  /// - Returns: `nil` if there is none.
  static func find(in text: String, judgesRandomness: @autoclosure () -> Bool) -> CredentialShape? {
    guard let template = try? Template(text) else { return nil }
    for case .literal(let literal) in template.segments {
      if let name = name(in: literal, judgesRandomness()) { return CredentialShape(name: name) }
    }
    return nil
  }

  /// Nothing shorter is of any format.
  private static let shortest = 15

  private static func name(in text: String, _ judgesRandomness: @autoclosure () -> Bool) -> String? {
    guard text.utf8.count >= 16 else { return nil }
    if text.holds("PRIVATE KEY-----"), text.holds("-----BEGIN ") { return "a private key" }
    // Certificates and public keys are for everybody; what Transit encrypted is no secret any more.
    if text.holds("-----BEGIN ") || text.hasPrefix("vault:v") { return nil }
    for bytes in text.utf8.split(whereSeparator: { !isPart($0) }) where bytes.count >= shortest {
      let word = Substring(bytes)
      if let known = knownFormats.first(where: { $0.matches(word) }) { return known.name }
      if isJWT(word) { return "a signed token (JWT)" }
      if isRandom(word), judgesRandomness() { return "a random text" }
    }
    return nil
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    Kind(byte) != .other || [0x2E, 0x5F, 0x2D, 0x2B, 0x2F].contains(byte)  // . _ - + /
  }

  // MARK: - Known formats

  /// A beginning, and how many letters, digits, `_` and `-` follow it.
  private struct Format {
    let name: String
    let prefix: String
    let lengths: ClosedRange<Int>
    var isUpperCase = false

    func matches(_ word: Substring) -> Bool {
      guard word.hasPrefix(prefix) else { return false }
      // A token of a namespace ends in a dot and the namespace's id.
      let rest = word.dropFirst(prefix.count).prefix { $0 != "." && $0 != "/" && $0 != "+" }
      guard lengths.contains(rest.count) else { return false }
      return !isUpperCase || rest.allSatisfy { $0.isUppercase || $0.isNumber }
    }
  }

  private static let knownFormats: [Format] =
    ["hvs.", "hvb.", "hvr."].map { Format(name: "a token of Vault", prefix: $0, lengths: 20...500) }
    + [
      Format(name: "a token of Vault", prefix: "s.", lengths: 24...24),
      Format(name: "a token of Vault", prefix: "b.", lengths: 60...500),
    ]
    + ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"].map {
      Format(name: "a token of GitHub", prefix: $0, lengths: 36...255)
    }
    + [Format(name: "a token of GitHub", prefix: "github_pat_", lengths: 22...255)]
    + ["glpat-", "gldt-", "glrt-", "glptt-"].map {
      Format(name: "a token of GitLab", prefix: $0, lengths: 20...255)
    }
    + ["AKIA", "ASIA"].map {
      Format(name: "an access key of AWS", prefix: $0, lengths: 16...16, isUpperCase: true)
    }
    + ["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"].map {
      Format(name: "a token of Slack", prefix: $0, lengths: 10...255)
    }
    + ["sk_live_", "rk_live_"].map { Format(name: "a key of Stripe", prefix: $0, lengths: 16...255) }
    + [
      Format(name: "a key of Google", prefix: "AIza", lengths: 35...35),
      Format(name: "a token of npm", prefix: "npm_", lengths: 36...36),
      Format(name: "a key of SendGrid", prefix: "SG.", lengths: 20...24),
    ]

  private static func isJWT(_ word: Substring) -> Bool {
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 3 && parts[0].hasPrefix("eyJ") && parts[1].hasPrefix("eyJ") && parts[2].count >= 16
  }

  // MARK: - Randomness

  /// Whether a word is one that no person made up: capitals, small letters and digits in a wild mixture.
  ///
  /// Hexadecimal digits, and so UUIDs, digests and ids, are not, for they have one kind of letters; names that people
  /// write change from one kind to another only where a word begins.
  private static func isRandom(_ word: Substring) -> Bool {
    let bytes = Array(word.utf8)
    guard (24...200).contains(bytes.count), !word.hasPrefix("/"), !word.contains(".") else { return false }
    // Certificates and public keys without their frame begin so.
    guard !word.hasPrefix("MII"), !word.hasPrefix("AAAA") else { return false }
    let kinds = bytes.map(Kind.init)
    guard kinds.count(where: { $0 == .digit }) >= 2, kinds.contains(.capital), kinds.contains(.small),
      kinds.count(where: { $0 == .other }) * 8 <= kinds.count
    else { return false }
    // From a capital to a small letter is how any word begins.
    let changes = zip(kinds, kinds.dropFirst()).count { $0 != $1 && !($0 == .capital && $1 == .small) }
    return changes * 10 >= kinds.count * 3 && Set(bytes).count * 5 >= min(bytes.count, 40) * 2
  }

  private enum Kind {
    case capital, small, digit, other

    init(_ byte: UInt8) {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): self = .capital
      case UInt8(ascii: "a")...UInt8(ascii: "z"): self = .small
      case UInt8(ascii: "0")...UInt8(ascii: "9"): self = .digit
      default: self = .other
      }
    }
  }
}
