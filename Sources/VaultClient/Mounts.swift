internal import Catalogue
package import Values

extension VaultClient {
  /// All secrets engines of a namespace, by path with a slash at the end (`sys/mounts`).
  ///
  /// A token that may not list them gets those that it may see, with fewer fields.
  ///
  /// - Throws: ``VaultError``.
  package func mounts(namespace: String = "") throws(VaultError) -> [String: Value] {
    try mounted("sys/mounts", visible: "secret", namespace)
  }

  /// All auth methods of a namespace, by path with a slash at the end and without `auth/` (`sys/auth`).
  ///
  /// A token that may not list them gets those that it may see, with fewer fields.
  ///
  /// - Throws: ``VaultError``.
  package func authMounts(namespace: String = "") throws(VaultError) -> [String: Value] {
    try mounted("sys/auth", visible: "auth", namespace)
  }

  private func mounted(
    _ path: String,
    visible: String,
    _ namespace: String
  ) throws(VaultError) -> [String: Value] {
    do {
      return try perform(VaultRequest(.read, VaultPath(path, in: namespace))).data?.object ?? [:]
    } catch {
      guard error.kind == .denied else { throw error }
    }
    let path = VaultPath("sys/internal/ui/mounts", in: namespace)
    return try perform(VaultRequest(.read, path)).data?[visible]?.object ?? [:]
  }

  /// All ACL policies of a namespace with their texts, by name, in one answer (`sys/policies/detailed/acl`).
  ///
  /// - Returns: `nil` where the server does not know this (HashiCorp Vault), or the token may not use it.
  /// - Throws: ``VaultError``.
  package func detailedPolicies(namespace: String = "") throws(VaultError) -> [String: Value]? {
    do {
      let response = try perform(VaultRequest(.list, VaultPath("sys/policies/detailed/acl", in: namespace)))
      return response.data?["key_info"]?.object
    } catch {
      switch error.kind {
      case .unsupported, .noSuchMount, .notFound, .denied: return nil
      default: throw error
      }
    }
  }
}
