import Catalogue
import Git
import Migrations
import TestSupport
import Testing
import Values

/// A repository with a work tree, as a user has one.
private struct Checkout {
  let scratch: Scratch

  init(in scratch: Scratch) async throws {
    self.scratch = scratch
    try await git("init", "-q", "-b", "main")
    try write("config.yaml", "project: p\nschema: schema\nenvironments: {dev: {}}\n")
  }

  private static let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]

  func git(_ arguments: String...) async throws {
    let outcome = try await Command.run("git", Self.identity + arguments, directory: scratch.path)
    #expect(outcome.status == 0, "git \(arguments): \(outcome.errors)")
  }

  func write(_ file: String, _ text: String) throws {
    try scratch.write(".vault-migrations/\(file)", text)
  }

  func commit(_ message: String) async throws {
    try await git("add", "-A")
    try await git("commit", "-q", "-m", message)
  }

  var repository: Repository { get throws { try Repository(opening: scratch.path) } }

  var workTree: WorkTreeSource {
    WorkTreeSource(folder: scratch.file(".vault-migrations"), shownAs: ".vault-migrations")
  }

  func project() throws -> Project { try Project.read(from: workTree) }

  /// Generates into the work tree, as the command does.
  func generate() throws -> String {
    let project = try project()
    let migration = try #require(try Generator.next(for: project))
    let link = Chain.Link(
      version: migration.version,
      name: migration.name,
      checksum: migration.checksum,
      schema: try project.schemaID(in: repository)
    )
    return try MigrationStore(folder: workTree.folder, project: project).write(migration, link)
  }
}

/// Where a project's files come from.
@Suite struct ProjectSourceTests {
  @Test func `A commit and a work tree with the same files are the same project`() async throws {
    try await Scratch.with { scratch in
      let checkout = try await Checkout(in: scratch)
      try checkout.write("schema/b.yaml", "desired_state: {b/x: {k: 1}}\n")
      try checkout.write("schema/teams/a.yaml", "desired_state: {a/x: {k: 1}}\n")
      let path = try checkout.generate()
      #expect(path == checkout.workTree.folder + "/migrations/0001-initial.yaml")
      try await checkout.commit("first")
      let repository = try checkout.repository
      let committed = try Project.read(
        from: RevisionSource(
          repository: repository,
          commit: try #require(try repository.head()),
          folder: ".vault-migrations",
          name: "HEAD"
        )
      )
      let project = try checkout.project()
      #expect(committed.migrations == project.migrations)
      #expect(committed.chain == project.chain)
      #expect(committed.schemaFiles == project.schemaFiles)
      #expect(try committed.schemaID(in: repository) == project.chain.links.last?.schema)
      #expect(try Validator.problems(in: committed).isEmpty)
    }
  }

  @Test func `Mistakes in a commit name the revision`() async throws {
    try await Scratch.with { scratch in
      let checkout = try await Checkout(in: scratch)
      try checkout.write("schema/b.yaml", "desired_state: {/x: {}}\n")
      try await checkout.commit("bad")
      let repository = try checkout.repository
      let source = RevisionSource(
        repository: repository,
        commit: try #require(try repository.head()),
        folder: ".vault-migrations",
        name: "HEAD"
      )
      let found = try complaints { try Project.read(from: source) }
      #expect(
        found == [
          "HEAD:.vault-migrations/schema/b.yaml:1:17: /x starts with a slash (write it as x)"
        ]
      )
      try checkout.write("schema/b.yaml", "desired_state: {}\n")
      #expect(try checkout.project().migrations.isEmpty, "the work tree is another source")
    }
  }

  @Test func `Without a config_yaml there is no project`() async throws {
    try await Scratch.with { scratch in
      let source = WorkTreeSource(folder: scratch.path, shownAs: ".vault-migrations")
      let found = try complaints { try Project.read(from: source) }
      #expect(
        found == [
          "there is no .vault-migrations/config.yaml "
            + "(run \"vault-migrations init\" in the repository, or pass --config)"
        ]
      )
    }
  }

  @Test func `A file in the way is never overwritten`() async throws {
    try await Scratch.with { scratch in
      let checkout = try await Checkout(in: scratch)
      try checkout.write("schema/b.yaml", "desired_state: {b/x: {k: 1}}\n")
      let project = try checkout.project()
      try checkout.write("migrations/0001-initial.yaml", "mine")
      let made = try #require(try Generator.next(for: project))
      let link = Chain.Link(version: 1, name: "initial", checksum: made.checksum, schema: "0")
      let found = try complaints {
        try MigrationStore(folder: checkout.workTree.folder, project: project).write(made, link)
      }
      #expect(
        found == [
          "there is a file at \(checkout.workTree.folder)/migrations/0001-initial.yaml already "
            + "(remove it, then run generate again)"
        ]
      )
      #expect(scratch.read(".vault-migrations/migrations/0001-initial.yaml") == "mine")
      #expect(scratch.read(".vault-migrations/migrations/chain").isEmpty)
    }
  }
}

/// Which commits brought each change of the schema.
@Suite struct ProvenanceTests {
  private func changes(_ checkout: Checkout) throws -> [String] {
    let repository = try checkout.repository
    let provenance = Provenance(
      repository: repository,
      folder: ".vault-migrations",
      project: try checkout.project()
    )
    return try provenance.changes(from: try repository.head()).map { change in
      "\(change.commit?.summary ?? "work tree"): \(change.paths.map(\.description)) \(change.files)"
    }
  }

  @Test func `Every commit since the last migration is named, and the work tree last`() async throws {
    try await Scratch.with { scratch in
      let checkout = try await Checkout(in: scratch)
      try checkout.write("schema/a.yaml", "desired_state: {a/x: {k: 1}}\n")
      try await checkout.commit("before everything")
      #expect(try changes(checkout) == ["before everything: [\"a/x\"] [\"a.yaml\"]"])
      _ = try checkout.generate()
      #expect(try changes(checkout).isEmpty)
      try await checkout.commit("migrated")
      try checkout.write("schema/a.yaml", "desired_state: {a/x: {k: 2}}\n")
      try await checkout.commit("another value")
      try checkout.write("README.md", "nothing to do with it")
      try await checkout.commit("elsewhere")
      try checkout.write("schema/b.yaml", "desired_state: {b/x: {k: 1}, b/y: {k: 1, environments: [dev]}}\n")
      try await checkout.commit("another file")
      try checkout.write("schema/a.yaml", "# gone\n")
      #expect(
        try changes(checkout) == [
          "another value: [\"a/x\"] [\"a.yaml\"]", "another file: [\"b/x\", \"b/y\"] [\"b.yaml\"]",
          "work tree: [\"a/x\"] [\"a.yaml\"]",
        ]
      )
    }
  }

  @Test func `A commit that changed comments only brought nothing`() async throws {
    try await Scratch.with { scratch in
      let checkout = try await Checkout(in: scratch)
      try checkout.write("schema/a.yaml", "desired_state: {a/x: {k: 1}}\n")
      _ = try checkout.generate()
      try await checkout.commit("migrated")
      try checkout.write("schema/a.yaml", "# why\ndesired_state: {a/x: {k: 1}}\n")
      try await checkout.commit("explained")
      #expect(try changes(checkout).isEmpty)
    }
  }
}
