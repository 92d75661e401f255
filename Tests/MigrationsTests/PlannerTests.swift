import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values

/// What a plan shows.
@Suite struct PlannerTests {
  private func text(_ change: Change) -> String {
    let fields = change.fields.map { field in
      "\(field.name): \(field.from.map { JSON.text($0) } ?? "-") → \(field.to.map { JSON.text($0) } ?? "-")"
    }
    let declared = change.isDeclared.map { $0 ? " declared" : " undeclared" } ?? ""
    let losses = change.losses.map { " loses \($0.text)" } ?? ""
    return "\(change.action.rawValue) \(change.path)\(declared)\(losses) [\(fields.joined(separator: ", "))]"
  }

  @Test func `A migration's tasks are shown as changes of fields, for the environments that have them`() {
    let tasks: [Task] = [
      .write("a/x", ["k": 1, "m": ["n": true]]),
      .write("a/y", ["k": 2, "l": 1], was: .value(["k": 1, "m": 5]), scope: .only(["prod"])),
      .run("pki/root/generate/internal", ["common_name": "x"]), .delete("old/", was: ["type": "kv-v2"]),
    ]
    let migration = migration(7, tasks)
    #expect(
      Planner.changes(of: migration, for: nil, catalogue: .builtIn).map(text) == [
        "create a/x [k: - → 1, m.n: - → true]", "update a/y [k: 1 → 2, l: - → 1, m: 5 → -]",
        "run pki/root/generate/internal [common_name: - → \"x\"]",
        "delete old/ loses all data under it [type: \"kv-v2\" → -]",
      ]
    )
    #expect(
      Planner.changes(of: migration, for: "dev", catalogue: .builtIn).map(\.path.path) == [
        "a/x", "pki/root/generate/internal", "old/",
      ]
    )
    #expect(Planner.changes(of: migration, for: nil, catalogue: .builtIn).allSatisfy { $0.version == 7 })
  }

  @Test func `What no migration has yet is shown without a version`() throws {
    var workspace = Workspace(desiredState("a/x: {k: 1}"))
    try workspace.generate()
    workspace.schema = desiredState("a/x: {k: 2}\na/p: {k: 1, environments: [prod]}")
    let project = try workspace.project()
    #expect(try Planner.unwritten(in: project, environment: "dev").map(text) == ["update a/x [k: 1 → 2]"])
    #expect(
      try Planner.unwritten(in: project, environment: "prod").map(text) == [
        "create a/p [k: - → 1]", "update a/x [k: 1 → 2]",
      ]
    )
    #expect(try Planner.unwritten(in: project, environment: "dev").allSatisfy { $0.version == nil })
    try workspace.generate()
    #expect(try Planner.unwritten(in: workspace.project(), environment: "prod").isEmpty)
  }

  @Test func `A refresh is due where something resolves otherwise than it was sent`() {
    let sent: [VaultPath: Value] = [
      VaultPath("a/x"): ["host": "db1", "password": "hmac-sha256:aa"], VaultPath("a/same"): ["k": 1],
      VaultPath("a/gone"): ["k": 1],
    ]
    let applied: [VaultPath: Value] = [
      VaultPath("a/x"): ["host": "db2", "password": "hmac-sha256:bb"], VaultPath("a/same"): ["k": 1],
      VaultPath("a/never-sent"): ["k": 1],
    ]
    let changes = Planner.refreshes(applied: applied, sent: sent)
    #expect(changes.map(\.path.path) == ["a/x"])
    #expect(changes.map(\.action) == [.refresh])
    #expect(changes[0].fields.map { "\($0.name) \($0.isSensitive)" } == ["host false", "password true"])
  }

  @Test func `Drift is what somebody else changed, declared or not`() {
    let fingerprints = Fingerprints(key: [1])
    let mounts = Fold(resources: [VaultPath("auth/approle"): ["type": "approle"]]).mounts
    let role: Value = [
      "token_ttl": 60, "token_policies": ["a", "b"], "allow_any_name": false, "last_update_time": 1,
    ]
    let observed: [VaultPath: Value] = [
      VaultPath("auth/approle/role/declared"): role, VaultPath("auth/approle/role/undeclared"): role,
      VaultPath("auth/approle/role/same"): role, VaultPath("auth/approle/role/gone"): role,
      VaultPath("weird/nested"): ["config": ["a": 1, "b": 2]],
    ]
    let live: [VaultPath: Value] = [
      VaultPath("auth/approle/role/declared"): [
        "token_ttl": 90, "token_policies": ["a", "b"], "allow_any_name": true,
      ],
      VaultPath("auth/approle/role/undeclared"): [
        "token_ttl": 60, "token_policies": ["b", "a"], "allow_any_name": true,
      ],
      VaultPath("auth/approle/role/same"): [
        "token_ttl": 60, "token_policies": ["b", "a"], "allow_any_name": false, "last_update_time": 2,
      ],
      VaultPath("weird/nested"): ["config": ["a": 1, "b": 3]],
    ]
    let declared = observed.mapValues { _ in ["token_ttl": "1m", "config": ["b": 2]] as Value }
    let drift = Planner.drift(
      observed: observed,
      live: live,
      declared: declared,
      mounts: mounts,
      fingerprints: fingerprints,
      catalogue: .builtIn
    )
    #expect(
      drift.map(text) == [
        "update auth/approle/role/declared declared [allow_any_name: false → true, token_ttl: 60 → 90]",
        "delete auth/approle/role/gone declared []",
        "update auth/approle/role/undeclared undeclared [allow_any_name: false → true]",
        "update weird/nested declared [config.b: 2 → 3]",
      ]
    )
  }

  @Test func `A drifted secret is a change whose value nobody sees`() throws {
    let fingerprints = Fingerprints(key: [1])
    let path = VaultPath("weird/x")
    let endpoint = Catalogue.builtIn.endpoint(for: path, mounts: MountTable())
    let before: Value = ["password": .secret(Secret("hunter2")), "keys": [.secret(Secret("hunter3"))]]
    let recorded = fingerprints.replacingSecrets(in: before, at: path, endpoint)
    #expect(!JSON.text(recorded).contains("hunter"))
    func drift(_ live: Value) -> [Change] {
      Planner.drift(
        observed: [path: recorded],
        live: [path: live],
        declared: [:],
        mounts: MountTable(),
        fingerprints: fingerprints,
        catalogue: .builtIn
      )
    }
    #expect(drift(before).isEmpty)
    let found = drift(["password": .secret(Secret("hunter4")), "keys": [.secret(Secret("hunter3"))]])
    let field = try #require(found.first?.fields.first)
    #expect(field.name == "password" && field.isSensitive)
    #expect(!"\(found)".contains("hunter") && !"\(found)".contains("hmac-sha256"), "\(found)")
  }

  @Test func `A recorded secret of KV drifts by its version`() {
    let path = VaultPath("secret/data/app")
    let mounts = Fold(resources: [VaultPath("secret/"): ["type": "kv-v2"]]).mounts
    let drift = Planner.drift(
      observed: [path: ["current_version": 1]],
      live: [path: ["current_version": 2]],
      declared: [path: ["data": [:]]],
      mounts: mounts,
      fingerprints: Fingerprints(key: [1]),
      catalogue: .builtIn
    )
    #expect(drift.map(text) == ["update secret/data/app declared [current_version: 1 → 2]"])
  }

  @Test(
    arguments: [
      (nil, ["a": 1], ["a"]), (["a": 1], nil, ["a"]), (["a": 1], ["a": 1], []), (nil, nil, []),
      (nil, [:], []),
      (["a": ["b": ["c": 1, "d": 2]]], ["a": ["b": ["c": 1, "d": 3]]], ["a.b.d"]),
      (["a": [1, 2]], ["a": [2, 1]], ["a"]),
      (["a": ["b": 1]], ["a": 5], ["a"]), (["a": 5], ["a": ["b": 1]], ["a"]),
      (["a": [:]], ["a": ["b": 1]], ["a.b"]),
      (nil, ["z": 1, "a": ["y": 1, "b": [:]]], ["a.b", "a.y", "z"]),
    ] as [(Value?, Value?, [String])]
  )
  func `Differences go into maps and stop at lists`(old: Value?, new: Value?, names: [String]) {
    #expect(Change.Field.differences(from: old, to: new).map(\.name) == names)
  }

  @Test(
    arguments: [
      ("hmac-sha256:aa", true), (.secret(Secret("x")), true), (["a", "hmac-sha256:aa"], true),
      ([["k": "hmac-sha256:aa"]], true), ([.secret(Secret("x"))], true), ("plain", false), (["plain"], false),
      (5, false),
    ] as [(Value, Bool)]
  )
  func `A field with a secret or a fingerprint anywhere inside is sensitive`(value: Value, isSensitive: Bool)
  {
    #expect(Change.Field(name: "f", from: value, to: nil).isSensitive == isSensitive)
    #expect(Change.Field(name: "f", from: 1, to: value).isSensitive == isSensitive)
  }
}
