/// The server's own configuration file.
enum ServerSettings {
  /// The JSON text for one server on loopback.
  ///
  /// - Parameters:
  ///   - kind: OpenBao has raft and a seal that opens itself; Vault has files and is unsealed by key.
  ///   - port: For requests.
  ///   - clusterPort: Raft needs one even when it is alone.
  /// - Returns: The text.
  static func text(for kind: ServerProgram.Kind, port: Int, clusterPort: Int) -> String {
    """
    {
    \(kind == .openBao ? openBao : vault)
      "listener": {"tcp": {
        "address": "127.0.0.1:\(port)",
        "cluster_address": "127.0.0.1:\(clusterPort)",
        "tls_disable": true
      }},
      "api_addr": "http://127.0.0.1:\(port)",
      "cluster_addr": "https://127.0.0.1:\(clusterPort)",
      "log_level": "warn",
      "ui": false
    }

    """
  }

  // The multiplier shortens the first election to about a second; a restart wins its election at once.
  // OpenBao refuses audit devices over the API unless told otherwise, and a schema may well declare one.
  private static let openBao = """
      "storage": {"raft": {
        "path": "\(ServerFolder.storage)",
        "node_id": "embedded",
        "performance_multiplier": 1
      }},
      "seal": {"static": {"current_key_id": "embedded", "current_key": "file://\(ServerFolder.sealKey)"}},
      "unsafe_allow_api_audit_creation": true,
    """

  private static let vault = """
      "storage": {"file": {"path": "\(ServerFolder.storage)"}},
      "disable_mlock": true,
    """
}
