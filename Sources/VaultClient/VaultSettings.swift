internal import HTTP

/// How to reach a server: plain values, from wherever the run takes them.
package struct VaultSettings: Sendable {
  package var address: VaultAddress

  /// The namespace that all paths are relative to; `""` is the root namespace.
  package var namespace = ""

  package var tls = TLS()

  /// A proxy; `nil` uses `https_proxy`, `no_proxy` and the like.
  package var proxy: String?

  package var connectTimeout: Duration = .seconds(10)

  /// For one try of one request.
  package var requestTimeout: Duration = .seconds(60)

  /// Requests in flight at once; `nil` chooses by how far the server is.
  package var maxInFlight: Int?

  /// How often a request is tried that was turned away or never arrived.
  package var maxTries = 4

  /// How long a request is tried altogether, for a server that limits the rate.
  package var retryBudget: Duration = .seconds(60)

  /// The part of a token's time after which it is renewed.
  package var renewalPart = 0.5

  /// How long a token that was given is used before it is asked how long it lives.
  package var tokenPatience: Duration = .seconds(15)

  /// Hosts, or `host:port`, that a standby may point to and that get the token then.
  package var trustedHosts: Set<String> = []

  package init(address: VaultAddress) {
    self.address = address
  }

  /// Who is trusted, and who we are.
  package struct TLS: Hashable, Sendable {
    /// A PEM file of authorities, instead of the system's.
    package var caFile: String?
    /// PEM text of authorities, instead of the system's.
    package var caText: String?
    /// A folder of PEM files of authorities, instead of the system's.
    package var caDirectory: String?
    /// Our certificate, a PEM file.
    package var clientCertificate: String?
    /// Its private key, a PEM file.
    package var clientKey: String?
    /// The name in the server's certificate, if it is not the address's host.
    package var serverName: String?
    /// Whether the server's certificate is checked at all.
    package var verify = true

    package init() {}
  }

  /// The same for the HTTP room, with Vault's rules about trying again.
  var http: HTTPConfiguration {
    var http = HTTPConfiguration(base: address.base)
    http.unixSocket = address.socket
    http.tls.caFile = tls.caFile
    http.tls.caText = tls.caText
    http.tls.caDirectory = tls.caDirectory
    http.tls.clientCertificate = tls.clientCertificate
    http.tls.clientKey = tls.clientKey
    http.tls.serverName = tls.serverName
    http.tls.verify = tls.verify
    http.proxy = proxy
    http.connectTimeout = connectTimeout
    http.totalTimeout = requestTimeout
    http.maxInFlight = maxInFlight
    http.retry.maxTries = maxTries
    http.retry.budget = retryBudget
    http.trustedHosts = trustedHosts
    http.retryPolicy = RetryRules.decide
    return http
  }
}
