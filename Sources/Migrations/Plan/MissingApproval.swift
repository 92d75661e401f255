package import Catalogue
package import Configuration

/// Something that a protected environment will refuse to destroy, and what has to be written so that it does not.
package struct MissingApproval: Sendable, Hashable {
  package let path: VaultPath
  /// The migration; `nil` for a change that is in none yet.
  package let version: Int?
  package let losses: Losses
  /// What to add to the task, or the command that writes the migration with it.
  package let remedy: String
}

extension Plan {
  /// What is not approved, or not enough, among the changes of an environment.
  package func missingApprovals(in environment: Environment, _ migrations: [Migration]) -> [MissingApproval] {
    guard environment.isProtected else { return [] }
    let written = pending.compactMap { change -> MissingApproval? in
      guard let losses = change.losses, let version = change.version else { return nil }
      let task = migrations.first { $0.version == version }?.tasks.first {
        $0.path == change.path && $0.scope.includes(environment.name)
      }
      let approval = task?.approvals[environment.name]
      if let approval, approval.uncovered(losses.counted).isEmpty { return nil }
      return MissingApproval(
        path: change.path,
        version: version,
        losses: losses,
        remedy: Approval.example(losses, environment.name, approval?.reason ?? "why this may go")
      )
    }
    return written
      + changes.compactMap { change in
        change.losses.map {
          MissingApproval(
            path: change.path,
            version: nil,
            losses: $0,
            remedy: "vault-migrations generate --approve '\(environment.name)=why this may go'"
          )
        }
      }
  }
}
