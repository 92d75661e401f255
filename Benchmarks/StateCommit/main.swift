import Catalogue
import FoundationEssentials
import Git
import Glibc
import StateTracker
import Values

/// Writes states as a run does, without server and run around it:
/// `state-commit full REPOSITORY PATHS MOUNTS` a first one, of half policies and half roles on so many auth methods;
/// `state-commit update REPOSITORY PATHS MOUNTS CHANGED` other contents of some of the roles.
///
/// It prints the seconds that went by, as the reference does.

let environment = "prod"
let branch = "vault-migrations/prod"

func name(_ index: Int) -> String {
  let digits = String(index)
  return "app-" + String(repeating: "0", count: 6 - digits.count) + digits
}

func role(_ index: Int) -> VaultPath { VaultPath("auth/team-\(index % mounts)/role/\(name(index))") }

func policy(_ index: Int) -> Value {
  let home = "team-\(index % 100)/\(name(index))"
  let rules = """
    path "secret/data/\(home)/*" { capabilities = ["create", "read", "update"] }
    path "secret/metadata/\(home)/*" { capabilities = ["list", "read"] }
    path "transit/encrypt/\(name(index))" { capabilities = ["update"] }
    path "auth/token/renew-self" { capabilities = ["update"] }

    """
  return ["policy": .string(rules)]
}

func sentRole(_ index: Int, lifetime: String) -> Value {
  [
    "token_policies": [.string(name(index))], "token_ttl": .string(lifetime), "token_max_ttl": "1h",
    "token_num_uses": 0, "secret_id_ttl": "24h", "secret_id_num_uses": 40, "bind_secret_id": true,
    "token_no_default_policy": true,
  ]
}

func observedRole(_ index: Int, lifetime: String) -> Value {
  [
    "token_policies": [.string(name(index))], "token_ttl": .string(lifetime), "token_max_ttl": 3600,
    "token_num_uses": 0, "secret_id_ttl": 86400, "secret_id_num_uses": 40, "bind_secret_id": true,
    "token_no_default_policy": true, "local_secret_ids": false, "secret_id_bound_cidrs": [],
    "token_bound_cidrs": [], "token_explicit_max_ttl": 0, "token_period": 0, "token_strictly_bind_ip": false,
    "token_type": "default",
  ]
}

/// Half of the paths are policies, half of them roles.
func fullChange(_ count: Int) -> StateChange {
  var change = StateChange(summary: "prod: apply 0001 initial")
  var outcomes: [HistoryRecord.Outcome] = []
  for index in 0..<count / 2 {
    let paths = [VaultPath("sys/policies/acl/\(name(index))"), role(index)]
    change.sent[paths[0]] = policy(index)
    change.observed[paths[0]] = policy(index)
    change.sent[paths[1]] = sentRole(index, lifetime: "20m")
    change.observed[paths[1]] = observedRole(index, lifetime: "1200")
    outcomes += paths.map { HistoryRecord.Outcome(path: $0, action: "create", outcome: "done", before: nil) }
  }
  let server = HistoryRecord.Server(
    address: "https://vault.example.com:8200",
    namespace: "",
    clusterID: "0d1c2b3a",
    version: "2.7.2"
  )
  change.server = server
  change.record = HistoryRecord(
    version: 1,
    name: "initial",
    checksum: "sha256:00",
    appliedAt: "2026-01-01T00:00:00Z",
    appliedBy: "benchmark",
    runID: "benchmark",
    sourceCommit: nil,
    server: server,
    tasks: outcomes
  )
  return change
}

/// Other contents than any before, spread over names and auth methods.
func smallChange(_ count: Int, of paths: Int, at time: Int64) -> StateChange {
  var change = StateChange(summary: "prod: apply 0002 more")
  for number in 0..<count {
    let index = number * (paths / 2 / count + 1)
    change.sent[role(index)] = sentRole(index, lifetime: "\(time)s")
    change.observed[role(index)] = observedRole(index, lifetime: String(time))
  }
  return change
}

func seconds(_ clock: clockid_t) -> Double {
  var time = timespec()
  clock_gettime(clock, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

let words = CommandLine.arguments
let numbers = words.dropFirst(3).compactMap { Int($0) }
let isFull = words.dropFirst().first == "full"
guard numbers.count >= (isFull ? 2 : 3) else {
  let usage = Array("usage: state-commit full|update REPOSITORY PATHS MOUNTS [CHANGED]\n".utf8)
  _ = write(STDERR_FILENO, usage, usage.count)
  exit(64)
}
let mounts = numbers[1]
let change =
  isFull
  ? fullChange(numbers[0])
  : smallChange(numbers[2], of: numbers[0], at: Int64(seconds(CLOCK_REALTIME) * 1e6))

let (wall, cpu) = (seconds(CLOCK_MONOTONIC), seconds(CLOCK_PROCESS_CPUTIME_ID))
let repository = try Repository(opening: words[2])
let tracker = StateTracker(
  repository: repository,
  environment: environment,
  branch: branch,
  remote: nil,
  identity: Identity.resolve(environment: [:], repository: repository)
)
let base = try tracker.current()
try await tracker.publish(try await tracker.draft(change, on: base, tagging: nil))
let taken = (seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
print("{\"seconds\": \(taken.0), \"cpu_seconds\": \(taken.1)}")
