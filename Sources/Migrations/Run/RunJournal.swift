import Catalogue
import Values
import VaultClient

/// The record of the run in progress, in memory and in the ledger.
///
/// Nothing is sent to the server before ``record(_:)`` has written down that it will be.
final class RunJournal {
  private let ledger: Ledger
  private(set) var run: RunRecord
  /// The version of the ledger's entry, for the next check-and-set.
  private(set) var entryVersion: Int
  private var madeMounts: Set<VaultPath> = []

  /// Whether the steps are those of another migration, which this one of the same version replaces.
  let isCorrection: Bool

  init(_ run: RunRecord, in ledger: Ledger, entryVersion: Int, isCorrection: Bool = false) {
    self.isCorrection = isCorrection
    self.run = run
    self.ledger = ledger
    self.entryVersion = entryVersion
    for path in run.steps.keys { noteMount(path) }
  }

  private func noteMount(_ path: VaultPath) {
    guard path.contentPrefix != nil, let step = run.steps[path], step.progress == .done, step.before == nil
    else { return }
    madeMounts.insert(path)
  }

  func step(_ path: VaultPath) -> RunRecord.Step? { run.steps[path] }

  /// Whether this version made the mount that a path lies in, so that nobody else has put anything there: what is there
  /// came with the mount, or from an action.
  func hasMade(mountOf path: VaultPath) -> Bool {
    madeMounts.contains { $0.contains(path) }
  }

  /// Changes steps, and writes the record.
  func record(_ steps: [VaultPath: RunRecord.Step]) throws {
    run.steps.merge(steps) { $1 }
    try save()
  }

  /// Changes a step's progress; it is written with the next record.
  func note(_ path: VaultPath, _ progress: RunRecord.Progress) {
    run.steps[path]?.progress = progress
    noteMount(path)
  }

  /// Notes which secrets the server has; it is written with the next record.
  func note(_ path: VaultPath, secrets: [String: Value]) {
    run.steps[path]?.secrets = secrets
  }

  /// Takes back an intention that the server refused.
  func forget(_ path: VaultPath) throws {
    run.steps[path] = nil
    try save()
  }

  /// Says that no run is in progress.
  func clear() throws {
    entryVersion = try ledger.write(.run, ["finished": .string(run.runID)], replacing: entryVersion)
  }

  private func save() throws {
    entryVersion = try ledger.write(.run, run.value, replacing: entryVersion)
  }
}
