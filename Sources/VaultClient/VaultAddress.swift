package import Values

/// Where a server is: `https://vault.example.com:8200`, or `unix:///run/vault.sock`.
package struct VaultAddress: Hashable, Sendable, CustomStringConvertible {
  /// As written, without a slash at the end.
  package let description: String

  /// The socket of a `unix://` address.
  package let socket: String?

  /// Reads an address.
  ///
  /// - Throws: ``Problem`` with code `configuration-invalid`; the text itself is not repeated, for it may hold a
  ///   password.
  package init(_ text: String) throws(Problem) {
    if text.hasPrefix("unix://") {
      let path = text.dropFirst("unix://".count)
      guard path.hasPrefix("/"), path.utf8.count > 1 else {
        throw Self.problem(
          "the server's unix:// address names no absolute path",
          "for example unix:///run/vault.sock"
        )
      }
      socket = String(path)
      description = text
      return
    }
    socket = nil
    guard let rest = ["https://", "http://"].first(where: text.hasPrefix).map({ text.dropFirst($0.count) })
    else {
      throw Self.problem(
        "the server's address does not begin with https:// or http://",
        "for example https://vault.example.com:8200"
      )
    }
    let authority = rest.prefix { $0 != "/" }
    guard
      !text.utf8.contains(where: {
        $0 <= 0x20 || $0 >= 0x7F || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#")
      })
    else {
      throw Self.problem(
        "the server's address holds a space, a query or another character that cannot be there"
      )
    }
    guard !authority.contains("@") else {
      throw Self.problem(
        "the server's address holds a user name",
        "log in with a token or an auth method instead"
      )
    }
    let (host, port) = Self.split(authority)
    guard !host.isEmpty, host.allSatisfy({ $0.isLetter || $0.isNumber || "-._:[]%".contains($0) }) else {
      throw Self.problem("the server's address has no valid host name")
    }
    if let port {
      guard let number = Int(port), (1...65_535).contains(number) else {
        throw Self.problem("the port in the server's address is not a number from 1 to 65535")
      }
    }
    var trimmed = text[...]
    while trimmed.hasSuffix("/") { trimmed = trimmed.dropLast() }
    description = String(trimmed)
  }

  /// The URL that requests are put behind.
  var base: String { socket == nil ? description : "http://localhost" }

  /// Host and port; the colons inside an IPv6 address are none of a port's.
  private static func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
    let afterHost = authority.hasPrefix("[") ? authority.firstIndex(of: "]") : authority.startIndex
    guard let start = afterHost, let colon = authority[start...].firstIndex(of: ":") else {
      return (authority, nil)
    }
    return (authority[..<colon], authority[authority.index(after: colon)...])
  }

  private static func problem(_ message: String, _ hint: String? = nil) -> Problem {
    Problem(.configurationInvalid, message, hint: hint)
  }
}
