import StateTracker
import Values

extension Standing {
  /// An environment that was rolled back waits for migrations that say the same: nothing is applied before.
  ///
  /// Returns the pending migration that ends the hold; `nil` if there is no hold. Throws ``Problem`` (world changed)
  /// while there is none.
  func requireReleasable(by project: Project, in environment: String) throws -> Migration? {
    guard let hold else { return nil }
    func declared(upTo version: Int) throws -> Fold {
      try Fold(project.migrations.filter { $0.version <= version }, environment: environment)
    }
    let held = try declared(upTo: hold.to).resources
    for migration in pending where try declared(upTo: migration.version).resources == held {
      return migration
    }
    let label = Migration.label(hold.to)
    throw Problem(
      .worldChanged,
      "\(environment) was rolled back to \(label) by \(hold.by) and is held there: nothing is applied",
      hint:
        "merge the inverse migration (\"vault-migrations rollback --to \(label)\" writes it), or apply \(Migration.label(hold.from)) again with \"vault-migrations release\""
    )
  }

  /// A rollback that was interrupted is finished first, by itself.
  func requireNoRollbackUnderWay() throws(Problem) {
    guard let run, run.checksum == RunRecord.rollback else { return }
    throw Problem(
      .worldChanged,
      "a rollback or release of this environment was interrupted: nothing is applied before it is finished",
      hint: "run the same \"rollback --now\" or \"release\" again"
    )
  }
}
