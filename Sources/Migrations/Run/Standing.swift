import Git
package import StateTracker
package import Values

/// Where an environment stands: what git, the ledger and the server say, and whether they agree.
package struct Standing {
  package enum State: String, Sendable {
    case clean, interrupted, diverged, behind, empty
  }

  package let recorded: RecordedState
  package let history: [HistoryRecord]
  package let head: Head?
  package let run: RunRecord?
  /// Of the ledger's records, for the next check-and-set; 0 for one that does not exist.
  let headEntryVersion: Int
  let runEntryVersion: Int
  package let state: State
  /// Why the state is `diverged`.
  package let disagreement: Problem?
  /// The migrations that this environment does not have yet.
  package let pending: [Migration]
  /// Whether the server is another one than the recorded one, and was accepted.
  let isOnOtherServer: Bool
  /// Who works on the environment right now; `nil` for nobody.
  package let holder: LockRecord?

  /// The applied version; 0 for none.
  package var version: Int { history.last?.version ?? 0 }

  /// - Throws: ``Problem`` (world changed) if the records contradict each other.
  package func requireAgreement() throws(Problem) {
    if let disagreement { throw disagreement }
  }
}

extension Standing {
  /// Compares what the state branch, the ledger's entries and the server that answers now say.
  ///
  /// With `acceptsServer` another server than the recorded one is all right. Throws when the branch cannot be read.
  static func judge(
    project: Project,
    recorded: RecordedState,
    entries: [Ledger.Record: Ledger.Entry],
    server: HistoryRecord.Server,
    acceptsServer: Bool,
    at time: Int = 0
  ) throws -> Standing {
    let history = try recorded.history()
    let head = Head(entries[.head]?.value)
    let run = RunRecord(entries[.run]?.value)
    let version = history.last?.version ?? 0
    let otherServer = mismatch(try recorded.server() ?? history.last?.server, server)
    let disagreement =
      mismatch(history, project) ?? mismatch(history.last, head, run, tree: recorded.commit?.tree.description)
      ?? (acceptsServer ? nil : otherServer)
    let known = project.migrations.last?.version ?? 0
    let state: State =
      if disagreement != nil {
        .diverged
      } else if version > known || (run.map { !$0.isRefresh && $0.version > known } ?? false) {
        .behind
      } else if run != nil {
        .interrupted
      } else {
        version == 0 ? .empty : .clean
      }
    return Standing(
      recorded: recorded,
      history: history,
      head: head,
      run: run,
      headEntryVersion: entries[.head]?.version ?? 0,
      runEntryVersion: entries[.run]?.version ?? 0,
      state: state,
      disagreement: disagreement,
      pending: project.migrations.filter { $0.version > version },
      isOnOtherServer: otherServer != nil,
      holder: LockRecord(entries[.lock]?.value).flatMap { $0.isHeld(at: time) ? $0 : nil }
    )
  }

  /// An applied migration is immutable.
  private static func mismatch(_ history: [HistoryRecord], _ project: Project) -> Problem? {
    for record in history {
      guard let migration = project.migrations.first(where: { $0.version == record.version }) else {
        continue
      }
      if migration.checksum != record.checksum {
        return Problem(
          .worldChanged,
          "migration \(migration.label) is applied already, and is not the one that was applied",
          at: project.location(of: migration),
          hint: "an applied migration cannot be changed: restore the file with git, and write a new one"
        )
      }
    }
    return nil
  }

  /// Branch and ledger check each other; a run between them explains one step of difference.
  private static func mismatch(_ last: HistoryRecord?, _ head: Head?, _ run: RunRecord?, tree: String?)
    -> Problem?
  {
    let recorded = last?.version ?? 0
    let known = head?.version ?? 0
    if recorded == known {
      guard let head, let last, run == nil else { return nil }
      if head.checksum != last.checksum || head.tree != tree {
        return Problem(
          .worldChanged,
          "branch and ledger disagree about version \(Migration.label(recorded))",
          hint:
            "was the state branch rewritten, or Vault restored? compare its history with what is on the server"
        )
      }
      return nil
    }
    // A baseline may go over several versions at once.
    if let run, run.version == recorded, known < recorded { return nil }
    if known > recorded {
      return Problem(
        .worldChanged,
        "the ledger says version \(Migration.label(known)) is applied, the state branch ends at \(Migration.label(recorded))",
        hint:
          "was the branch deleted or rewritten, or is the remote another one? restore the branch from a clone or a tag"
      )
    }
    return Problem(
      .worldChanged,
      "the state branch says version \(Migration.label(recorded)) is applied, the ledger \(known == 0 ? "knows of none" : "ends at \(Migration.label(known))")",
      hint:
        "was Vault restored from a snapshot, or is this another server? nothing is written until they agree"
    )
  }

  private static func mismatch(_ recorded: HistoryRecord.Server?, _ server: HistoryRecord.Server) -> Problem?
  {
    guard let recorded else { return nil }
    if !recorded.clusterID.isEmpty, recorded.clusterID != server.clusterID {
      return Problem(
        .worldChanged,
        "the server is another cluster than the one that the state branch recorded",
        hint: "check the address; if the change is meant, pass --accept-server"
      )
    }
    if recorded.address != server.address || recorded.namespace != server.namespace {
      return Problem(
        .worldChanged,
        "the server was recorded at \(recorded.display), and is asked at \(server.display)",
        hint: "a restored copy carries the same cluster id; if the change is meant, pass --accept-server"
      )
    }
    return nil
  }
}

extension HistoryRecord.Server {
  fileprivate var display: String {
    namespace.isEmpty ? address : "\(address), namespace \(namespace)"
  }
}
