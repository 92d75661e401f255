private import CCrypto

/// SHA-256, HMAC-SHA-256 and random bytes from OpenSSL's libcrypto, which libcurl loads anyway.
package enum Digests {
  /// The SHA-256 of bytes, as 64 lower-case hexadecimal digits.
  package static func sha256(_ bytes: some Sequence<UInt8>) -> String {
    let input = Array(bytes)
    var digest = [UInt8](repeating: 0, count: 32)
    let succeeded = EVP_Digest(input, input.count, &digest, nil, EVP_sha256(), nil)
    precondition(succeeded == 1, "libcrypto has no SHA-256")
    return hex(digest)
  }

  /// The HMAC-SHA-256 of bytes under a key (RFC 2104), as 64 lower-case hexadecimal digits.
  package static func hmacSHA256(_ bytes: [UInt8], key: [UInt8]) -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let result = HMAC(EVP_sha256(), key, Int32(key.count), bytes, bytes.count, &digest, &length)
    precondition(result != nil && length == 32, "libcrypto has no HMAC-SHA-256")
    return hex(digest)
  }

  /// Bytes fit for keys and tokens, from libcrypto's generator.
  package static func randomBytes(_ count: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let succeeded = RAND_bytes(&bytes, Int32(count))
    precondition(succeeded == 1, "libcrypto gives no random bytes")
    return bytes
  }

  /// Bytes as lower-case hexadecimal digits.
  package static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of hexadecimal digits; `nil` if the text is anything else.
  package static func bytes(hex text: String) -> [UInt8]? {
    let digits = Array(text.utf8)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let byte = UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(byte)
    }
    return bytes
  }
}
