package import Catalogue
import Digests
package import Values

/// Turns secrets into HMAC-SHA-256 over path, field and value, so that a change can be seen and the value cannot.
package struct Fingerprints: Sendable {
  private let key: [UInt8]

  /// - Parameter key: The environment's key, from the ledger.
  package init(key: [UInt8]) {
    self.key = key
  }

  /// A value as it may be stored: every secret, and whatever stands in a secret field, replaced by its fingerprint.
  package func replacingSecrets(in value: Value, at path: VaultPath, _ endpoint: Endpoint) -> Value {
    endpoint.fingerprinted(value) { field, secret in fingerprint(secret, at: path, field: field) }
  }

  /// What changed between a recorded read and one of now.
  package func drift(from recorded: Value, to live: Value, at path: VaultPath, _ endpoint: Endpoint)
    -> [FieldDifference]
  {
    endpoint.drift(recorded: recorded, live: live) { field, secret in
      fingerprint(secret, at: path, field: field)
    }
  }

  private func fingerprint(_ value: Value, at path: VaultPath, field: String) -> String {
    let place = Array("\(path)\u{0}\(field)\u{0}".utf8)
    let bytes: [UInt8] =
      switch value {
      case .string(let text): Array(text.utf8)
      case .secret(let secret): secret.exposed { Array($0.utf8) }
      default: JSON.bytesExposingSecrets(value)
      }
    return Endpoint.fingerprintPrefix + Digests.hmacSHA256(place + bytes, key: key)
  }

  /// Stands in the place of a secret that the server has and that nobody has told yet.
  ///
  /// Where the server shows the secret, its fingerprint stands behind a colon.
  static let untold = Endpoint.fingerprintPrefix + "untold"

  /// Where a recorded value holds a secret that nobody has told yet, with what stands there.
  static func untoldLeaves(in value: Value) -> [[String]: Value] {
    var leaves: [[String]: Value] = [:]
    _ = value.mapLeaves { leaf, place in
      if leaf.string?.hasPrefix(untold) ?? false { leaves[place] = leaf }
      return leaf
    }
    return leaves
  }

  /// The mark for a secret whose fingerprint is known.
  static func untold(knownAs fingerprint: Value) -> Value {
    .string("\(untold):\(fingerprint.string ?? "")")
  }

  /// Whether a recorded leaf is a fingerprint.
  static func isFingerprint(_ value: Value) -> Bool {
    value.string?.hasPrefix(Endpoint.fingerprintPrefix) ?? false
  }

  /// A digest of a value that is only ever compared with another digest.
  static func digest(of value: Value) -> String {
    "sha256:" + Digests.sha256(JSON.text(value).utf8)
  }
}
