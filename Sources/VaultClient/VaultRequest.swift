package import Catalogue
internal import HTTP
package import Values

/// One call of Vault's API.
package struct VaultRequest: Sendable {
  package var operation: Operation

  /// The path behind `/v1/`; its namespace is below the settings' one.
  package var path: VaultPath

  /// What is sent; secrets in it are sent as they are, and masked in errors.
  package var body: Value?

  package var query: [(name: String, value: String)]

  /// Asks for the answer to be wrapped, for example `60s`.
  package var wrapTTL: String?

  /// Whether it changes nothing, so that it may be sent again when its answer was lost.
  package var isSafe: Bool

  /// Whether it presents credentials for a token, and so carries none.
  var isLogin = false

  /// The namespace, from the root, that counts instead of the settings' one.
  var rootedNamespace: String?

  /// A token that it carries instead of the client's.
  var token: Secret?

  /// Makes a request.
  ///
  /// - Parameters:
  ///   - operation: What to do.
  ///   - path: With what.
  ///   - body: What to send.
  ///   - query: Parameters behind the question mark.
  ///   - wrapTTL: See ``wrapTTL``.
  ///   - isSafe: `nil` derives it: reads, lists and scans are safe.
  package init(
    _ operation: Operation,
    _ path: VaultPath,
    body: Value? = nil,
    query: [(name: String, value: String)] = [],
    wrapTTL: String? = nil,
    isSafe: Bool? = nil
  ) {
    self.operation = operation
    self.path = path
    self.body = body
    self.query = query
    self.wrapTTL = wrapTTL
    self.isSafe = isSafe ?? operation.isRead
  }

  /// What Vault's policies call a capability.
  package enum Operation: String, Sendable, CaseIterable {
    case read = "GET"
    case list = "LIST"
    /// A recursive list; OpenBao only.
    case scan = "SCAN"
    /// Creates or updates: Vault tells them apart by itself.
    case write = "POST"
    case patch = "PATCH"
    case delete = "DELETE"

    var isRead: Bool { self == .read || self == .list || self == .scan }
  }
}

extension VaultRequest {
  /// What a server tells about itself is asked without a namespace: inside one it is refused.
  private var isAboutTheServer: Bool {
    path.path == Health.path || path.path == "sys/seal-status"
  }

  /// The request as HTTP, or `nil` when the path cannot be asked for.
  ///
  /// - Parameters:
  ///   - namespace: The settings' namespace.
  ///   - headers: Headers of the session.
  /// - Returns: What to send.
  func http(namespace: String, headers: [HTTPHeader]) -> HTTPRequest? {
    guard let target else { return nil }
    var headers = headers
    let full =
      isAboutTheServer
      ? ""
      : [rootedNamespace ?? namespace, path.namespace].map { $0.trimmingSlashes }.filter { !$0.isEmpty }
        .joined(separator: "/")
    if !full.isEmpty { headers.append(HTTPHeader("X-Vault-Namespace", full)) }
    if let wrapTTL { headers.append(HTTPHeader("X-Vault-Wrap-TTL", wrapTTL)) }
    if body != nil {
      let kind = operation == .patch ? "application/merge-patch+json" : "application/json"
      headers.append(HTTPHeader("Content-Type", kind))
    }
    return HTTPRequest(
      operation.rawValue,
      target,
      headers: headers,
      body: body.map(JSON.bytesExposingSecrets),
      isSafe: isSafe
    )
  }

  /// Path and query, percent-encoded.
  ///
  /// The server's router follows `.` and `..` and drops empty segments: such a path would reach another object than
  /// the one it names, so it is refused.
  private var target: String? {
    let segments = path.path.split(separator: "/", omittingEmptySubsequences: false)
    let named = segments.last == "" ? segments.dropLast() : segments[...]
    guard !named.isEmpty, !named.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
      return nil
    }
    let pairs = query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
    return "/v1/" + segments.map(\.percentEncoded).joined(separator: "/") + (pairs.isEmpty ? "" : "?\(pairs)")
  }
}

extension StringProtocol {
  /// Everything but letters, digits and `-._~@:` as `%XX`.
  var percentEncoded: String {
    let plain = utf8.allSatisfy(\.isPlainInPath)
    guard !plain else { return String(self) }
    var bytes: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in utf8 {
      if byte.isPlainInPath {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Without slashes at both ends.
  var trimmingSlashes: String {
    var text = self[...]
    while text.hasPrefix("/") { text = text.dropFirst() }
    while text.hasSuffix("/") { text = text.dropLast() }
    return String(text)
  }
}

extension UInt8 {
  fileprivate var isPlainInPath: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-._~@:".utf8.contains(self)
    }
  }
}
