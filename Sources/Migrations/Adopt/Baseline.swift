package import Catalogue
import Configuration
import Git
import StateTracker
package import Values
import VaultClient

/// Marks an environment as already at a version, after comparing the server with what the migrations declare: nothing is
/// written to it but the ledger.
package final class Baseline {
  private let target: Target
  private let project: Project
  private let identity: RunIdentity
  private let version: Int
  /// The paths that may differ.
  private let accepted: Set<VaultPath>
  private let acceptsServer: Bool
  private let report: (RunEvent) -> Void

  /// Prepares it, for the newest version if none is given; nothing is asked or written yet.
  ///
  /// - Throws: ``Problem`` if there is no such version.
  package init(
    target: Target,
    project: Project,
    identity: RunIdentity,
    version: Int? = nil,
    accepted: Set<VaultPath> = [],
    acceptsServer: Bool = false,
    report: @escaping (RunEvent) -> Void = { _ in }
  ) throws(Problem) {
    guard let newest = project.migrations.last?.version else {
      throw Problem(.usage, "there is no migration to be at", hint: "run import, or generate, first")
    }
    let version = version ?? newest
    guard project.migrations.contains(where: { $0.version == version }) else {
      throw Problem(
        .usage,
        "there is no version \(Migration.label(version))",
        hint: "the newest is \(Migration.label(newest))"
      )
    }
    self.version = version
    self.target = target
    self.project = project
    self.identity = identity
    self.accepted = accepted
    self.acceptsServer = acceptsServer
    self.report = report
  }

  /// Compares, and records.
  ///
  /// - Throws: ``Problems`` (world changed) with every difference that nobody accepted; ``Problem``, ``VaultError``,
  ///   ``GitError``.
  package func run() async throws -> BaselineReport {
    _ = try await examine()
    if target.environment.server == .embedded { _ = try target.ledger.create() }
    let lock = try await target.takeLock(for: identity, ttl: project.settings.lockTTL, report: report)
    return try await lock.released(by: target) { try await run(under: lock) }
  }

  private func run(under lock: RunLock) async throws -> BaselineReport {
    let standing = try await examine()
    let fingerprints = Fingerprints(key: try await target.ledger.fingerprintKey())
    try target.checkClaims(target.tasks(of: standing.pending))
    let findings = try compare(standing, fingerprints)
    let baseline = try await record(findings, standing, lock)
    var claims = try RunClaims(of: standing, applied: try fold(to: version), in: target)
    try claims.settle(try fold(to: version))
    return baseline
  }

  private func fold(to version: Int) throws(Problem) -> Fold {
    try Fold(project.migrations.filter { $0.version <= version }, environment: target.environment.name)
  }

  private func compare(
    _ standing: Standing,
    _ fingerprints: Fingerprints
  ) throws -> BaselineComparison.Findings {
    let comparison = try BaselineComparison(
      target: target,
      project: project,
      before: fold(to: standing.version),
      after: fold(to: version),
      accepted: accepted,
      fingerprints: fingerprints
    )
    return try comparison.findings()
  }

  private func examine() async throws -> Standing {
    let standing = try await target.examine(project, acceptsServer: acceptsServer)
    try standing.requireAgreement()
    let name = target.environment.name
    guard standing.version < version else {
      throw Problem(
        .usage,
        "\(name) is at version \(Migration.label(standing.version)) already",
        hint: "a baseline is for an environment that the records do not know yet"
      )
    }
    // A baseline that could not be published intended nothing, and may be tried again.
    guard standing.run?.steps.isEmpty ?? true else {
      throw Problem(.worldChanged, "a run of \(name) was interrupted", hint: "finish it with sync first")
    }
    return standing
  }

  // MARK: - Recording

  private func record(_ findings: BaselineComparison.Findings, _ standing: Standing, _ lock: RunLock)
    async throws
    -> BaselineReport
  {
    guard let migration = project.migrations.first(where: { $0.version == version }) else {
      throw Problem(.usage, "there is no version \(Migration.label(version))")
    }
    let run = RunRecord(runID: identity.runID, version: version, checksum: migration.checksum)
    let journal = RunJournal(run, in: target.ledger, entryVersion: standing.runEntryVersion)
    try await journal.record([:])
    var recorder = StateRecorder(target: target, project: project, identity: identity, standing: standing)
    let applied: RunReport.Version
    do {
      applied = try await recorder.record(
        migration,
        findings.change,
        findings.outcomes,
        journal,
        lock,
        isBaseline: true
      )
    } catch {
      // What was published, the next run finishes; what was not, never was.
      if let state = try? await target.tracker.fetch(), let last = try? state.version(), last < version {
        try? await journal.clear()
      }
      throw error
    }
    report(.versionApplied(label: migration.label, tag: applied.tag))
    return BaselineReport(
      version: applied,
      paths: findings.paths,
      accepted: findings.accepted,
      actions: findings.actions,
      unverifiable: findings.unverifiable,
      unset: findings.unset.sorted()
    )
  }
}
