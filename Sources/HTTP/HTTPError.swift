/// Why there is no answer to hand over.
package struct HTTPError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What to tell apart.
  package let kind: Kind

  /// One sentence, with the URL but without its query, and without any header or content.
  package let message: String

  /// Whether bytes of the request may have reached the server.
  package let wasSent: Bool

  /// How often it was tried; 0 if trying was pointless.
  package var tries = 1

  /// What libcurl said.
  var detail = ""

  package var description: String { message }

  /// Classes of failure that call for different advice.
  package enum Kind: Hashable, Sendable {
    /// The request itself cannot be sent: a malformed URL, a line break in a header.
    case invalidRequest
    case couldNotResolve
    case couldNotConnect
    /// No trust in the server's certificate, a handshake that failed, or an unreadable certificate file.
    case tls
    case timedOut
    /// A read's answer was lost on the way, again and again.
    case connectionLost
    /// A write may or may not have been done: it was sent, and its answer was lost.
    case outcomeUnknown
    case tooLarge
    /// The server pointed to where we do not follow.
    case refusedRedirect
    /// The server broke the protocol, or libcurl had no memory.
    case other
  }
}
