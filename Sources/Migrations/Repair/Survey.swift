package import Catalogue
import Configuration
import Values
import VaultClient

/// How far an interrupted run got, task by task, by its journal and by what is on the server now.
package struct Survey: Sendable {
  package enum Finding: String, Sendable, Hashable {
    case done
    case notDone = "not-done"
    /// It is neither as it was nor as the migration writes it.
    case changedByOthers = "changed-by-others"
    /// Nothing can tell.
    case unknown
  }

  package struct Entry: Sendable, Hashable {
    package let path: VaultPath
    package let action: Change.Action
    package let finding: Finding
  }

  package let version: Int
  package let entries: [Entry]
}

extension Target {
  /// Looks at every task of an interrupted version; nothing is written.
  func survey(_ run: RunRecord, of migration: Migration, in project: Project, _ layers: StateLayers?) throws
    -> Survey
  {
    let name = environment.name
    let before = try Fold(project.migrations.filter { $0.version < migration.version }, environment: name)
    var after = before
    try after.apply(migration, environment: name)
    var mounts = try mounts(declaredBy: before)
    mounts.insert(contentsOf: after.mounts)
    let tasks = migration.tasks.filter { $0.scope.includes(name) }
    let reader = reader(for: before.resources.merging(migration.writes) { $1 })
    let live = try reader.read(tasks.map(\.path), mounts: mounts)
    let given = try GivenValues(
      of: tasks.reduce(into: []) { $0.formUnion($1.givenObjects) },
      from: self,
      mounts: mounts
    )
    let entries = try tasks.map { task in
      let step = run.steps[task.path]
      let endpoint = catalogue.endpoint(for: task.path, mounts: mounts)
      let finding: Survey.Finding
      switch task.action {
      case .run: finding = try self.finding(ofAction: task, step, reader, mounts)
      case .move: finding = live[task.path] == nil ? .notDone : .done
      case .delete:
        finding = live[task.path] == nil ? .done : step?.progress == .done ? .changedByOthers : .notDone
      case .write(let declared):
        let value = try resolver.resolve(
          declared,
          path: task.path.description,
          lookUp: given.lookUp(for: task.path, absent: .placeholder)
        )
        let found = Found(step: step, live: live[task.path], recorded: layers?.observed[task.path])
        finding = try self.finding(
          of: value.marking(secretsOf: endpoint),
          at: task.path,
          found,
          endpoint,
          reader
        )
      }
      let action: Change.Action =
        switch task.action {
        case .run: .run
        case .move: .move
        case .delete: .delete
        case .write: before.resources[task.path] == nil ? .create : .update
        }
      return Survey.Entry(path: task.path, action: action, finding: finding)
    }
    return Survey(version: migration.version, entries: entries)
  }

  private struct Found {
    let step: RunRecord.Step?
    let live: Value?
    let recorded: Value?
  }

  private func finding(
    of value: Value,
    at path: VaultPath,
    _ found: Found,
    _ endpoint: Endpoint,
    _ reader: LiveReader
  ) throws -> Survey.Finding {
    if endpoint.readPath(for: path) == .nothing {
      return found.step.map { $0.progress == .intended ? .unknown : .done } ?? .notDone
    }
    guard let live = found.live else { return found.step?.progress == .done ? .changedByOthers : .notDone }
    let agrees: Bool
    if endpoint.kind == .kvData {
      let content = try reader.readSecretData([path])[path]
      agrees =
        content.map { JSON.bytesExposingSecrets($0) == JSON.bytesExposingSecrets(value["data"] ?? .null) }
        ?? false
    } else {
      agrees =
        Comparison(declared: value.object ?? [:], live: live.object ?? [:], endpoint: endpoint).differences
        .isEmpty
    }
    if agrees { return .done }
    guard let step = found.step else {
      return found.recorded == nil || found.recorded == live ? .notDone : .changedByOthers
    }
    if step.progress != .intended { return .changedByOthers }
    return step.before == nil ? .changedByOthers : .notDone
  }

  private func finding(
    ofAction task: Task,
    _ step: RunRecord.Step?,
    _ reader: LiveReader,
    _ mounts: MountTable
  ) throws -> Survey.Finding {
    guard let step else { return .notDone }
    if step.progress == .done { return .done }
    guard let before = step.probe, let now = try reader.probe(task.path, mounts: mounts) else {
      return .unknown
    }
    return before == now ? .notDone : .done
  }
}
