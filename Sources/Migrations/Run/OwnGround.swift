import Catalogue
import Configuration
import Values
import VaultClient

extension Target {
  /// Makes sure that no migration takes away what this run stands on: the auth method that its token comes from, with which
  /// the token would die in the middle of the run, and the mount of the ledger.
  ///
  /// - Throws: ``Problem`` naming the task, and what asking throws.
  func refuseOwnGround(_ migrations: some Sequence<Migration>, in project: Project) throws {
    var login: String?
    for migration in migrations {
      for task in migration.tasks where task.scope.includes(environment.name) {
        guard let path = task.move?.from ?? (task.action == .delete ? task.path : nil),
          path.namespace.isEmpty,
          let prefix = path.contentPrefix
        else { continue }
        let what: String
        if path.isAuthMethod {
          login = try login ?? client.lookupSelf().path
          guard let login, login.hasPrefix(prefix) else { continue }
          what = "the auth method that this login came through: its token would be revoked half-way"
        } else if prefix == ledger.mount.map({ $0 + "/" }) {
          what = "the mount of the tool's own ledger"
        } else {
          continue
        }
        throw Problem(
          .migrationInvalid,
          "migration \(migration.label) \(task.move == nil ? "deletes" : "moves") \(path), \(what)",
          at: project.location(of: migration),
          path: path.description,
          hint: path.isAuthMethod
            ? "log in another way, for example with VAULT_TOKEN, or keep it" : "take it out of the migration"
        )
      }
    }
  }
}
