import Catalogue
import Git
@testable import Migrations
import StateTracker
import TestSupport
import Testing
import Values

/// Two of three migrations, applied to a server and recorded in a repository of the test's own.
private struct AppliedProject {
  var workspace = Workspace("desired_state:\n")
  let tracker: StateTracker
  var server = HistoryRecord.Server(
    address: "https://vault:8200",
    namespace: "",
    clusterID: "cluster-1",
    version: "1.2.3"
  )
  private(set) var recorded: RecordedState

  init(
    in scratch: Scratch,
    _ name: String = "repository",
    applying count: Int = 2,
    isBaseline: Bool = false
  ) async throws {
    for name in ["a", "b", "c"] {
      workspace.schema += "  sys/policies/acl/\(name): {policy: \"# \(name)\"}\n"
      try workspace.generate(name)
    }
    tracker = StateTracker(
      repository: try Repository.createBare(at: scratch.file("\(name).git")),
      environment: "prod",
      branch: "vault-migrations/prod",
      remote: nil,
      identity: Identity.resolve(environment: [:], repository: nil, now: 1_700_000_000)
    )
    recorded = try tracker.current()
    for migration in try workspace.project().migrations.prefix(count) {
      var change = StateChange(summary: "prod: apply \(migration.label)")
      change.record = HistoryRecord(
        version: migration.version,
        name: migration.name,
        checksum: migration.checksum,
        appliedAt: "2026-01-02T03:04:05Z",
        appliedBy: "ada",
        runID: "r\(migration.version)",
        sourceCommit: nil,
        server: server,
        tasks: []
      )
      change.record?.isBaseline = isBaseline
      try await tracker.publish(try await tracker.draft(change, on: recorded, tagging: migration.label))
      recorded = try tracker.current()
    }
  }

  /// The ledger's head as a run leaves it.
  func head(_ version: Int) throws -> Head {
    let checksum = try workspace.project().migrations[version - 1].checksum
    return Head(version: version, checksum: checksum, tree: recorded.commit?.tree.description ?? "")
  }

  func judge(
    head: Head?,
    run: Int? = nil,
    server other: HistoryRecord.Server? = nil,
    acceptsServer: Bool = false,
    also entries: [Ledger.Record: Ledger.Entry] = [:]
  ) throws -> Standing {
    var entries = entries
    entries[.head] = entries[.head] ?? head.map { Ledger.Entry(value: $0.value, version: 4) }
    entries[.run] =
      entries[.run]
      ?? run.map { version in
        Ledger.Entry(value: RunRecord(runID: "r", version: version, checksum: "x").value, version: 9)
      }
    return try Standing.judge(
      project: try workspace.project(),
      recorded: recorded,
      entries: entries,
      server: other ?? server,
      acceptsServer: acceptsServer
    )
  }
}

/// Where an environment stands, by what branch, ledger and server say.
@Suite struct StandingTests {
  /// Asserts that nothing is written, and why.
  private func expectDivergence(_ standing: Standing, _ expected: String) throws {
    #expect(standing.state == .diverged)
    #expect(try complaints { try standing.requireAgreement() } == [expected])
    #expect(standing.disagreement?.problem.code.exitStatus == 3)
  }

