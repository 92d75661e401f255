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

extension ActionTerms {
  /// What is kept in a mount, or looked for there, moves along with it.
  ///
  /// The paths in them are of the namespace that the action is in.
  func moved(by move: MountMove, in namespace: String) -> ActionTerms {
    func moved(_ path: String) -> String { move.moved(VaultPath(path, in: namespace))?.path ?? path }
    var terms = self
    terms.save = save.mapValues { target in
      guard case .secret(let path, let field) = target else { return target }
      return .secret(path: moved(path), field: field)
    }
    terms.unless = unless.map { Condition(path: moved($0.path), field: $0.field) }
    return terms
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

extension Project {
  /// The moves that take back those of all migrations after a version, where the mounts are still there to be moved.
  func movesBack(to version: Int) throws(Problem) -> [MountMove] {
    var origins: [VaultPath: VaultPath] = [:]
    let later = migrations.filter { $0.version > version }
    for move in later.flatMap(\.tasks).compactMap(\.move) {
      origins[move.to] = origins.removeValue(forKey: move.from) ?? move.from
    }
    guard !origins.isEmpty else { return [] }
    var moves: Set<MountMove> = []
    for environment in Validator.environments(of: settings) {
      let now = try Fold(migrations, environment: environment)
      let then = try Fold(migrations.filter { $0.version <= version }, environment: environment)
      let candidates = MovedMounts(from: now, to: then).candidates
      moves.formUnion(candidates.filter { origins[$0.from] == $0.to })
    }
    return moves.sorted { $0.from < $1.from }
  }
}

extension MoveChoice {
  /// The way back to a version: what was moved since is moved back, not deleted and made anew.
  package static func back(to version: Int, in project: Project) throws -> MoveChoice {
    let moves = try project.movesBack(to: version).map { ($0.from.description, $0.to.description) }
    return MoveChoice(moves: Dictionary(moves, uniquingKeysWith: { $1 }))
  }
}
