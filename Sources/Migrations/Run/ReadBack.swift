import Catalogue
import Configuration
import StateTracker
import Values

/// What a version left behind, read at its end: later tasks change what earlier ones wrote.
struct ReadBack {
  let context: RunContext
  let mounts: MountTable
  /// What nobody wrote, but the version changed: what refers to an object that it deletes.
  var touched: [VaultPath] = []

  /// What the state branch is to record of a migration.
  func change(for migration: Migration) throws -> StateChange {
    let target = context.target
    var change = StateChange(summary: "")
    var written: [VaultPath] = []
    let given = try givenValues(of: migration)
    for task in migration.tasks where task.scope.includes(target.environment.name) {
      switch task.action {
      case .run: continue
      case .delete:
        for path in [task.path] + recordedContent(of: task.path) {
          change.sent[path] = .some(nil)
          change.observed[path] = .some(nil)
        }
      case .write(let declared):
        let endpoint = target.catalogue.endpoint(for: task.path, mounts: mounts)
        let value = try target.resolver.resolve(
          declared,
          path: task.path.description,
          lookUp: given.lookUp(for: task.path, absent: .placeholder)
        )
        change.sent[task.path] = context.fingerprints.replacingSecrets(in: value, at: task.path, endpoint)
        written.append(task.path)
      }
    }
    let reader = LiveReader(
      client: target.client,
      catalogue: target.catalogue,
      secrets: target.resolver.secrets
    )
    let observed = Set(written).union(touched.filter { change.observed[$0] == nil })
    let live = try reader.read(observed, mounts: mounts)
    for path in observed {
      let endpoint = target.catalogue.endpoint(for: path, mounts: mounts)
      change.observed[path] = .some(
        live[path].map { context.fingerprints.replacingSecrets(in: $0, at: path, endpoint) }
      )
    }
    return change
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
    Set(context.layers.sent.keys).union(context.layers.observed.keys).filter { mount.contains($0) }
  }
}
