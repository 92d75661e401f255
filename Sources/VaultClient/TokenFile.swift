private import FoundationEssentials
package import Values

/// The file in which Vault's own program leaves a token, `~/.vault-token`.
package enum TokenFile {
  /// Reads a token.
  ///
  /// - Parameter path: The file's path.
  /// - Returns: `nil` if there is no such file, or nothing in it.
  /// - Throws: ``Problem`` when it cannot be read, or holds more than one line.
  package static func read(_ path: String) throws(Problem) -> Secret? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let bytes = FileManager.default.contents(atPath: path), bytes.count < 65_536 else {
      throw Problem(
        .configurationInvalid,
        "the token file \(path) cannot be read",
        hint: "check its permissions"
      )
    }
    let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count <= 1 else {
      throw Problem(
        .configurationInvalid,
        "the token file \(path) holds more than a token",
        hint: "log in again"
      )
    }
    return words.first.map { Secret(String($0)) }
  }
}
