import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// What a server has, beside what migrations declare up to a version.
struct BaselineComparison {
  /// What is to be recorded, and what a user should know of it.
  struct Findings {
    var change = StateChange(summary: "")
    var outcomes: [HistoryRecord.Outcome] = []
    var paths: [VaultPath] = []
    var accepted: [VaultPath] = []
    var actions: [VaultPath] = []
    var unverifiable: [VaultPath: [String]] = [:]
    var unset: Set<String> = []
    fileprivate var differences: [Problem] = []
  }

  private let target: Target
  private let project: Project
  private let before: Fold
  private let after: Fold
  private let accepted: Set<VaultPath>
  private let fingerprints: Fingerprints
  /// What is declared and not recorded yet.
  private let resources: [VaultPath: Value]
  /// What was recorded and is not declared any more.
  private let deleted: [VaultPath]
  private let mounts: MountTable
  private let live: [VaultPath: Value]
  /// The values of KV secrets.
  private let content: [VaultPath: Value]
  private let given: GivenValues

  /// Reads everything that the folds differ in.
  init(
    target: Target,
    project: Project,
    before: Fold,
    after: Fold,
    accepted: Set<VaultPath>,
    fingerprints: Fingerprints
  ) throws {
    self.target = target
    self.project = project
    self.before = before
    self.after = after
    self.accepted = accepted
    self.fingerprints = fingerprints
    let resources = after.resources.filter { before.resources[$0.key] != $0.value }
    self.resources = resources
    deleted = before.resources.keys.filter { after.resources[$0] == nil }.sorted()
    var mounts = try target.mounts(declaredBy: before)
    mounts.insert(contentsOf: try target.mounts(declaredBy: after))
    let reader = target.reader(for: resources)
    let live = try reader.read(resources.keys + deleted, mounts: mounts)
    let catalogue = target.catalogue
    let secrets = resources.keys.filter { catalogue.endpoint(for: $0, mounts: mounts).kind == .kvData }
    content = try reader.readSecretData(secrets.filter { live[$0] != nil }.sorted())
    given = try GivenValues(
      of: resources.reduce(into: []) { $0.formUnion($1.value.givenObjects(in: $1.key.namespace)) },
      from: target,
      mounts: mounts
    )
    self.mounts = mounts
    self.live = live
  }

  /// Compares all of it.
  ///
  /// - Throws: ``Problems`` (world changed) with every difference that nobody accepted.
  func findings() throws -> Findings {
    try checkAccepted()
    var findings = Findings()
    for (path, declared) in resources.sorted(by: { $0.key < $1.key }) {
      try compare(declared, at: path, &findings)
    }
    for path in deleted {
      if live[path] != nil {
        note(difference(path, "is on the server, and the migrations deleted it"), path, &findings)
      }
      findings.change.sent[path] = .some(nil)
      findings.change.observed[path] = .some(nil)
      findings.outcomes.append(outcome(path, .delete))
    }
    findings.actions = after.actions.keys.filter { before.actions[$0] == nil }.sorted()
    findings.outcomes += findings.actions.map { outcome($0, .run) }
    guard findings.differences.isEmpty else { throw Problems(items: findings.differences) }
    return findings
  }

  private func compare(_ declared: Value, at path: VaultPath, _ findings: inout Findings) throws {
    let endpoint = target.catalogue.endpoint(for: path, mounts: mounts)
    let known = try target.known(
      declared,
      at: path,
      endpoint,
      shown: endpoint.kind == .kvData ? content[path].map { ["data": $0] } : live[path],
      lookUp: given.lookUp(for: path),
      unset: &findings.unset
    )
    let verdict = verdict(known, endpoint, path)
    if let difference = verdict.difference { note(difference, path, &findings) }
    if !verdict.unverifiable.isEmpty { findings.unverifiable[path] = verdict.unverifiable }
    findings.paths.append(path)
    findings.change.sent[path] = known.recorded(fingerprints, at: path, endpoint)
    findings.change.observed[path] = .some(
      live[path].map { fingerprints.replacingSecrets(in: $0, at: path, endpoint) }
    )
    findings.outcomes.append(outcome(path, .create))
  }

  private func note(_ difference: Problem, _ path: VaultPath, _ findings: inout Findings) {
    if accepted.contains(path) {
      findings.accepted.append(path)
    } else {
      findings.differences.append(difference)
    }
  }

  private func outcome(_ path: VaultPath, _ action: Change.Action) -> HistoryRecord.Outcome {
    let outcome = RunRecord.Progress.adopted.rawValue
    return HistoryRecord.Outcome(path: path, action: action.rawValue, outcome: outcome, before: nil)
  }

  /// Whether the server has what is declared, as far as anybody can tell.
  private func verdict(
    _ known: KnownValue,
    _ endpoint: Endpoint,
    _ path: VaultPath
  ) -> (difference: Problem?, unverifiable: [String]) {
    if endpoint.readPath(for: path) == .nothing { return (nil, known.value.object?.keys.sorted() ?? []) }
    guard let live = live[path] else { return (difference(path, "is not on the server"), []) }
    if endpoint.kind == .kvData {
      let (declared, shown) = (known.value["data"] ?? .null, content[path] ?? .null)
      let isEqual = JSON.bytesExposingSecrets(declared) == JSON.bytesExposingSecrets(shown)
      return (isEqual ? nil : difference(path, "holds other values than are declared"), [])
    }
    let comparison = Comparison(declared: known.complete, live: live.object ?? [:], endpoint: endpoint)
    let fields = comparison.differences
    let untold = Set(known.untold.filter { !$0.value }.keys.map { $0.joined(separator: ".") })
    return (
      fields.isEmpty ? nil : difference(path, "is not as declared\(fields.listed)"),
      Set(comparison.unverifiable).union(untold).sorted()
    )
  }

  private func difference(_ path: VaultPath, _ what: String) -> Problem {
    Problem(
      .worldChanged,
      "\(path) \(what)",
      at: project.schema.declaration(at: path)?.location,
      path: path.description,
      hint: "mend the schema or the server; or record it as it is with --accept \(path)"
    )
  }

  /// A typing error would accept nothing.
  private func checkAccepted() throws(Problem) {
    let known = Set(resources.keys).union(deleted)
    guard let path = accepted.subtracting(known).min() else { return }
    throw Problem(
      .usage,
      "no migration that is not recorded yet has \(path)",
      path: path.description,
      hint: Suggestion.nearest(to: path.description, among: known.map(\.description)).map {
        "did you mean \($0)?"
      }
    )
  }
}
