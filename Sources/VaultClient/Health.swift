internal import Catalogue
internal import HTTP
internal import Values

/// What a server says about itself, whoever asks.
package struct Health: Hashable, Sendable {
  package let initialized: Bool
  package let sealed: Bool
  package let standby: Bool
  package let version: String
  /// Empty while sealed.
  package let clusterID: String
  package let clusterName: String
  /// The server's clock, in seconds since 1970.
  package let serverTime: Int?

  /// Times that a clock may show, in seconds since 1970: until the end of the year 9999.
  package static let times = 0...253_402_300_799

  static let path = "sys/health"
  static let target = "/v1/" + path
}

/// Whether the server's data can be read, and how much is missing.
package struct SealStatus: Hashable, Sendable {
  package let initialized: Bool
  package let sealed: Bool
  /// `shamir`, `static` and so on.
  package let type: String
  package let version: String
  /// `inmem`, `raft` and so on; empty if the server does not say.
  package let storageType: String
}

extension VaultClient {
  /// Asks how the server is; sealed, uninitialised and standby are answers, not errors (`sys/health`).
  ///
  /// - Throws: ``VaultError`` when nothing answers, or something else than Vault.
  package func health() throws(VaultError) -> Health {
    let response = try perform(VaultRequest(.read, VaultPath(Health.path)))
    let answer = response.raw
    guard let initialized = answer["initialized"]?.bool, let sealed = answer["sealed"]?.bool else {
      throw VaultError(
        .notVault,
        "the answer to \(Health.path) is not Vault's",
        status: response.status,
        path: VaultPath(Health.path)
      )
    }
    return Health(
      initialized: initialized,
      sealed: sealed,
      standby: answer["standby"]?.bool ?? false,
      version: answer["version"]?.string ?? "",
      clusterID: answer["cluster_id"]?.string ?? "",
      clusterName: answer["cluster_name"]?.string ?? "",
      serverTime: [answer["server_time_utc"]?.integer, response.serverTime].compactMap(\.self)
        .first(where: Health.times.contains)
    )
  }

  /// Asks whether the server is sealed; needs no token (`sys/seal-status`).
  ///
  /// - Throws: ``VaultError``.
  package func sealStatus() throws(VaultError) -> SealStatus {
    let answer = try perform(VaultRequest(.read, VaultPath("sys/seal-status"))).raw
    return SealStatus(
      initialized: answer["initialized"]?.bool ?? false,
      sealed: answer["sealed"]?.bool ?? true,
      type: answer["type"]?.string ?? "",
      version: answer["version"]?.string ?? "",
      storageType: answer["storage_type"]?.string ?? ""
    )
  }
}
