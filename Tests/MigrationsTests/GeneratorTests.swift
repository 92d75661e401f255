import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// How an edit of the schema becomes a migration.
@Suite struct GeneratorTests {
  private static let first = desiredState(
    """
    pki/: {type: pki}
    pki/root/generate/internal: {common_name: Root}
    pki/roles/web: {ttl: 1h}
    sys/policies/acl/web: {policy: "# web"}
    """
  )

  private func applied(_ text: String = first) throws -> Workspace {
    var workspace = Workspace(text)
    try workspace.generate()
    return workspace
  }

  @Test func `The first migration makes everything, and after it there is nothing to write`() throws {
    var workspace = Workspace(Self.first)
    let migration = try #require(try workspace.generate())
    #expect(migration.fileName == "0001-initial.yaml")
    #expect(migration.parent == nil)
    #expect(
      migration.tasks == [
        .write("pki/", ["type": "pki"]), .write("sys/policies/acl/web", ["policy": "# web"]),
        .run("pki/root/generate/internal", ["common_name": "Root"]), .write("pki/roles/web", ["ttl": "1h"]),
      ]
    )
    #expect(try workspace.generate() == nil)
    #expect(try workspace.problems().isEmpty)
  }

  @Test func `The next one holds only what changed, with what was there before`() throws {
    var workspace = try applied()
    workspace.schema = workspace.schema.replacing("1h", with: "2h").replacing("\"# web\"", with: "\"# ops\"")
    let migration = try #require(try workspace.generate())
    #expect(migration.version == 2)
    #expect(migration.parent == (try workspace.project().migrations.first?.checksum))
    #expect(
      migration.tasks == [
        .write("sys/policies/acl/web", ["policy": "# ops"], was: .value(["policy": "# web"])),
        .write("pki/roles/web", ["ttl": "2h"], was: .value(["ttl": "1h"])),
      ]
    )
  }

  @Test func `Comments, order and spelling of the schema need no migration`() throws {
    var workspace = try applied()
    workspace.schema = """
      # written anew
      desired_state:
        sys/policies/acl/web:
          policy: '# web'
        "pki/roles/web": {"ttl": "1h"}
        pki/root/generate/internal: {common_name: Root}
        pki/:
          type: pki
      """
    #expect(try workspace.generate() == nil)
  }

  @Test func `An action that leaves the schema stays done, and is not done again when it returns`() throws {
    var workspace = try applied()
    let original = workspace.schema
    workspace.schema = original.replacing("  pki/root/generate/internal: {common_name: Root}\n", with: "")
    #expect(try workspace.generate() == nil)
    #expect(try workspace.problems().isEmpty)
    workspace.schema = original
    #expect(try workspace.generate() == nil)
  }

  @Test func `A deleted mount says what it takes along, and needs no other deletion`() throws {
    var workspace = try applied()
    workspace.schema = desiredState("sys/policies/acl/web: {policy: \"# web\"}")
    let tasks = try #require(try workspace.generate()).tasks
    #expect(
      tasks == [
        Task(
          path: VaultPath("pki/"),
          action: .delete,
          was: .value(["type": "pki"]),
          wasInside: ["pki/roles/web": ["ttl": "1h"]]
        )
      ]
    )
    #expect(try workspace.generate() == nil)
  }

  @Test(arguments: ["pki/roles/web: {ttl: 1h}", "pki/root/generate/internal: {common_name: Root}"])
  func `What is left in a mount that was removed is refused`(entry: String) throws {
    var workspace = try applied()
    workspace.schema = desiredState("sys/policies/acl/web: {policy: \"# web\"}\n" + entry)
    let path = entry.prefix { $0 != ":" }
    #expect(
      try workspace.refusals() == [
        ".vault-migrations/schema.yaml:3:3: \(path) is declared, but its mount pki/ was removed from the schema "
          + "(remove it too, or keep pki/)"
      ]
    )
  }

  @Test func `Another type of a mount is refused, once`() throws {
    var workspace = try applied()
    workspace.schema = workspace.schema.replacing("pki/: {type: pki}", with: "pki/: {type: transit}")
    #expect(
      try workspace.refusals() == [
        ".vault-migrations/schema.yaml:2:3: the type of pki/ cannot be changed from pki "
          + "(declare a mount with the new type under another path, move what is needed, then remove this one)"
      ]
    )
  }

  @Test func `Other arguments of an action that ran are refused, once`() throws {
    var workspace = try applied()
    workspace.schema = workspace.schema.replacing("common_name: Root", with: "common_name: Other")
    #expect(
      try workspace.refusals() == [
        ".vault-migrations/schema.yaml:3:3: pki/root/generate/internal has run already, its arguments cannot be changed "
          + "(to run it once more, add a second entry: pki/root/generate/internal#another-name)"
      ]
    )
    workspace.schema = Self.first.replacing(
      "  pki/roles",
      with: "  pki/root/generate/internal#2027: {common_name: Other}\n  pki/roles"
    )
    #expect(
      try workspace.generate()?.tasks == [.run("pki/root/generate/internal#2027", ["common_name": "Other"])]
    )
  }

  @Test func `Another value of what is fixed at creation is refused, once`() throws {
    var workspace = Workspace(desiredState("identity/group/name/a: {type: internal}"))
    try workspace.generate()
    workspace.schema = workspace.schema.replacing("internal", with: "external")
    #expect(
      try workspace.refusals() == [
        ".vault-migrations/schema.yaml:2:3: type of identity/group/name/a cannot be changed after creation: "
          + "the server refuses it (declare another object with the new value under another path, "
          + "and remove this one when it is unused)"
      ]
    )
  }

  @Test func `Several refusals come in one order, whatever the run`() throws {
    var workspace = Workspace(desiredState("a/: {type: kv}\nb/: {type: kv}\nc/: {type: kv}\nd/: {type: kv}"))
    try workspace.generate()
    workspace.schema = workspace.schema.replacing("kv", with: "transit")
    let places = try workspace.refusals().map { $0.prefix { $0 != " " } }
    #expect(places == [2, 3, 4, 5].map { ".vault-migrations/schema.yaml:\($0):3:" })
  }

  @Test func `Scopes name as few environments as will stay right when one is added`() throws {
    var workspace = Workspace(
      desiredState(
        """
        a/x: {k: 1}
        b/x: {k: 1, environments: [prod]}
        c/x: {k: 1, environments: [dev, prod]}
        """
      )
    )
    let made = try #require(try workspace.generate())
    #expect(made.tasks.map(\.scope) == [.all, .only(["prod"]), .only(["dev", "prod"])])
    workspace.schema = desiredState(
      "a/x: {k: 1, environments: [prod]}\nb/x: {k: 1}\nc/x: {k: 1, environments: [dev, prod]}"
    )
    let changed = try #require(try workspace.generate())
    #expect(
      Set(changed.tasks.map { "\($0.path) \($0.scope == .except(["prod"]))" }) == ["a/x true", "b/x true"]
    )
    #expect(try workspace.generate() == nil)
  }

  @Test func `Only tasks that destroy something carry the approval`() throws {
    var workspace = try applied()
    workspace.schema = desiredState("x/: {type: kv-v2}")
    let tasks = try #require(try workspace.generate(approvals: ["prod": "nobody uses it"])).tasks
    let approved = tasks.filter { !$0.approvals.isEmpty }
    #expect(approved.map(\.path.path) == ["pki/"])
    #expect(approved[0].approvals == ["prod": Approval(reason: "nobody uses it")])
    #expect(tasks.count == 3)
  }

  @Test(arguments: [
    ("Web Role!", "0002-web-role.yaml"), ("--a__b--", "0002-a-b.yaml"), ("Größe 2", "0002-gr-e-2.yaml"),
    (String(repeating: "ab-", count: 30), "0002-" + String(repeating: "ab-", count: 19) + "ab.yaml"),
  ])
  func `A wanted name becomes one for a file`(wanted: String, file: String) throws {
    var workspace = try applied()
    workspace.schema += "  a/x: {k: 1}\n"
    #expect(try workspace.generate(wanted)?.fileName == file)
    #expect(try workspace.problems().isEmpty)
  }

  @Test func `A name of nothing is refused`() throws {
    let workspace = Workspace(Self.first)
    #expect(
      try complaints { try Generator.next(for: try workspace.project(), name: "…") } == [
        "\"…\" holds nothing that could name a migration (use letters and digits)"
      ]
    )
  }

  @Test(arguments: [
    ("auth/approle/role/web: {k: 1}", "0002-auth-approle-role-web.yaml"),
    ("a/x: {k: 1}\nb/x: {k: 1}", "0002-change-2-paths.yaml"),
    ("日本/大阪: {k: 1}", "0002-change-1-path.yaml"),
  ])
  func `Without a wanted name, the paths give one`(entries: String, file: String) throws {
    var workspace = try applied()
    workspace.schema += desiredState(entries).dropFirst("desired_state:\n".count)
    #expect(try workspace.generate()?.fileName == file)
    #expect(try workspace.problems().isEmpty)
  }
}
