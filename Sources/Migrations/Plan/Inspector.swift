package import Catalogue
import Configuration
import StateTracker
package import Values
import VaultClient

/// Looks at one environment and writes nothing: what is pending, what drifted, what tasks would meet.
package struct Inspector {
  let target: Target
  let project: Project
  private let acceptsServer: Bool
  private let note: (String) -> Void

  /// Looks at one environment; `note` gets what a user should know besides; with `acceptsServer` another server than the recorded one is all right.
  package init(
    target: Target,
    project: Project,
    acceptsServer: Bool = false,
    note: @escaping (String) -> Void = { _ in }
  ) {
    self.note = note
    self.target = target
    self.project = project
    self.acceptsServer = acceptsServer
  }

  /// An answer about an environment whose records contradict each other would be no answer.
  private func examine() async throws -> Standing {
    let standing = try await target.examine(project, acceptsServer: acceptsServer)
    try standing.requireAgreement()
    return standing
  }

  /// The three parts of a plan.
  ///
  /// - Throws: ``Problem``, ``VaultError``, ``GitError``.
  package func plan() async throws -> Plan {
    let standing = try await examine()
    let name = target.environment.name
    try target.refuseOwnGround(standing.pending, in: project)
    let next = try Generator.next(for: project)
    if let next { try target.refuseOwnGround([next], in: project) }
    try checkClaims(of: standing)
    var pending = standing.pending.flatMap { Planner.changes(of: $0, for: name, catalogue: target.catalogue) }
    let view = try await recordedView(standing)
    if let view {
      let touched = Set(pending.map(\.path))
      pending += try target.refreshes(of: view.applied, view.layers, view.fingerprints).filter {
        !touched.contains($0.path)
      }
    }
    var plan = Plan(
      environment: name,
      changes: try counted(
        next.map { Planner.unwritten($0, environment: name, catalogue: target.catalogue) } ?? []
      ),
      pending: try counted(pending),
      drift: try view.map(drift) ?? []
    )
    plan.refreshesByHand = target.environment.refreshesByHand
    plan.kept = view?.layers.keptPaths ?? []
    plan.warnings = fieldWarnings(about: Set((plan.changes + plan.pending).map(\.path)))
    return plan
  }

  /// The private server belongs to this project alone, and has no ledger before its first run.
  private func checkClaims(of standing: Standing) throws {
    guard target.environment.server != .embedded else { return }
    try target.checkClaims(target.tasks(of: standing.pending))
  }

  /// What changed on the server since it was recorded.
  ///
  /// - Throws: ``Problem``, ``VaultError``, ``GitError``.
  package func drift() async throws -> [Change] {
    try await recordedView(try await examine(), withSent: false).map(drift) ?? []
  }

  /// What the server's own description says against the fields of declared entries.
  package func fieldWarnings(about paths: Set<VaultPath>) -> [Problem] {
    target.fieldWarnings(about: project.schema, only: paths, note: note)
  }

  /// What a new migration would meet on the server.
  package struct Encounter: Sendable {
    /// Paths that it creates and that are there already.
    package var existing: [VaultPath] = []
    /// What its deletions would destroy.
    package var losses: [VaultPath: Losses] = [:]
  }

  /// Looks for what a migration that is not applied yet would meet.
  ///
  /// - Throws: ``Problem``, ``VaultError``.
  package func encounter(_ migration: Migration) throws -> Encounter {
    let name = target.environment.name
    let mounts = try knownMounts()
    let tasks = migration.tasks.filter { $0.scope.includes(name) }
    let created = tasks.filter { $0.was == .absent }.map(\.path)
    var encounter = Encounter()
    encounter.existing = try target.reader(for: migration.writes).read(
      created,
      mounts: mounts,
      doubting: Set(created)
    )
    .keys.sorted()
    encounter.losses = try losses(of: migration)
    return encounter
  }

  /// What the tasks of a migration would destroy here, counted.
  ///
  /// - Throws: ``Problem``, ``VaultError``.
  package func losses(of migration: Migration) throws -> [VaultPath: Losses] {
    let tasks = migration.tasks.filter { $0.scope.includes(target.environment.name) }
    return try counter().losses(of: tasks)
  }

  /// The same changes, those that destroy something with its number.
  private func counted(_ changes: [Change]) throws -> [Change] {
    guard changes.contains(where: { $0.losses != nil }) else { return changes }
    let counter = try counter()
    return try changes.map { change in
      var change = change
      if change.losses != nil { change.losses?.counted = try counter.count(at: change.path) }
      return change
    }
  }

  private func counter() throws -> LossCounter {
    LossCounter(client: target.client, catalogue: target.catalogue, mounts: try knownMounts())
  }

  /// What is mounted, and what the migrations and the schema would mount.
  private func knownMounts() throws -> MountTable {
    let name = target.environment.name
    var mounts = try target.mounts(declaredBy: try Fold(project.migrations, environment: name))
    mounts.insert(contentsOf: project.schema.content(in: name).mounts)
    return mounts
  }

  // MARK: - What is recorded

  private struct RecordedView {
    let applied: Fold
    let layers: StateLayers
    let mounts: MountTable
    let fingerprints: Fingerprints
  }

  private func recordedView(_ standing: Standing, withSent: Bool = true) async throws -> RecordedView? {
    guard standing.version > 0 else { return nil }
    guard let key = try await target.ledger.storedKey() else {
      throw Problem(
        .worldChanged,
        "the ledger has lost the key of the fingerprints, so that nothing recorded can be compared",
        hint: "was the ledger's mount made anew? restore it from a snapshot of the server"
      )
    }
    let applied = try Fold(
      project.migrations.filter { $0.version <= standing.hold?.to ?? standing.version },
      environment: target.environment.name
    )
    return RecordedView(
      applied: applied,
      layers: try StateLayers(standing.recorded, withSent: withSent),
      mounts: try target.mounts(declaredBy: applied),
      fingerprints: Fingerprints(key: key)
    )
  }

  /// What the schema would have to say so that paths are as somebody else made them; everything that drifted if `nil`.
  ///
  /// - Throws: ``Problems`` for what cannot be adopted, ``Problem``, ``VaultError``, ``GitError``.
  package func adoption(of paths: Set<VaultPath>?) async throws -> DriftAdoption? {
    guard let view = try await recordedView(try await examine(), withSent: false) else { return nil }
    let live = try live(view)
    let drift = drift(view, live).filter { paths?.contains($0.path) ?? true }
    guard !drift.isEmpty else { return nil }
    return try DriftAdoption(
      drift,
      live: live,
      project,
      in: target.environment.name,
      view.mounts
    )
  }

  private func drift(_ view: RecordedView) throws -> [Change] {
    let schema = project.schema.content(in: target.environment.name)
    let strangers = Strangers(target: target, fold: view.applied, schema: schema)
    return try drift(view, live(view)) + strangers.changes()
  }

  private func live(_ view: RecordedView) throws -> [VaultPath: Value] {
    try target.client.asking("whether it drifted") {
      try target.reader(for: view.applied.resources, sharing: view.applied.manages).read(
        view.layers.observed.keys,
        mounts: view.mounts
      )
    }
  }

  private func drift(_ view: RecordedView, _ live: [VaultPath: Value]) -> [Change] {
    Planner.drift(
      observed: view.layers.observed,
      live: live,
      declared: view.applied.resources,
      mounts: view.mounts,
      fingerprints: view.fingerprints,
      catalogue: target.catalogue
    )
  }
}
