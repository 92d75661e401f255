import Configuration
package import StateTracker
package import Values

/// Compares the migrations with what environments are known to have applied: an applied version never changes.
package enum AppliedCheck {
  /// What is different, by what this repository knows of the environments' state; nobody is asked.
  package static func problems(
    in project: Project,
    applied histories: [String: [HistoryRecord]]
  ) -> [Problem] {
    let migrations = Dictionary(
      project.migrations.map { ($0.version, $0) },
      uniquingKeysWith: { first, _ in first }
    )
    let newest = project.migrations.last?.version ?? 0
    var found: [Problem] = []
    for (environment, history) in histories.sorted(by: { $0.key < $1.key }) {
      // A branch that is older than what is applied is behind, which is no mistake.
      for record in history where record.version <= newest {
        let label = Migration.label(record.version)
        guard let migration = migrations[record.version], migration.checksum != record.checksum else {
          continue
        }
        found.append(
          Problem(
            .migrationInvalid,
            migration.name == record.name
              ? "migration \(label) was changed after \(environment) had applied it"
              : "version \(label) is \(migration.name) here, and \(environment) has applied \(record.name) as \(label)",
            at: project.location(of: migration),
            hint: migration.name == record.name
              ? "restore it with git, and write what is to be different as the next migration"
              : "merge the branch that \(environment) follows, then run \"vault-migrations rebase\""
          )
        )
      }
    }
    return found
  }
}
