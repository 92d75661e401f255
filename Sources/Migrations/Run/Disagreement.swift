import Git
import StateTracker
package import Values

/// How the records of an environment contradict each other: branch, ledger, migrations and server.
package struct Disagreement: Sendable, Hashable {
  package enum Cause: String, Sendable, Hashable {
    /// An applied migration is not the one that was applied.
    case migrationEdited = "migration-edited"
    /// The ledger knows of a version that the branch does not have.
    case ledgerAhead = "ledger-ahead"
    /// The branch has a version that the ledger does not know.
    case branchAhead = "branch-ahead"
    /// Both name the same version, with another state.
    case otherState = "other-state"
    /// The server is not the recorded one.
    case otherServer = "other-server"
  }

  package let cause: Cause
  package let problem: Problem
}

extension Disagreement {
  /// The first contradiction; `nil` if all agree.
  static func first(
    _ project: Project,
    _ history: [HistoryRecord],
    _ head: Head?,
    _ run: RunRecord?,
    tree: String?
  ) -> Disagreement? {
    edited(history, project) ?? between(history.last, head, run, tree: tree)
  }

  /// An applied migration is immutable.
  private static func edited(_ history: [HistoryRecord], _ project: Project) -> Disagreement? {
    for record in history {
      guard let migration = project.migrations.first(where: { $0.version == record.version }),
        migration.checksum != record.checksum
      else { continue }
      let location = project.location(of: migration)
      // The file may have had another name.
      let applied = "\(Migration.label(record.version))-\(record.name).yaml"
      let file = "\(project.migrationsFolder)/\(applied)"
      let command =
        record.sourceCommit.map { "git restore --source=\($0.prefix(12)) -- \(file)" }
        ?? "restore the file with git"
      return Disagreement(
        cause: .migrationEdited,
        problem: Problem(
          .worldChanged,
          "migration \(migration.label) is applied already, and is not the one that was applied",
          at: location,
          hint: "an applied migration cannot be changed: \(command), and write a new one"
        )
      )
    }
    return nil
  }

  /// Branch and ledger check each other; a run between them explains one step of difference.
  private static func between(
    _ last: HistoryRecord?,
    _ head: Head?,
    _ run: RunRecord?,
    tree: String?
  ) -> Disagreement? {
    let recorded = last?.version ?? 0
    let known = head?.version ?? 0
    if recorded == known {
      guard let head, let last, run == nil, head.checksum != last.checksum || head.tree != tree else {
        return nil
      }
      return Disagreement(
        cause: .otherState,
        problem: Problem(
          .worldChanged,
          "branch and ledger disagree about version \(Migration.label(recorded))",
          hint:
            "was the state branch rewritten, or Vault restored? \"repair --rebuild\" trusts the ledger, \"repair --accept\" the branch"
        )
      )
    }
    // A run explains one step of difference; a baseline may go over several versions at once.
    let mayLag = known == recorded - 1 || last?.isBaseline ?? false && known < recorded
    if let run, !run.isOutsideOfVersions, run.version == recorded, mayLag { return nil }
    if known > recorded {
      return Disagreement(
        cause: .ledgerAhead,
        problem: Problem(
          .worldChanged,
          "the ledger says version \(Migration.label(known)) is applied, the state branch \(recorded == 0 ? "knows of none" : "ends at \(Migration.label(recorded))")",
          hint:
            "was the branch deleted or rewritten, or is the remote another one? \"repair --rebuild\" restores it"
        )
      )
    }
    return Disagreement(
      cause: .branchAhead,
      problem: Problem(
        .worldChanged,
        "the state branch says version \(Migration.label(recorded)) is applied, the ledger \(known == 0 ? "knows of none" : "ends at \(Migration.label(known))")",
        hint:
          "was Vault restored from a snapshot, or is this another server? \"repair --reapply-from \(known)\" applies again what is missing, \"repair --accept\" trusts the branch"
      )
    )
  }

  /// The recorded server and the one that answers.
  static func mismatch(_ recorded: HistoryRecord.Server?, _ server: HistoryRecord.Server) -> Disagreement? {
    guard let recorded else { return nil }
    if !recorded.clusterID.isEmpty, recorded.clusterID != server.clusterID {
      return Disagreement(
        cause: .otherServer,
        problem: Problem(
          .worldChanged,
          "the server is another cluster than the one that the state branch recorded",
          hint: "check the address; if the change is meant, pass --accept-server"
        )
      )
    }
    if recorded.address != server.address || recorded.namespace != server.namespace {
      return Disagreement(
        cause: .otherServer,
        problem: Problem(
          .worldChanged,
          "the server was recorded at \(recorded.display), and is asked at \(server.display)",
          hint: "a restored copy carries the same cluster id; if the change is meant, pass --accept-server"
        )
      )
    }
    return nil
  }
}

extension Disagreement {
  /// A private server that lost its data is not worth a repair.
  var ofPrivateServer: Disagreement {
    guard cause != .migrationEdited else { return self }
    var problem = problem
    problem.hint =
      "if its data were deleted, or nobody needs them, \"vault-migrations dev reset --yes\" begins it anew"
    return Disagreement(cause: cause, problem: problem)
  }
}

extension HistoryRecord.Server {
  /// What stands in the place of an address that changes with each start.
  static let embedded = "embedded"

  var isEmbedded: Bool { address == Self.embedded }

  fileprivate var display: String {
    namespace.isEmpty ? address : "\(address), namespace \(namespace)"
  }
}
