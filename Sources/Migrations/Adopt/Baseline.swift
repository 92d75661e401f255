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
    defer {
      target.client.ignoreCancellation()
      lock.release()
    }
    let standing = try await examine()
    let fingerprints = Fingerprints(key: try target.ledger.fingerprintKey())
    let comparison = try compare(standing, fingerprints)
    var claims = try RunClaims(of: standing, applied: try fold(to: standing.version), in: target)
    let baseline = try await record(comparison, standing, lock)
    try claims.settle(try fold(to: version))
    return baseline
  }

  private func fold(to version: Int) throws(Problem) -> Fold {
    try Fold(project.migrations.filter { $0.version <= version }, environment: target.environment.name)
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
    guard standing.run == nil else {
      throw Problem(.worldChanged, "a run of \(name) was interrupted", hint: "finish it with sync first")
    }
    return standing
  }

  // MARK: - Comparing

  private struct Findings {
    var change = StateChange(summary: "")
    var outcomes: [HistoryRecord.Outcome] = []
    var paths: [VaultPath] = []
    var accepted: [VaultPath] = []
    var actions: [VaultPath] = []
    var unverifiable: [VaultPath: [String]] = [:]
    var unset: Set<String> = []
  }

  private func compare(_ standing: Standing, _ fingerprints: Fingerprints) throws -> Findings {
    let fold = try fold(to: version)
    let before = try self.fold(to: standing.version)
    let resources = fold.resources.filter { before.resources[$0.key] != $0.value }
    let mounts = try target.mounts(declaredBy: fold)
    let reader = target.reader(for: resources)
    let live = try reader.read(resources.keys, mounts: mounts)
    let secrets = resources.keys.filter { target.catalogue.endpoint(for: $0, mounts: mounts).kind == .kvData }
    let content = try reader.readSecretData(secrets.filter { live[$0] != nil }.sorted())
    let given = try GivenValues(
      of: resources.reduce(into: []) { $0.formUnion($1.value.givenObjects(in: $1.key.namespace)) },
      from: target,
      mounts: mounts
    )
    var findings = Findings()
    var differences: [Problem] = []
    for (path, declared) in resources.sorted(by: { $0.key < $1.key }) {
      let endpoint = target.catalogue.endpoint(for: path, mounts: mounts)
      let known = try target.known(
        declared,
        at: path,
        endpoint,
        shown: endpoint.kind == .kvData ? content[path].map { ["data": $0] } : live[path],
        lookUp: given.lookUp(for: path),
        unset: &findings.unset
      )
      let verdict = verdict(known, endpoint, path, live[path], content[path])
      if let difference = verdict.difference {
        if accepted.contains(path) {
          findings.accepted.append(path)
        } else {
          differences.append(difference)
        }
      }
      if !verdict.unverifiable.isEmpty { findings.unverifiable[path] = verdict.unverifiable }
      findings.paths.append(path)
      findings.change.sent[path] = known.recorded(fingerprints, at: path, endpoint)
      findings.change.observed[path] = .some(
        live[path].map { fingerprints.replacingSecrets(in: $0, at: path, endpoint) }
      )
      findings.outcomes.append(outcome(path, .create))
    }
    for path in before.resources.keys where fold.resources[path] == nil {
      findings.change.sent[path] = .some(nil)
      findings.change.observed[path] = .some(nil)
      findings.outcomes.append(outcome(path, .delete))
    }
    findings.actions = fold.actions.keys.filter { before.actions[$0] == nil }.sorted()
    findings.outcomes += findings.actions.map { outcome($0, .run) }
    try checkAccepted(resources)
    guard differences.isEmpty else { throw Problems(items: differences) }
    return findings
  }

  private func outcome(_ path: VaultPath, _ action: Change.Action) -> HistoryRecord.Outcome {
    let outcome = RunRecord.Progress.adopted.rawValue
    return HistoryRecord.Outcome(path: path, action: action.rawValue, outcome: outcome, before: nil)
  }

  /// Whether the server has what is declared, as far as anybody can tell.
  private func verdict(
    _ known: KnownValue,
    _ endpoint: Endpoint,
    _ path: VaultPath,
    _ live: Value?,
    _ content: Value?
  ) -> (difference: Problem?, unverifiable: [String]) {
    if endpoint.readPath(for: path) == .nothing { return (nil, known.value.object?.keys.sorted() ?? []) }
    guard let live else { return (difference(path, "is not on the server", []), []) }
    if endpoint.kind == .kvData {
      let isEqual =
        JSON.bytesExposingSecrets(known.value["data"] ?? .null) == JSON.bytesExposingSecrets(content ?? .null)
      return (isEqual ? nil : difference(path, "holds other values than are declared", []), [])
    }
    let comparison = Comparison(declared: known.complete, live: live.object ?? [:], endpoint: endpoint)
    let fields = comparison.differences
    let untold = Set(known.untold.map { $0.joined(separator: ".") })
    return (
      fields.isEmpty ? nil : difference(path, "is not as declared", fields),
      Set(comparison.unverifiable).union(untold).sorted()
    )
  }

  private func difference(_ path: VaultPath, _ what: String, _ fields: [FieldDifference]) -> Problem {
    Problem(
      .worldChanged,
      "\(path) \(what)\(fields.listed)",
      at: project.schema.declaration(at: path)?.location,
      path: path.description,
      hint: "mend the schema or the server; or record it as it is with --accept \(path)"
    )
  }

  /// A typing error would accept nothing.
  private func checkAccepted(_ resources: [VaultPath: Value]) throws(Problem) {
    guard let path = accepted.subtracting(resources.keys).min() else { return }
    throw Problem(
      .usage,
      "\(path) is not declared up to version \(Migration.label(version))",
      path: path.description,
      hint: Suggestion.nearest(to: path.description, among: resources.keys.map(\.description)).map {
        "did you mean \($0)?"
      }
    )
  }

  // MARK: - Recording

  private func record(_ findings: Findings, _ standing: Standing, _ lock: RunLock) async throws
    -> BaselineReport
  {
    guard let migration = project.migrations.first(where: { $0.version == version }) else {
      throw Problem(.usage, "there is no version \(Migration.label(version))")
    }
    let run = RunRecord(runID: identity.runID, version: version, checksum: migration.checksum)
    let journal = RunJournal(run, in: target.ledger, entryVersion: standing.runEntryVersion)
    try journal.record([:])
    var recorder = StateRecorder(target: target, project: project, identity: identity, standing: standing)
    let applied = try await recorder.record(
      migration,
      findings.change,
      findings.outcomes,
      journal,
      lock,
      isBaseline: true
    )
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
