@testable import Catalogue
import Configuration
@testable import Migrations
@testable import StateTracker
import Values
import YAML

/// What the tool itself wrote and reads again: the state branch, and the ledger's records.
///
/// Anybody may have edited them.
let recordTargets = [
  Target("layout", seeds: layoutSeeds, words: ["%2F", "%", "@", ".yaml", "%2Eyaml", "/"], layout),
  Target("state", seeds: stateSeeds, words: yamlWords + recordWords, state),
  Target("ledger", seeds: ledgerSeeds, words: jsonWords + recordWords, ledger),
]

let layoutSeeds = [
  "auth/approle/role/web.yaml", "@team/pki%2F.yaml", "%2Egit/x%2Eyaml/y.yaml", "a/%/%C3%A9.yaml", "@%/x.yaml",
  "secret/Data/..\u{0}team/sub",
]

private func layout(_ bytes: [UInt8]) {
  let parts = bytes.parts(2).map(\.text)
  if let path = StateLayout.path(ofFile: parts[0]) {
    // Not every spelling is ours, but what it stands for has one that is.
    expectFile(of: path)
  }
  let namespace = parts[1].split(separator: "/").joined(separator: "/")
  if PathRules.complaint(about: parts[0]) == nil, namespace.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
    expectFile(of: VaultPath(parts[0], in: namespace))
  }
}

private func expectFile(of path: VaultPath) {
  guard PathRules.complaint(about: path.path) == nil else { return }
  let file = StateLayout.file(.sent, path)
  guard let again = StateLayout.path(ofFile: String(file.dropFirst("sent/".count))) else {
    fatalError("the file of \(path) is none of ours: \(file)")
  }
  expect(Array(again.path.utf8) == Array(path.path.utf8), "\(path) becomes \(again)")
  for part in file.split(separator: "/", omittingEmptySubsequences: false) {
    expect(!part.isEmpty && part != "." && part != "..", "git refuses \(file)")
    expect(part.lowercased() != ".git", "git refuses \(file)")
  }
}

let recordWords = [
  "version", "name", "checksum", "server", "address", "tasks", "path", "action", "outcome", "before", "run",
  "steps",
  "progress", "intended", "done", "holder", "renewed_at", "ttl", "process", "start_time", "from", "to",
  "paths",
  "9223372036854775807", "-9223372036854775808", "1e400",
]
let stateSeeds = [
  """
  version: 2
  name: web
  checksum: sha256:aa
  applied_at: 2026-11-23T10:00:00Z
  applied_by: ci
  run: r
  server: {address: "https://x", namespace: "", cluster_id: c, version: 2.7.0}
  tasks:
    - {path: a/b, action: update, outcome: done, before: {c: 1}, namespace: team}
  baseline: true
  """,
  "from: '0003'\nto: '0002'\nsince: x\nby: y\n",
]

private func state(_ bytes: [UInt8]) {
  guard let value = try? YAML.parse(bytes, file: "f").document?.value else { return }
  if let record = HistoryRecord(value) {
    guard let text = try? YAML.parse(YAML.emit(record.value), file: "f").document?.value else {
      fatalError("a record cannot be read again")
    }
    expect(HistoryRecord(text) == record, "a record is read as it was written")
    _ = VersionLabel.text(record.version)
  }
  if let hold = Hold(value) { expect(Hold(hold.value) == hold, "a hold is read as it was written") }
}

let ledgerSeeds = [
  #"{"run":"r","holder":"ci@x","since":1,"renewed_at":2,"ttl":60,"process":{"host":"h","pid":1,"start_time":"5","boot":"b","space":"s"}}"#,
  #"{"run":"r","version":2,"checksum":"sha256:aa","steps":[{"path":"a/b","progress":"done","before":{"c":1},"secrets":{"d":"e"},"saved":["f"],"probe":"g","revert":true,"namespace":"t"}]}"#,
  #"{"paths":{"":{"auth/approle/role/":["web","x/"],"":["pki/"]},"team":{"a/":["b"]}}}"#,
  #"{"version":2,"checksum":"x","tree":"y"}"#,
]

private func ledger(_ bytes: [UInt8]) {
  guard let value = try? JSON.parse(bytes) else { return }
  func rewritten(_ value: Value) -> Value? { try? JSON.parse(Array(JSON.text(value).utf8)) }
  if let record = RunRecord(value) {
    expect(RunRecord(rewritten(record.value)) == record, "a run is read as it was written")
    _ = (record.reverted, record.resumes)
  }
  if let lock = LockRecord(value) {
    expect(LockRecord(rewritten(lock.value)) == lock, "a lock is read as it was written")
    _ = lock.isHeld(at: 1_800_000_000)
    _ = lock.problem(at: 1_800_000_000)
  }
  if let head = Head(value) {
    expect(Head(rewritten(head.value)) == head, "a head is read as it was written")
  }
  let owner = Claims.Owner(project: "p", environment: "e")
  let claims = Claims(value, owner: owner)
  expect(
    rewritten(claims.value).map { Claims($0, owner: owner) } == claims,
    "claims are read as they were written"
  )
  _ = Approval(value).map { $0.uncovered(["secrets": .exactly(3)]) }
}
