import FoundationEssentials
import TestSupport
import Testing
import Values

/// JSON Web Tokens, read and made with OpenSSL.
enum JWT {
  /// What a token says; its signature is not looked at.
  static func claims(of token: String) throws -> Value {
    let parts = token.split(separator: ".")
    guard parts.count == 3 else { throw FixtureError("no JWT: \(token)") }
    var text = String(parts[1]).replacing("-", with: "+").replacing("_", with: "/")
    while text.count % 4 != 0 { text += "=" }
    guard let bytes = Data(base64Encoded: text) else { throw FixtureError("no base64: \(text)") }
    return try JSON.parse(Array(bytes))
  }

  /// Makes a pair of keys, `jwt.key` and `jwt.pub`.
  static func makeKeys(in scratch: Scratch) async throws {
    try await Outside.run(
      "openssl",
      ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "jwt.key"],
      in: scratch
    )
    try await Outside.run("openssl", ["pkey", "-in", "jwt.key", "-pubout", "-out", "jwt.pub"], in: scratch)
  }

  /// A token that `jwt.key` signed.
  static func sign(_ claims: Value, in scratch: Scratch) async throws -> String {
    let head = encoded(Array(#"{"alg":"RS256","typ":"JWT"}"#.utf8))
    let signed = head + "." + encoded(Array(JSON.text(claims).utf8))
    try scratch.write("signed", signed)
    try await Outside.run(
      "openssl",
      ["dgst", "-sha256", "-sign", "jwt.key", "-out", "signature", "signed"],
      in: scratch
    )
    let signature = FileManager.default.contents(atPath: scratch.file("signature")) ?? Data()
    return signed + "." + encoded(Array(signature))
  }

  private static func encoded(_ bytes: [UInt8]) -> String {
    String(
      Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").prefix {
        $0 != "="
      }
    )
  }
}
