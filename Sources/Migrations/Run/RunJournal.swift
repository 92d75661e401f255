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

  /// The steps as JSON, in the order in which they were begun: what a growing record begins with stays as it was.
  private var order: [VaultPath] = []
  private var texts: [VaultPath: String] = [:]

  /// Whether the steps are those of another migration, which this one of the same version replaces.
  let isCorrection: Bool

  init(_ run: RunRecord, in ledger: Ledger, entryVersion: Int, isCorrection: Bool = false) {
    self.isCorrection = isCorrection
    self.run = run
    order = run.steps.keys.sorted()
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
  func record(_ steps: [VaultPath: RunRecord.Step]) async throws {
    for (path, step) in steps.sorted(by: { $0.key < $1.key }) {
      if run.steps.updateValue(step, forKey: path) == nil { order.append(path) }
      texts[path] = nil
    }
    try await save()
  }

  /// Changes a step's progress; it is written with the next record.
  func note(_ path: VaultPath, _ progress: RunRecord.Progress) {
    run.steps[path]?.progress = progress
    texts[path] = nil
    noteMount(path)
  }

  /// Notes which secrets the server has; it is written with the next record.
  func note(_ path: VaultPath, secrets: [String: Value]) {
    run.steps[path]?.secrets = secrets
    texts[path] = nil
  }

  /// Takes back an intention that the server refused.
  func forget(_ path: VaultPath) async throws {
    run.steps[path] = nil
    order.removeAll { $0 == path }
    try await save()
  }

  /// Says that no run is in progress.
  func clear() async throws {
    let record: Value = ["finished": .string(run.runID)]
    entryVersion = try await ledger.write(.run, JSON.text(record), replacing: entryVersion)
  }

  private func save() async throws {
    entryVersion = try await ledger.write(.run, text, replacing: entryVersion)
  }

  /// The record as JSON, of which only what has changed is made anew: it is written for every group of tasks.
  private var text: String {
    var empty = run
    empty.steps = [:]
    let steps = order.map { path in
      if let text = texts[path] { return text }
      let text = run.steps[path].map { JSON.text($0.value(at: path)) } ?? ""
      texts[path] = text
      return text
    }
    let frame = JSON.text(empty.value)
    // The frame's own values are ids and numbers, none of which looks like an empty list of steps.
    return frame.replacing("\"steps\":[]", with: "\"steps\":[\(steps.joined(separator: ","))]")
  }
}
