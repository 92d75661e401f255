/// Where a client sends requests, how it proves and checks identities, and how patient it is.
package struct HTTPConfiguration: Sendable {
  /// Scheme, host and port, and perhaps a path in front of every target: `https://vault.example.com:8200`.
  package var base: String

  /// Trust and identity.
  package var tls = TLS()

  /// A Unix socket to connect to instead of the base's host; redirects then never leave it.
  package var unixSocket: String?

  /// A proxy for everything but loopback; `nil` uses `https_proxy`, `no_proxy` and the like.
  package var proxy: String?

  /// For one try, up to the end of the handshake.
  package var connectTimeout: Duration = .seconds(10)

  /// For one try, from connecting to the last byte.
  package var totalTimeout: Duration = .seconds(60)

  /// Requests in flight at once; `nil` is 16, and up to 250 where answers show a server that is far away.
  package var maxInFlight: Int?

  /// Answers longer than this are an error.
  package var maxResponseBytes = 64 << 20

  /// Hosts (`active.example.com`, or with `:port`) that a redirect may lead to, secret headers included.
  package var trustedHosts: Set<String> = []

  /// How patient the client is with failures.
  package var retry = Retry()

  /// How long writes under way may go on after a cancellation.
  package var cancellationGrace: Duration = .seconds(30)

  /// Judges an answer: final, or to be asked again.
  package var retryPolicy: @Sendable (HTTPRequest, HTTPResponse) -> RetryDecision = { _, response in
    response.status == 429 ? .slowDown : .accept
  }

  /// A configuration with defaults for everything but the base.
  package init(base: String) {
    self.base = base
  }
}

extension HTTPConfiguration {
  /// Who is trusted, and who we are.
  ///
  /// At least TLS 1.2 is spoken in any case.
  package struct TLS: Sendable {
    /// A PEM file of authorities, instead of the system's.
    package var caFile: String?
    /// PEM text of authorities, instead of the system's.
    package var caText: String?
    /// A folder of PEM files of authorities, instead of the system's.
    package var caDirectory: String?
    /// Our certificate, a PEM file.
    package var clientCertificate: String?
    /// The private key to ``clientCertificate``, a PEM file.
    package var clientKey: String?
    /// The name that the server's certificate must carry, if it is not the base's host.
    package var serverName: String?
    /// Whether the server's certificate is checked at all.
    package var verify = true

    package init() {}
  }

  /// How often, and how long, a request is tried.
  ///
  /// Waits grow exponentially, each drawn at random between nothing and its bound, so that many clients do not come
  /// back in step; a `Retry-After` from the server takes their place.
  package struct Retry: Sendable {
    /// Tries that fail, before the failure is handed over.
    package var maxTries = 4
    /// The bound of the first wait; it doubles from try to try.
    package var firstDelay: Duration = .milliseconds(100)
    /// No wait is longer, unless the server asks for it.
    package var maxDelay: Duration = .seconds(5)
    /// No further try starts when this much time has passed since a request's first one.
    package var budget: Duration = .seconds(60)

    package init() {}
  }
}

/// What to do with an answer.
package enum RetryDecision: Sendable {
  /// Hand it over.
  case accept
  /// Ask again, if the request's tries allow; the server has not acted on it.
  case again
  /// Ask again as long as the budget lasts, and send fewer requests at a time: the server limits our rate.
  case slowDown
}
