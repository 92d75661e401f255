package import Values

/// A private server that is up, unsealed and active.
package struct EmbeddedServer: Sendable {
  /// Where it listens: `http://127.0.0.1:PORT`.
  package let address: String
  /// Its root token.
  package let token: Secret
  /// The server's own process, not that of its guard.
  package let processID: Int32
}

/// The requests without a token that bring a server up: health, initialise, unseal.
///
/// The room above implements it with its HTTP client, so that this one needs none.
package protocol ServerProbe: Sendable {
  /// Sends one request and returns the answer, whatever its status.
  ///
  /// A first `sys/init` takes seconds, as the server elects itself before it answers: a time-out should be 30 s at
  /// least. Nothing should be tried again; the caller does so where it helps.
  ///
  /// - Parameters:
  ///   - method: `GET` or `PUT`.
  ///   - address: The server, for example `http://127.0.0.1:8200`.
  ///   - path: What follows `/v1/`, for example `sys/health`.
  ///   - body: What to send as JSON, if anything.
  /// - Returns: The status, and the body; `.null` when there is none.
  /// - Throws: Any error when no answer came, for example because the server does not listen yet.
  func request(
    method: String,
    address: String,
    path: String,
    body: Value?
  ) async throws -> (status: Int, body: Value)
}
