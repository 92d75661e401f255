import Values
import YAML

/// Reads `tls:` of an environment.
enum TLSReader {
  static func read(_ node: Node, of environment: String, _ diagnostics: Diagnostics) -> Environment.TLS {
    var tls = Environment.TLS()
    guard var map = MapReader(node, "tls of environment \(environment)", diagnostics) else { return tls }
    tls.caFile = map.string("ca_file")
    tls.caDirectory = map.string("ca_path")
    tls.clientCertificate = map.string("client_cert")
    tls.clientKey = map.string("client_key")
    tls.serverName = map.string("server_name")
    tls.skipVerify = map.bool("skip_verify") ?? false
    map.finish()
    if tls.clientCertificate == nil, tls.clientKey != nil {
      diagnostics.error(
        "tls of environment \(environment) has a client_key without a client_cert",
        at: node.location,
        hint: "both are needed, or one file with both as client_cert"
      )
    }
    return tls
  }
}
