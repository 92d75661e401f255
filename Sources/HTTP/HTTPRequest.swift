package import Values

/// One request: where to, what, and whether it may be sent twice.
package struct HTTPRequest: Sendable {
  /// The method as sent; any token will do, `LIST` too.
  package var method: String

  /// A path against the configuration's base (`/v1/sys/health?standbyok=true`), or an absolute URL.
  ///
  /// It is sent as it is: whoever builds it percent-encodes.
  package var target: String

  /// What is sent besides what HTTP itself needs.
  package var headers: [HTTPHeader]

  /// What is sent as content; `nil` sends none.
  package var body: [UInt8]?

  /// Whether the request changes nothing, so that it may be sent again when its answer was lost.
  package var isSafe: Bool

  /// Makes a request.
  ///
  /// - Parameters:
  ///   - method: The method, in capitals.
  ///   - target: A path or an absolute URL, see ``target``.
  ///   - headers: Headers, in the order of sending.
  ///   - body: The content.
  ///   - isSafe: `nil` derives it from the method: reads and lists are safe.
  package init(
    _ method: String = "GET",
    _ target: String,
    headers: [HTTPHeader] = [],
    body: [UInt8]? = nil,
    isSafe: Bool? = nil
  ) {
    self.method = method
    self.target = target
    self.headers = headers
    self.body = body
    self.isSafe = isSafe ?? Self.safeMethods.contains(method)
  }

  /// Methods that only read.
  private static let safeMethods: Set<String> = ["GET", "HEAD", "LIST", "SCAN", "OPTIONS"]
}

/// A header to send, plain or secret.
package struct HTTPHeader: Hashable, Sendable {
  /// The header's name as sent.
  package let name: String
  private let content: Content

  private enum Content: Hashable, Sendable {
    case plain(String)
    case secret(Secret)
  }

  /// A header that may be shown, and may follow a redirect.
  package init(_ name: String, _ value: String) {
    self.name = name
    content = .plain(value)
  }

  /// A header that is sent only to the base's own host and to trusted ones.
  package init(_ name: String, _ value: Secret) {
    self.name = name
    content = .secret(value)
  }

  /// Whether the value must not leave for another host.
  package var isSensitive: Bool {
    if case .secret = content { true } else { false }
  }

  /// Hands over the line to send.
  func withLine<Result>(_ body: (String) throws -> Result) rethrows -> Result {
    switch content {
    // A header without a value is written with a semicolon, or libcurl would leave it out.
    case .plain(let value): try body(value.isEmpty ? "\(name);" : "\(name): \(value)")
    case .secret(let secret): try secret.exposed { try body("\(name): \($0)") }
    }
  }
}
