import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// What a version left behind, read at its end: later tasks change what earlier ones wrote.
struct ReadBack {
  let context: RunContext
  let mounts: MountTable
  let reader: LiveReader

  /// The recorded paths that a version may change although it does not write them, as far as nobody else has.
  ///
  /// An action changes what its mount shows elsewhere (a new root becomes the default issuer), objects of the identity engine
  /// name each other, and the holders of a deleted object's id lose it. To be asked before the version runs; of a version
  /// that is resumed, the part that ran may have changed holders already.
  func neighbours(
    of migration: Migration,
    holders: Set<VaultPath>,
    isResumed: Bool
  ) throws -> [VaultPath] {
    let tasks = migration.tasks.filter { $0.scope.includes(context.target.environment.name) }
    let prefixes = Set(tasks.compactMap { prefixOfSideEffects($0) })
    let own = Set(tasks.map(\.path))
    let beside = context.layers.observed.keys.filter { path in
      !own.contains(path)
        && prefixes.contains { $0.namespace == path.namespace && path.path.hasPrefix($0.path) }
    }
    let candidates = holders.subtracting(own).union(beside).sorted()
    let live = try reader.read(candidates, mounts: mounts)
    return candidates.filter { path in
      guard let recorded = context.layers.observed[path], let now = live[path] else { return false }
      if isResumed, holders.contains(path) { return true }
      return context.fingerprints.drift(from: recorded, to: now, at: path, endpoint(path)).isEmpty
    }
  }

  private func prefixOfSideEffects(_ task: Task) -> VaultPath? {
    if task.path.path.hasPrefix("identity/") { return task.path.with(path: "identity/") }
    guard case .run = task.action, let mount = mounts.mount(holding: task.path) else { return nil }
    return task.path.with(path: mount.prefix)
  }

  /// What the state branch is to record of a migration.
  ///
  /// Of a path that the user keeps as somebody else left it, nothing was sent: what is recorded is only that.
  func change(
    for migration: Migration,
    neighbours: [VaultPath] = [],
    keeping kept: Set<VaultPath> = []
  ) throws -> StateChange {
    let target = context.target
    var change = StateChange(summary: "")
    var shown = neighbours
    let given = try givenValues(of: migration)
    for task in migration.tasks where task.scope.includes(target.environment.name) && !task.once {
      switch task.action {
      case .run: continue
      case .move(let from):
        for (old, new) in context.layers.moved where old == from || from.contains(old) {
          change.sent[old] = .some(nil)
          change.observed[old] = .some(nil)
          change.sent[new] = .some(context.layers.sent[new])
          change.observed[new] = .some(context.layers.observed[new])
        }
      case .delete:
        for path in [task.path] + recordedContent(of: task.path) {
          change.sent[path] = .some(nil)
          change.observed[path] = .some(nil)
          change.kept[path] = .some(nil)
        }
      case .write where kept.contains(task.path):
        change.kept[task.path] = ["since": .string(migration.label)]
        shown.append(task.path)
      case .write(let declared):
        change.kept[task.path] = .some(nil)
        change.sent[task.path] = try recorded(
          task.manage?.withoutServers(declared) ?? declared,
          at: task.path,
          given
        )
        // What was known after a move is known better after the write.
        change.observed.removeValue(forKey: task.path)
        // What is only created is not watched.
        if task.manage == .createOnly {
          change.observed[task.path] = .some(nil)
        } else {
          shown.append(task.path)
        }
      }
    }
    let observed = shown.filter { change.observed[$0] == nil }
    let live = try context.target.client.asking("what \(migration.label) left behind") {
      try reader.read(observed, mounts: mounts)
    }
    for path in observed { change.observed[path] = .some(live[path].map { recorded($0, at: path) }) }
    return change
  }

  /// A declaration of a path that a migration writes, as it is recorded.
  func recorded(_ declared: Value, at path: VaultPath, of migration: Migration) throws -> Value {
    try recorded(declared, at: path, givenValues(of: migration))
  }

  private func recorded(_ declared: Value, at path: VaultPath, _ given: GivenValues) throws -> Value {
    let value = try context.target.resolver.resolve(
      declared,
      path: path.description,
      lookUp: given.lookUp(for: path, absent: .placeholder)
    )
    return recorded(value, at: path)
  }

  private func recorded(_ value: Value, at path: VaultPath) -> Value {
    context.fingerprints.replacingSecrets(in: value, at: path, endpoint(path))
  }

  private func endpoint(_ path: VaultPath) -> Endpoint {
    context.target.catalogue.endpoint(for: path, mounts: mounts)
  }

  /// As they are at the end; a later task may have taken an object away, then the next one at its path is another.
  private func givenValues(of migration: Migration) throws -> GivenValues {
    let tasks = migration.tasks.filter { $0.scope.includes(context.target.environment.name) }
    return try GivenValues(
      of: tasks.reduce(into: []) { $0.formUnion($1.givenObjects) },
      from: context.target,
      mounts: mounts
    )
  }

  private func recordedContent(of mount: VaultPath) -> [VaultPath] {
    Set(context.layers.sent.keys).union(context.layers.observed.keys).union(context.layers.kept.keys).filter {
      mount.contains($0)
    }
  }
}
