import Catalogue
import Configuration
import Values
import VaultClient

/// The tool's own objects on a server: its ledger, and what it logs in with (DESIGN section 3).
struct OwnObjects {
  private let ledger: VaultPath?
  private var login: Set<VaultPath> = []

  /// Asks the token who it is, where it comes from a login of the tool's own.
  init(of target: Target) throws {
    ledger = target.ledger.mount.map { VaultPath($0 + "/") }
    guard let own = target.environment.login, !own.mount.isEmpty, let namespace = target.loginNamespace else {
      return
    }
    login.insert(PathRules.normal("auth/\(own.mount)/", in: namespace))
    do throws(VaultError) {
      let info = try target.client.lookupSelf()
      for place in [
        "role/\(info.meta["role_name"] ?? info.meta["role"] ?? "")", "users/\(info.meta["username"] ?? "")",
      ]
      where !place.hasSuffix("/") {
        login.insert(VaultPath("auth/\(own.mount)/\(place)", in: namespace))
      }
      for policy in info.policies {
        login.insert(VaultPath("sys/policies/acl/\(policy)", in: namespace))
      }
    } catch {
      // A token that may not look itself up hides its mount alone.
      guard error.kind == .denied else { throw error }
    }
  }

  /// Whether nothing in this mount is anybody else's.
  func isMount(_ path: VaultPath) -> Bool { path == ledger }

  func contains(_ path: VaultPath) -> Bool {
    path == ledger || ledger?.contains(path) ?? false || login.contains(path)
  }
}
