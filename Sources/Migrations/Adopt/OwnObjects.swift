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
    guard case .appRole(let mount, _, _)? = target.environment.login else { return }
    login.insert(PathRules.normal("auth/\(mount)/", in: ""))
    do throws(VaultError) {
      let answer = try target.client.perform(VaultRequest(.read, VaultPath("auth/token/lookup-self")))
      let data = answer.data
      if let role = data?["meta"]?["role_name"]?.string {
        login.insert(VaultPath("auth/\(mount)/role/\(role)"))
      }
      for policy in data?["policies"]?.array?.compactMap(\.string) ?? [] {
        login.insert(VaultPath("sys/policies/acl/\(policy)"))
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
