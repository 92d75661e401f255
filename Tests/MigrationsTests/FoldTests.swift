import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// What migrations declare when applied in order.
@Suite struct FoldTests {
  private func fold(_ migrations: [[Task]], in environment: String = "dev") throws -> Fold {
    try Fold(migrations.enumerated().map { migration($0.offset + 1, $0.element) }, environment: environment)
  }

  private func complaint(_ migrations: [[Task]], in environment: String = "dev") throws -> [String] {
    try complaints { try fold(migrations, in: environment) }
  }

  @Test func `Later writes replace whole resources, deletions remove them`() throws {
    let folded = try fold([
      [.write("a/x", ["k": 1, "l": 2]), .write("a/y", ["k": 1])],
      [.write("a/x", ["k": 3], was: .value(["k": 1, "l": 2])), .delete("a/y", was: ["k": 1])],
    ])
    #expect(folded == Fold(resources: [VaultPath("a/x"): ["k": 3]]))
  }

  @Test func `Actions stay in it with their arguments`() throws {
    let path = "pki/root/generate/internal"
    let folded = try fold([[.run(path, ["common_name": "x"])], [.run(path + "#2", ["common_name": "y"])]])
    #expect(
      folded.actions == [VaultPath(path): ["common_name": "x"], VaultPath(path + "#2"): ["common_name": "y"]]
    )
  }

  @Test func `A moved mount keeps what was in it, actions included`() throws {
    let folded = try fold([
      [
        .write("pki/", ["type": "pki"]), .run("pki/root/generate/internal"),
        .write("pki/roles/web", ["a": 1]),
        .write("pki2/", ["type": "pki"]), .write("auth/x", ["type": "approle"]),
        .write("auth/x/role/web", [:]),
      ],
      [.move("pki/", to: "ca/inner/"), .move("auth/x", to: "auth/team/y/")],
    ])
    #expect(
      Set(folded.resources.keys.map(\.path)) == [
        "ca/inner/", "ca/inner/roles/web", "pki2/", "auth/team/y/", "auth/team/y/role/web",
      ]
    )
    #expect(folded.actions.keys.map(\.path) == ["ca/inner/root/generate/internal"])
    let mounts: [Task] = [.write("a/", ["type": "kv"]), .write("b/", ["type": "kv"])]
    #expect(
      try complaint([mounts, [.move("a/", to: "b/")]]).first?.contains("which is there already") == true
    )
    #expect(
      try complaint([mounts, [.move("c/", to: "d/")]]).first?.contains("c/ is moved but not there") == true
    )
  }

  @Test func `A deleted mount takes along what was in it, and nothing beside it`() throws {
    let folded = try fold([
      [
        .write("pki/", ["type": "pki"]), .run("pki/root/generate/internal"),
        .write("pki/roles/web", ["a": 1]),
        .write("pki2/", ["type": "pki"]), .write("pki2/roles/web", ["a": 1]),
        Task(path: VaultPath("pki/roles/web", in: "team"), action: .write(["a": 1]), was: .absent),
        .write("auth/x", ["type": "approle"]), .write("auth/x/role/web", [:]),
        .write("auth/xy", ["type": "approle"]),
      ],
      [.delete("pki/", was: ["type": "pki"]), .delete("auth/x", was: ["type": "approle"])],
    ])
    #expect(
      Set(folded.resources.keys.map(\.description)) == [
        "pki2/", "pki2/roles/web", "@team/pki/roles/web", "auth/xy",
      ]
    )
    #expect(folded.actions.isEmpty)
  }

  @Test func `In a mount that was made again, its actions may run again`() throws {
    let mount: [Task] = [.write("pki/", ["type": "pki"]), .run("pki/root/generate/internal")]
    let folded = try fold([mount, [.delete("pki/", was: ["type": "pki"])], mount])
    #expect(folded.actions.count == 1)
  }

  @Test(arguments: [
    (Scope.only(["prod"]), ["prod"]), (.except(["prod"]), ["dev", ""]), (.all, ["dev", "prod", ""]),
    (.except(["dev", "prod"]), [""]), (.only([]), []),
  ])
  func `A task is for the environments of its scope; except includes those that nobody named yet`(
    scope: Scope,
    expected: [String]
  ) throws {
    for environment in ["dev", "prod", ""] {
      let folded = try fold([[.write("a/x", ["k": 1], scope: scope)]], in: environment)
      #expect(folded.resources.isEmpty != expected.contains(environment), "\(environment)")
    }
  }

  @Test(
    arguments: [
      (
        [.write("a/x", ["k": 1]), .write("a/x", ["k": 2])],
        "a/x is there already, its task says it was absent"
      ),
      ([.write("a/x", ["k": 1], was: .value(["k": 0]))], "a/x is not there, its task says it was"),
      (
        [.write("a/x", ["k": 1]), .write("a/x", ["k": 2], was: .value(["k": 0]))],
        "a/x holds something else than its task says"
      ),
      ([.delete("a/x", was: ["k": 1])], "a/x is not there, its task says it was"),
      (
        [.write("a/x", ["k": 1]), .delete("a/x", was: ["k": 2])],
        "a/x holds something else than its task says"
      ),
      ([Task(path: VaultPath("a/x"), action: .delete, was: .absent)], "a/x is deleted but not there"),
      ([.run("a/rotate"), .run("a/rotate")], "a/rotate runs a second time"),
    ] as [([Task], String)]
  )
  func `A task that does not fit what came before names the migration, the path and the environment`(
    tasks: [Task],
    complaint: String
  ) throws {
    // One task to a migration, so that the last one is at fault.
    let migrations = tasks.map { [$0] }
    let label = "000\(tasks.count)"
    let hint = "(was it edited by hand, or merged beside another one? remove it and run generate again)"
    #expect(
      try self.complaint(migrations) == [
        "\(label)-test.yaml:1:1: migration \(label) does not follow from those before it: \(complaint) "
          + "in environment dev \(hint)"
      ]
    )
    #expect(
      try self.complaint(migrations, in: "") == [
        "\(label)-test.yaml:1:1: migration \(label) does not follow from those before it: \(complaint) \(hint)"
      ]
    )
  }

  @Test func `What does not apply to an environment is not checked there`() throws {
    let tasks: [[Task]] = [[.write("a/x", ["k": 1], was: .value(["k": 0]), scope: .only(["prod"]))]]
    #expect(try complaint(tasks, in: "dev").isEmpty)
    #expect(try complaint(tasks, in: "prod").count == 1)
  }

  @Test func `The content of a mount is what was declared inside`() throws {
    let folded = try fold([[.write("a/", ["type": "kv"]), .write("a/x", ["k": 1]), .write("ab/x", ["k": 1])]])
    #expect(folded.content(of: VaultPath("a/")) == [VaultPath("a/x"): ["k": 1]])
    #expect(folded.content(of: VaultPath("a/x")).isEmpty)
    #expect(folded.mounts.mount(holding: VaultPath("a/x"))?.type == "kv")
  }
}
