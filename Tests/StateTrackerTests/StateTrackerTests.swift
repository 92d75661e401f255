import Catalogue
import Git
import StateTracker
import TestSupport
import Testing
import Values

/// A state branch in a repository of the test's own, without a remote.
private struct Branch {
  let scratch: Scratch
  let repository: Repository
  let tracker: StateTracker

  var path: String { scratch.file("repository.git") }

  init(in scratch: Scratch) throws {
    self.scratch = scratch
    repository = try Repository.createBare(at: scratch.file("repository.git"))
    tracker = StateTracker(
      repository: repository,
      environment: "prod",
      branch: "vault-migrations/prod",
      remote: nil,
      identity: Identity.resolve(environment: [:], repository: nil, now: 1_700_000_000)
    )
  }

  /// Records a change on top of the branch.
  @discardableResult
  func record(_ change: StateChange, tagging label: String? = nil) async throws -> RecordedState {
    try await tracker.publish(try await tracker.draft(change, on: try tracker.current(), tagging: label))
    return try tracker.current()
  }

  /// Runs git, which must succeed.
  @discardableResult
  func git(_ arguments: String...) async throws -> String {
    let outcome = try await Command.run(
      "git",
      ["-c", "advice.detachedHead=false"] + arguments,
      directory: path
    )
    #expect(outcome.status == 0, "git \(arguments): \(outcome.errors)")
    #expect(!outcome.output.contains("warning") && !outcome.errors.contains("warning"), "\(outcome.errors)")
    return outcome.output
  }
}

/// The last-known state and the history of an environment, on a branch.
@Suite struct StateTrackerTests {
  private func change(_ sent: [VaultPath: Value?], _ observed: [VaultPath: Value?] = [:]) -> StateChange {
    var change = StateChange(summary: "prod: change")
    change.sent = sent
    change.observed = observed
    return change
  }

  @Test func `Before the first version there is nothing`() async throws {
    try await Scratch.with { scratch in
      let state = try Branch(in: scratch).tracker.current()
      #expect(state.isEmpty)
      #expect(try state.version() == 0)
      #expect(try state.history().isEmpty)
      #expect(try state.layer(.sent).isEmpty)
      #expect(try state.commits().isEmpty)
    }
  }

  @Test func `What is recorded comes back, layer by layer, and what is gone is gone`() async throws {
    try await Scratch.with { scratch in
      let branch = try Branch(in: scratch)
      let role = VaultPath("auth/approle/role/web", in: "team")
      let mount = VaultPath("pki/")
      try await branch.record(
        change([role: ["ttl": "1h"], mount: ["type": "pki"]], [role: ["ttl": 3_600], mount: [:]])
      )
      var state = try await branch.record(change([role: ["ttl": "2h"]], [mount: nil as Value?]))
      #expect(try state.layer(.sent) == [role: ["ttl": "2h"], mount: ["type": "pki"]])
      #expect(try state.layer(.observed) == [role: ["ttl": 3_600]])
      state = try await branch.record(
        change([role: nil as Value?, mount: nil as Value?], [role: nil as Value?])
      )
      #expect(try state.layer(.sent).isEmpty)
      #expect(try state.commits().count == 3)
    }
  }

