package import Values

/// `VAULT_ADDR` and its kin: they fill what the chosen environment leaves open, and never override it, so that an
/// exported `VAULT_ADDR` cannot redirect `--env prod`.
package struct EnvironmentVariables: Sendable {
  private let process: [String: String]

  package init(_ process: [String: String]) {
    self.process = process
  }

  /// `VAULT_NAME`, else its OpenBao twin `BAO_NAME`; an empty variable counts as unset.
  package subscript(name: String) -> String? {
    for prefix in ["VAULT_", "BAO_"] {
      if let value = process[prefix + name], !value.isEmpty { return value }
    }
    return nil
  }

  /// The environment with its gaps filled.
  ///
  /// Address, namespace and TLS are filled for a remote server only, and the TLS settings only as a whole: half of
  /// one and half of another would be neither.
  package func filling(_ environment: Environment) -> Environment {
    guard case .remote(let address) = environment.server else { return environment }
    var filled = environment
    filled.server = .remote(address: address ?? self["ADDR"])
    if filled.namespace == nil { filled.namespace = self["NAMESPACE"] }
    if filled.tls == Environment.TLS() {
      filled.tls.caFile = self["CACERT"]
      filled.tls.caDirectory = self["CAPATH"]
      filled.tls.clientCertificate = self["CLIENT_CERT"]
      filled.tls.clientKey = self["CLIENT_KEY"]
      filled.tls.serverName = self["TLS_SERVER_NAME"]
      filled.tls.skipVerify = ["1", "t", "true"].contains(self["SKIP_VERIFY"]?.lowercased() ?? "")
    }
    return filled
  }

  /// The token from `VAULT_TOKEN` or `BAO_TOKEN`.
  package var token: Secret? {
    self["TOKEN"].map(Secret.init)
  }

  /// What fingerprints of secrets are made with where no ledger keeps a key: `VAULT_MIGRATIONS_KEY`.
  package var fingerprintKey: Secret? {
    process["VAULT_MIGRATIONS_KEY"].map(Secret.init)
  }

  /// `~/.vault-token`, where the `vault` and `bao` commands leave a token; `nil` without a home folder.
  package var tokenFile: String? {
    process["HOME"].map { $0 + "/.vault-token" }
  }
}
