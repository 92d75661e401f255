import Git
package import StateTracker
package import Values

/// Where an environment stands: what git, the ledger and the server say, and whether they agree.
package struct Standing {
  package enum State: String, Sendable {
    case clean, interrupted, diverged, held, behind, empty
  }

  package let recorded: RecordedState
  /// The applied versions, without what their tasks found.
  package let history: [HistoryRecord]
  package let head: Head?
  package let run: RunRecord?
  /// Of the ledger's records, for the next check-and-set; 0 for one that does not exist.
  let headEntryVersion: Int
  let runEntryVersion: Int
  package let state: State
  /// Why the state is `diverged`.
  package let disagreement: Disagreement?
  /// That the environment was rolled back, and waits for the migrations to say the same.
  package let hold: Hold?
  /// The migrations that this environment does not have yet.
  package let pending: [Migration]
  /// Whether the server is another one than the recorded one, and was accepted.
  let isOnOtherServer: Bool
  /// Who works on the environment right now; `nil` for nobody.
  package let holder: LockRecord?

  /// Where somebody else's change was left alone.
  ///
  /// - Throws: ``Problem``, ``GitError``.
  package func kept() throws -> [Plan.Kept] { Plan.Kept.all(of: try recorded.layer(.kept)) }

  /// The applied version; 0 for none.
  package var version: Int { history.last?.version ?? 0 }

  /// - Throws: ``Problem`` (world changed) if the records contradict each other.
  package func requireAgreement() throws(Problem) {
    if let disagreement { throw disagreement.problem }
  }
}

extension Standing {
  /// A record that cannot be read is not taken for none: it may tell of a run that has to be finished.
  private static func checkReadable(
    _ entries: [Ledger.Record: Ledger.Entry],
    _ run: RunRecord?
  ) throws(Problem) {
    let isUnknownRun = run == nil && !RunRecord.isNone(entries[.run]?.value)
    let damaged = Ledger.Record.allCases.first { $0 != .lock && entries[$0]?.isDamaged ?? false }
    guard let record = damaged ?? (isUnknownRun ? .run : nil) else { return }
    throw Problem(
      .worldChanged,
      "the ledger's record \"\(record.rawValue)\" of this environment cannot be read",
      hint:
        "was it edited by hand, or written by a newer vault-migrations? the ledger's mount keeps its earlier versions"
    )
  }

  /// Compares what the state branch, the ledger's entries and the server that answers now say.
  ///
  /// Without a ledger the branch is believed, and nothing contradicts it. With `acceptsServer` another server than the recorded one is all right. Throws when branch or ledger cannot be read.
  static func judge(
    project: Project,
    recorded: RecordedState,
    entries: [Ledger.Record: Ledger.Entry],
    hasLedger: Bool = true,
    server: HistoryRecord.Server,
    acceptsServer: Bool,
    at time: Int = 0
  ) throws -> Standing {
    let history = try recorded.history(withTasks: false)
    let head = hasLedger ? Head(entries[.head]?.value) : Head(of: recorded, history.last)
    let run = RunRecord(entries[.run]?.value)
    try checkReadable(entries, run)
    let version = history.last?.version ?? 0
    let hold = try recorded.hold()
    let otherServer = Disagreement.mismatch(try recorded.server() ?? history.last?.server, server)
    let tree = recorded.commit?.tree.description
    var disagreement =
      Disagreement.first(project, history, head, run, tree: tree) ?? (acceptsServer ? nil : otherServer)
    if server.isEmbedded { disagreement = disagreement?.ofPrivateServer }
    let known = project.migrations.last?.version ?? 0
    let state: State =
      if disagreement != nil {
        .diverged
      } else if version > known || (run.map { !$0.isOutsideOfVersions && $0.version > known } ?? false) {
        .behind
      } else if run != nil {
        .interrupted
      } else if hold != nil {
        .held
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
      hold: hold,
      pending: project.migrations.filter { $0.version > version },
      isOnOtherServer: otherServer != nil,
      holder: LockRecord(entries[.lock]?.value).flatMap { $0.isHeld(at: time) ? $0 : nil }
    )
  }
}
