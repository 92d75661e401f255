import Catalogue
import StateTracker
import Values

/// What was last sent and observed, kept up to date through the versions of one run.
final class StateLayers {
  private(set) var sent: [VaultPath: Value]
  private(set) var observed: [VaultPath: Value]

  init(_ recorded: RecordedState) throws {
    sent = try recorded.layer(.sent)
    observed = try recorded.layer(.observed)
  }

  func apply(_ change: StateChange) {
    for (path, value) in change.sent { sent[path] = value }
    for (path, value) in change.observed { observed[path] = value }
  }
}
