import Catalogue
import Values

/// Mounts that are gone and mounts that are new, which may be the same under another path.
struct MovedMounts {
  private let fold: Fold
  private let schema: Fold

  init(from fold: Fold, to schema: Fold) {
    self.fold = fold
    self.schema = schema
  }

  /// Every removed mount with every added one of its kind and namespace, sorted.
  var candidates: [MountMove] {
    removed.flatMap { old in
      added.filter { isSameKind(old, $0) }.map { MountMove(from: old, to: $0) }
    }
  }

  /// Whether nothing else could be meant: the only two of their kind, and what is declared inside does not say otherwise.
  func isLikely(_ move: MountMove) -> Bool {
    let others = candidates.filter { $0 != move && ($0.from == move.from || $0.to == move.to) }
    guard others.isEmpty else { return false }
    let before = names(in: fold, move.from)
    let after = names(in: schema, move.to)
    return before == after || !before.isDisjoint(with: after)
  }

  private var removed: [VaultPath] { mounts(of: fold).filter { schema.resources[$0] == nil } }
  private var added: [VaultPath] { mounts(of: schema).filter { fold.resources[$0] == nil } }

  private func mounts(of fold: Fold) -> [VaultPath] {
    fold.resources.keys.filter { $0.isMount || $0.isAuthMethod }.sorted()
  }

  private func isSameKind(_ old: VaultPath, _ new: VaultPath) -> Bool {
    let types = [fold.resources[old], schema.resources[new]].map { $0.flatMap(MountTable.type) }
    return old.namespace == new.namespace && old.isMount == new.isMount && types[0] == types[1]
  }

  private func names(in fold: Fold, _ mount: VaultPath) -> Set<String> {
    let prefix = mount.contentPrefix?.count ?? 0
    let inside = Array(fold.content(of: mount).keys) + fold.actions.keys.filter { mount.contains($0) }
    return Set(inside.map { String($0.path.dropFirst(prefix)) })
  }
}
