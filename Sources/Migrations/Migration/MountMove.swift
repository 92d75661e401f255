import Catalogue
import Values

/// A mount that gets another path and keeps everything inside: `move: {from: old/, to: new/}`.
struct MountMove: Hashable {
  let from: VaultPath
  let to: VaultPath

  /// Where a path of the old mount is afterwards; `nil` for paths elsewhere.
  func moved(_ path: VaultPath) -> VaultPath? {
    if path == from { return to }
    guard from.contains(path), let old = from.contentPrefix, let new = to.contentPrefix else { return nil }
    return path.with(path: new + path.path.dropFirst(old.count))
  }

  /// What is wrong with it, or `nil`.
  var complaint: String? {
    if from.isMount && to.isMount || from.isAuthMethod && to.isAuthMethod { return nil }
    return "only a secrets engine can be moved to the place of one, and an auth method to that of another"
  }
}

extension Task {
  /// The move that this task is; `nil` for any other.
  var move: MountMove? {
    if case .move(let from) = action { MountMove(from: from, to: path) } else { nil }
  }
}

/// What the user says about mounts of the schema that look as if they got another path.
package struct MoveChoice: Sendable {
  /// New path by old path, both as they are shown.
  package var moves: [String: String]
  /// Whether everything else is to be deleted and made anew.
  package var isRefused: Bool

  package init(moves: [String: String] = [:], isRefused: Bool = false) {
    self.moves = moves
    self.isRefused = isRefused
  }
}
