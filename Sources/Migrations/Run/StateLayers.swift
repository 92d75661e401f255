import Catalogue
import StateTracker
import Values

/// What was last sent and observed, kept up to date through the versions of one run.
final class StateLayers {
  private(set) var sent: [VaultPath: Value]
  private(set) var observed: [VaultPath: Value]
  /// Where somebody else's change was left alone: nothing of ours is written there until a migration or the user says so.
  private(set) var kept: [VaultPath: Value]
  /// What got another path in this run, by the old one.
  private(set) var moved: [VaultPath: VaultPath] = [:]

  /// Reads what is recorded; what was sent only where it is wanted.
  init(_ recorded: RecordedState, withSent: Bool = true) throws {
    sent = withSent ? try recorded.layer(.sent) : [:]
    observed = try recorded.layer(.observed)
    kept = try recorded.layer(.kept)
  }

  /// Gives what is recorded at a path another one, with what is known of it there.
  func move(_ old: VaultPath, to new: VaultPath, sent newSent: Value?, observed newObserved: Value?) {
    sent[old] = nil
    observed[old] = nil
    kept[new] = kept.removeValue(forKey: old)
    sent[new] = newSent
    observed[new] = newObserved
    moved[old] = new
  }

  func apply(_ change: StateChange) {
    for (path, value) in change.sent { sent[path] = value }
    for (path, value) in change.observed { observed[path] = value }
    for (path, value) in change.kept { kept[path] = value }
  }

  var keptPaths: [Plan.Kept] { Plan.Kept.all(of: kept) }
}

extension Plan.Kept {
  /// What a layer says, by path.
  static func all(of layer: [VaultPath: Value]) -> [Plan.Kept] {
    layer.sorted { $0.key < $1.key }.map { Plan.Kept(path: $0.key, since: $0.value["since"]?.string ?? "") }
  }
}
