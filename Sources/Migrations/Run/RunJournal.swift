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

  /// Whether the steps are those of another migration, which this one of the same version replaces.
  let isCorrection: Bool

  init(_ run: RunRecord, in ledger: Ledger, entryVersion: Int, isCorrection: Bool = false) {
    self.isCorrection = isCorrection
    self.run = run
    self.ledger = ledger
    self.entryVersion = entryVersion
  }

  func step(_ path: VaultPath) -> RunRecord.Step? { run.steps[path] }

  /// Changes steps, and writes the record.
  func record(_ steps: [VaultPath: RunRecord.Step]) throws {
    run.steps.merge(steps) { $1 }
    try save()
  }

  /// Changes a step's progress; it is written with the next record.
  func note(_ path: VaultPath, _ progress: RunRecord.Progress) {
    run.steps[path]?.progress = progress
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
