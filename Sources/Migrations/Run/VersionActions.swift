import Catalogue
import Configuration
import Values
import VaultClient

/// One-off actions: journalled before and after, and never repeated blindly.
extension VersionRun {
  /// Runs an action, unless an interrupted run has run it.
  func run(_ index: Int, _ arguments: Value) throws {
    let task = migration.tasks[index]
    if journal.step(task.path)?.progress != .done, try !wasRun(task) {
      try perform(task, arguments)
    }
    finish(index, .run, .done, before: nil)
  }

  private func perform(_ task: Task, _ arguments: Value) throws {
    let client = context.target.client
    let value = try resolved(arguments, for: task)
    let shown = try reader.probe(task.path, mounts: mounts)
    try journal.record([task.path: RunRecord.Step(progress: .intended, before: nil, probe: shown)])
    try context.lock.hold()
    do {
      try check(try client.perform(VaultRequest(.write, task.apiPath, body: value)), task)
    } catch let error as VaultError where error.kind == .outcomeUnknown {
      let now = try reader.probe(task.path, mounts: mounts)
      guard now != nil, now != shown else { throw failure(error, at: task) }
    } catch let error as VaultError {
      // Refused, or never sent: it did not run.
      let isRefused = error.status.map { (400..<500).contains($0) } ?? false
      if isRefused || error.kind == .unreachable || error.kind == .cancelled {
        try? journal.forget(task.path)
      }
      throw failure(error, at: task)
    }
    try journal.record([task.path: RunRecord.Step(progress: .done, before: nil, probe: shown)])
  }

  /// Whether an interrupted run set out to run an action, and did.
  private func wasRun(_ task: Task) throws -> Bool {
    guard let step = journal.step(task.path) else { return false }
    if context.options.ran.contains(task.path) { return true }
    if context.options.notRun.contains(task.path) { return false }
    if !task.atMostOnce, let before = step.probe, let now = try reader.probe(task.path, mounts: mounts) {
      return before != now
    }
    throw Problem(
      .worldChanged,
      "an interrupted run may or may not have run \(task.path), and nothing on the server can tell",
      path: task.path.description,
      hint: "look at the server; then pass --ran \(task.path) or --not-run \(task.path)"
    )
  }
}
