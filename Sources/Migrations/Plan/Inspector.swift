package import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// Looks at one environment and writes nothing: what is pending, what drifted, what tasks would meet.
package struct Inspector {
  private let target: Target
  private let project: Project

  package init(target: Target, project: Project) {
    self.target = target
    self.project = project
  }

  /// The three parts of a plan.
  ///
  /// - Throws: ``Problem``, ``VaultError``, ``GitError``.
  package func plan() async throws -> Plan {
    let standing = try await target.examine(project, acceptsServer: true)
    let name = target.environment.name
    var pending = standing.pending.flatMap { Planner.changes(of: $0, for: name, catalogue: target.catalogue) }
    let view = try recordedView(standing)
    if let view {
      let touched = Set(pending.map(\.path))
      pending += try target.refreshes(of: view.applied, view.layers, view.fingerprints).filter {
        !touched.contains($0.path)
      }
    }
    return Plan(
      environment: name,
      changes: try Planner.unwritten(in: project, environment: name, catalogue: target.catalogue),
      pending: pending,
      drift: try view.map(drift) ?? []
    )
  }

  /// What changed on the server since it was recorded.
  ///
  /// - Throws: ``Problem``, ``VaultError``, ``GitError``.
  package func drift() async throws -> [Change] {
    try recordedView(await target.examine(project, acceptsServer: true)).map(drift) ?? []
  }

  /// What a new migration would meet on the server.
  package struct Encounter: Sendable {
    /// Paths that it creates and that are there already.
    package var existing: [VaultPath] = []
    /// What its deletions would destroy.
    package var losses: [VaultPath: String] = [:]
  }

  /// Looks for what a migration that is not applied yet would meet.
  ///
  /// - Throws: ``Problem``, ``VaultError``.
  package func encounter(_ migration: Migration) throws -> Encounter {
    let name = target.environment.name
    let fold = try Fold(project.migrations, environment: name)
    var mounts = try target.mounts(declaredBy: fold)
    mounts.insert(contentsOf: project.schema.content(in: name).mounts)
    let tasks = migration.tasks.filter { $0.scope.includes(name) }
    let created = tasks.filter { $0.was == .absent }.map(\.path)
    var encounter = Encounter()
    encounter.existing = try reader.read(created, mounts: mounts).keys.sorted()
    for task in tasks {
      if let losses = task.losses(target.catalogue, mounts) { encounter.losses[task.path] = losses }
    }
    return encounter
  }

  // MARK: - What is recorded

  private struct RecordedView {
    let applied: Fold
    let layers: StateLayers
    let mounts: MountTable
    let fingerprints: Fingerprints
  }

  private func recordedView(_ standing: Standing) throws -> RecordedView? {
    guard standing.version > 0, let key = try target.ledger.storedKey() else { return nil }
    let applied = try Fold(
      project.migrations.filter { $0.version <= standing.version },
      environment: target.environment.name
    )
    return RecordedView(
      applied: applied,
      layers: try StateLayers(standing.recorded),
      mounts: try target.mounts(declaredBy: applied),
      fingerprints: Fingerprints(key: key)
    )
  }

  private var reader: LiveReader {
    LiveReader(client: target.client, catalogue: target.catalogue, secrets: target.resolver.secrets)
  }

  private func drift(_ view: RecordedView) throws -> [Change] {
    let live = try reader.read(view.layers.observed.keys, mounts: view.mounts)
    return Planner.drift(
      observed: view.layers.observed,
      live: live,
      declared: view.applied.resources,
      mounts: view.mounts,
      fingerprints: view.fingerprints,
      catalogue: target.catalogue
    )
  }
}