  @Test(arguments: Ledger.Record.allCases.filter { $0 != .lock })
  func `A record of the ledger that cannot be read stops everything`(record: Ledger.Record) async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      let damaged = Ledger.Entry(value: .null, version: 3, isDamaged: true)
      let found = try complaints { try project.judge(head: try project.head(2), also: [record: damaged]) }
      #expect(found.count == 1)
      #expect(
        found.first?.hasPrefix(
          "the ledger's record \"\(record.rawValue)\" of this environment cannot be read ("
        ) == true
      )
    }
  }

  @Test func `Nothing applied is empty, and everything is pending`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch, applying: 0)
      let standing = try project.judge(head: nil)
      #expect(standing.state == .empty)
      #expect(standing.version == 0)
      #expect(standing.pending.map(\.label) == ["0001", "0002", "0003"])
      try standing.requireAgreement()
    }
  }

  @Test func `Branch and ledger agree: clean, whatever is pending`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      let standing = try project.judge(head: try project.head(2))
      #expect(standing.state == .clean)
      #expect(standing.version == 2)
      #expect(standing.pending.map(\.label) == ["0003"])
      #expect(standing.headEntryVersion == 4 && standing.runEntryVersion == 0)
      try standing.requireAgreement()
    }
  }

  @Test func `A checkout older than what is applied is behind, which is no error`() async throws {
    try await Scratch.with { scratch in
      var project = try await AppliedProject(in: scratch, applying: 3)
      let head = try project.head(3)
      project.workspace.remove("migrations/0003-c.yaml")
      let standing = try project.judge(head: head)
      #expect(standing.state == .behind)
      #expect(standing.pending.isEmpty)
      try standing.requireAgreement()
    }
  }

  @Test(arguments: [(2, 3), (1, 2)])
  func `A run in progress explains one step between branch and ledger`(head: Int, run: Int) async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      let standing = try project.judge(head: try project.head(head), run: run)
      #expect(standing.state == .interrupted)
      #expect(standing.runEntryVersion == 9)
      try standing.requireAgreement()
    }
  }

  @Test func `A run of the first version leaves neither branch nor head`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch, applying: 0)
      #expect(try project.judge(head: nil, run: 1).state == .interrupted)
    }
  }

  @Test func `A ledger ahead of the branch stops everything`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      try expectDivergence(
        try project.judge(head: try project.head(3)),
        "the ledger says version 0003 is applied, the state branch ends at 0002 (was the branch deleted or rewritten, "
          + "or is the remote another one? \"repair --rebuild\" restores it)"
      )
    }
  }

  @Test func `A branch ahead of the ledger stops everything`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      func hint(_ known: Int) -> String {
        "(was Vault restored from a snapshot, or is this another server? \"repair --reapply-from \(known)\" applies again "
          + "what is missing, \"repair --accept\" trusts the branch)"
      }
      try expectDivergence(
        try project.judge(head: try project.head(1)),
        "the state branch says version 0002 is applied, the ledger ends at 0001 \(hint(1))"
      )
      try expectDivergence(
        try project.judge(head: nil),
        "the state branch says version 0002 is applied, the ledger knows of none \(hint(0))"
      )
      #expect(
        try project.judge(head: nil, run: 2).state == .diverged,
        "a run explains one step only"
      )
      let late = try await AppliedProject(in: scratch, "late", isBaseline: true)
      #expect(
        try late.judge(head: nil, run: 2).state == .interrupted,
        "a baseline records several versions at once"
      )
    }
  }

  @Test func `Another tree or checksum of the same version stops everything`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      var head = try project.head(2)
      head.tree = String(repeating: "0", count: 40)
      let expected =
        "branch and ledger disagree about version 0002 "
        + "(was the state branch rewritten, or Vault restored? \"repair --rebuild\" trusts the ledger, \"repair --accept\" the branch)"
      try expectDivergence(try project.judge(head: head), expected)
      head = try project.head(2)
      head.checksum = "sha256:other"
      try expectDivergence(try project.judge(head: head), expected)
    }
  }

  @Test func `An applied migration that was edited stops everything`() async throws {
    try await Scratch.with { scratch in
      var project = try await AppliedProject(in: scratch)
      let head = try project.head(2)
      let file = "migrations/0001-a.yaml"
      project.workspace[file] = project.workspace[file].replacing("# a", with: "# edited")
      try expectDivergence(
        try project.judge(head: head),
        ".vault-migrations/migrations/0001-a.yaml:1:1: migration 0001 is applied already, and is not the one that was applied "
          + "(an applied migration cannot be changed: restore the file with git, and write a new one)"
      )
    }
  }

  @Test func `Another cluster stops everything, unless it is meant`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      let head = try project.head(2)
      var other = project.server
      other.clusterID = "cluster-2"
      try expectDivergence(
        try project.judge(head: head, server: other),
        "the server is another cluster than the one that the state branch recorded "
          + "(check the address; if the change is meant, pass --accept-server)"
      )
      #expect(try project.judge(head: head, server: other, acceptsServer: true).state == .clean)
    }
  }

  @Test func `The same cluster at another address or namespace may be a restored copy`() async throws {
    try await Scratch.with { scratch in
      let project = try await AppliedProject(in: scratch)
      let head = try project.head(2)
      let hint = "(a restored copy carries the same cluster id; if the change is meant, pass --accept-server)"
      var other = project.server
      other.address = "https://copy:8200"
      try expectDivergence(
        try project.judge(head: head, server: other),
        "the server was recorded at https://vault:8200, and is asked at https://copy:8200 \(hint)"
      )
      other.namespace = "team"
      other.address = "https://vault:8200"
      try expectDivergence(
        try project.judge(head: head, server: other),
        "the server was recorded at https://vault:8200, and is asked at https://vault:8200, namespace team \(hint)"
      )
      other = project.server
      other.version = "9.9.9"
      #expect(try project.judge(head: head, server: other).state == .clean, "an upgrade is no other server")
    }
  }

  @Test func `Records of run and head come back from the ledger's text`() throws {
    var run = RunRecord(runID: "r-1", version: 12, checksum: "sha256:aa")
    run.steps = [
      VaultPath("a"): RunRecord.Step(progress: .done, before: ["password": "hmac-sha256:aa", "n": 1]),
      VaultPath("a", in: "team/sub"): RunRecord.Step(progress: .intended, before: nil, probe: "sha256:bb"),
      VaultPath("pki/root/generate/internal#2"): RunRecord.Step(progress: .adopted),
      VaultPath("auth/x/"): RunRecord.Step(progress: .kept),
    ]
    func stored(_ value: Value) throws -> Value { try JSON.parse(Array(JSON.text(value).utf8)) }
    #expect(RunRecord(try stored(run.value)) == run)
    let head = Head(version: 3, checksum: "sha256:cc", tree: "11")
    #expect(Head(try stored(head.value)) == head)
    for broken: Value? in [
      nil, .null, [:], ["finished": "r-1"], ["run": "r", "version": "x", "checksum": "c"],
    ] {
      #expect(RunRecord(broken) == nil)
      #expect(Head(broken) == nil)
    }
  }
}