  @Test func `A version is one commit and one annotated tag, with trailers that git reads`() async throws {
    try await Scratch.with { scratch in
      let branch = try Branch(in: scratch)
      var change = change([VaultPath("a/x"): ["k": 1]])
      change.summary = "prod: apply 0001 initial"
      change.trailers = [
        Trailer(key: "Migration", value: "0001-initial"), Trailer(key: "Applied-By", value: "ada"),
      ]
      change.schema = ["schema.yaml": Array("desired_state: {}\n".utf8)]
      change.record = historyRecord(version: 1)
      let state = try await branch.record(change, tagging: "0001")
      #expect(try state.version() == 1)
      #expect(try state.history() == [historyRecord(version: 1)])
      var short = historyRecord(version: 1)
      short.tasks = []
      #expect(try state.history(withTasks: false) == [short])
      #expect(try branch.tracker.hasTag("0001"))
      #expect(try !branch.tracker.hasTag("0002"))
      #expect(try await branch.git("cat-file", "-t", "refs/tags/vault-migrations/prod/0001") == "tag\n")
      #expect(
        try await branch.git(
          "log",
          "-1",
          "--format=%s|%(trailers:separator=%x2C)",
          "vault-migrations/prod/0001"
        )
          == "prod: apply 0001 initial|Migration: 0001-initial,Applied-By: ada\n"
      )
      let names = try await branch.git("ls-tree", "-r", "--name-only", "refs/heads/vault-migrations/prod")
      #expect(names == "history/0001-initial.yaml\nschema/schema.yaml\nsent/a/x.yaml\n")
    }
  }

  @Test func `Versions are counted as numbers, beyond four digits too`() async throws {
    try await Scratch.with { scratch in
      let branch = try Branch(in: scratch)
      for version in [9_999, 10_000] {
        var change = change([:])
        change.record = historyRecord(version: version)
        try await branch.record(change)
      }
      let state = try branch.tracker.current()
      #expect(try state.version() == 10_000)
      #expect(try state.history().map(\.version) == [9_999, 10_000])
    }
  }

  @Test(arguments: 0..<3 as Range<UInt64>)
  func `Whatever paths there are, git finds nothing wrong and can check them out`(seed: UInt64) async throws {
    try await Scratch.with { scratch in
      let branch = try Branch(in: scratch)
      var generator = SeededGenerator(seed: seed)
      var values: [VaultPath: Value?] = [:]
      for index in 0..<120 { values[generator.nastyPath()] = .some(.object(["n": .number(Number(index))])) }
      let state = try await branch.record(change(values))
      #expect(try state.layer(.sent) == values.compactMapValues(\.self))
      try await branch.git("fsck", "--full", "--strict")
      // As on the systems that fold case, and with every protection that git has.
      try await branch.git(
        "-c",
        "core.protectNTFS=true",
        "-c",
        "core.protectHFS=true",
        "worktree",
        "add",
        "--detach",
        scratch.file("tree"),
        "refs/heads/vault-migrations/prod"
      )
      let files = try await branch.git(
        "ls-tree",
        "-r",
        "--name-only",
        "-z",
        "refs/heads/vault-migrations/prod"
      )
      .split(separator: "\0")
      #expect(files.count == values.count)
      #expect(Set(files.map { $0.lowercased() }).count == files.count)
    }
  }

  @Test func `Of two changes on one state the second loses, and nothing of it is left`() async throws {
    try await Scratch.with { scratch in
      let branch = try Branch(in: scratch)
      let base = try await branch.record(change([VaultPath("a/x"): ["k": 1]]))
      let late = try await branch.tracker.draft(
        change([VaultPath("a/x"): ["k": 3]]),
        on: base,
        tagging: "0002"
      )
      try await branch.record(change([VaultPath("a/x"): ["k": 2]]))
      let stale = StateTracker(
        repository: branch.repository,
        environment: "prod",
        branch: "vault-migrations/prod",
        remote: nil,
        identity: Identity.resolve(environment: [:], repository: nil, now: 1)
      )
      await #expect(throws: GitError.self) { try await stale.publish(late) }
      #expect(try branch.tracker.current().layer(.sent) == [VaultPath("a/x"): ["k": 2]])
      #expect(try !branch.tracker.hasTag("0002"))
    }
  }

  @Test func `A file that the tool did not write is told with its name`() async throws {
    try await Scratch.with { scratch in
      let branch = try Branch(in: scratch)
      let state = try await branch.record(change([VaultPath("a/x"): ["k": 1]]))
      let tree = try branch.repository.writeTree(
        base: state.commit?.tree,
        changes: ["sent/a/x.yaml": .blob(Array("{".utf8)), "sent/README": .blob([])]
      )
      let identity = Identity.resolve(environment: [:], repository: nil, now: 1)
      let commit = try branch.repository.createCommit(
        tree: tree,
        parents: [],
        author: identity.author,
        committer: identity.committer,
        message: "by hand"
      )
      try branch.repository.updateReference(
        "refs/heads/vault-migrations/prod",
        to: commit,
        expecting: state.commit?.id,
        logMessage: "by hand"
      )
      #expect(
        try complaints { try branch.tracker.current().layer(.sent) } == [
          "sent/a/x.yaml:2:1: the state branch holds a file that this tool did not write: this is not YAML: "
            + "did not find expected node content while parsing a flow node "
            + "(was the branch edited by hand? restore it from its last tag)"
        ]
      )
    }
  }
}

/// A record with everything that one may hold.
func historyRecord(version: Int) -> HistoryRecord {
  HistoryRecord(
    version: version,
    name: "initial",
    checksum: "sha256:aa",
    appliedAt: "2026-01-02T03:04:05Z",
    appliedBy: "ada",
    runID: "r-1",
    sourceCommit: "c0ffee",
    approvedBy: "grace",
    pullRequest: "https://example.com/1",
    server: HistoryRecord.Server(
      address: "https://vault:8200",
      namespace: "team",
      clusterID: "c-1",
      version: "1.20.0"
    ),
    tasks: [
      HistoryRecord.Outcome(
        path: VaultPath("a/x", in: "team"),
        action: "update",
        outcome: "done",
        before: ["password": "hmac-sha256:aa", "n": 1]
      ),
      HistoryRecord.Outcome(path: VaultPath("pki/"), action: "create", outcome: "adopted", before: nil),
      HistoryRecord.Outcome(path: VaultPath("b/y"), action: "delete", outcome: "kept", before: [:]),
    ]
  )
}

/// The record of an applied version.
@Suite struct HistoryRecordTests {
  @Test func `A record comes back from its value, with everything or with the least`() {
    let record = historyRecord(version: 7)
    #expect(HistoryRecord(record.value) == record)
    var least = record
    least.sourceCommit = nil
    least.approvedBy = nil
    least.pullRequest = nil
    least.tasks = []
    #expect(HistoryRecord(least.value) == least)
    #expect(least.value.object?.keys.contains("approved_by") == false, "what is unknown is not written")
  }

  @Test(arguments: ["version", "name", "checksum", "server"])
  func `A record without a part that all have is none`(key: String) {
    var members = historyRecord(version: 1).value.object ?? [:]
    members[key] = nil
    #expect(HistoryRecord(.object(members)) == nil)
  }
}
