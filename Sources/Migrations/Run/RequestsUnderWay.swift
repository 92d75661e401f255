import Catalogue
import Configuration
import Platform
import Values

/// Requests of a run that is dead: the server may work on one long after nobody waits for its answer.
extension RunContext {
  /// Asks whether what an interrupted run was about to send has come about.
  ///
  /// A "no" is believed only when the request cannot be under way any more: its run gave it a quarter of the lock's time,
  /// but a lock that is broken, or whose process is gone, is taken over sooner.
  func settled(
    _ step: RunRecord.Step,
    at path: VaultPath,
    _ hasRun: () throws -> Bool?
  ) throws -> Bool? {
    var answer = try hasRun()
    guard step.progress == .intended, let intendedAt = step.intendedAt else { return answer }
    let now = target.serverTime
    // Both times are whole seconds; a clock that was put back must not make anybody wait for longer.
    let end = min(intendedAt, now) + max(1, project.settings.lockTTL / 4) + 1
    guard answer == false, now < end else { return answer }
    let text = "an interrupted run may have sent this just now: waiting for up to \(end - now) s"
    report(.notice(text, path: path))
    while answer == false, target.serverTime < end {
      if cancelled() {
        throw Problem(
          .operationFailed,
          "interrupted while waiting for what an earlier run may have sent",
          path: path.description,
          hint: "nothing was sent; the next run goes on from here"
        )
      }
      Platform.pause(milliseconds: 250)
      answer = try hasRun()
    }
    return answer
  }

  /// Waits until nothing that cannot be repeated is under way.
  func settle(_ run: RunRecord) throws {
    for (path, step) in run.steps.sorted(by: { $0.key < $1.key }) {
      _ = try settled(step, at: path) { false }
    }
  }
}
