import TestSupport
import Testing
import Values

/// Generate explains where its tasks come from, and needs no server.
@Suite struct GenerateTests {
  private static let files = [
    "config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(Small.state),
  ]

  @Test func namesTheCommitsThatBroughtEachChange() async throws {
    try await Project.with(Self.files) { project in
      try await project.generate("initial")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
      try await project.commit("Longer tokens for web")
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try await project.git("-c", "user.name=Ada", "commit", "-qam", "Slow down")
      let text = try await project.tool("generate", "--offline", "--dry-run").output
      let report = try await project.json("generate", "--offline", "-m", "both")
      let sources = report["sources"]?.array ?? []
      #expect(
        sources.compactMap { $0["summary"]?.string }.sorted() == ["Longer tokens for web", "Slow down"]
      )
      #expect(sources.contains { $0["author"] == "Ada" })
      for source in sources { #expect(source["files"] == ["schema.yaml"]) }
      let head = try await project.git("rev-parse", "HEAD")
      let last = sources.first { $0["summary"] == "Slow down" }
      #expect(last?["commit"] == .string(head))
      #expect(last?["paths"] == ["apps/data/web"])
      #expect(text.contains("from \(head.prefix(12)) Slow down (Ada)\n"))
      #expect(report.at("migration.version") == "0002")
      #expect(report.at("migration.file") == ".vault-migrations/migrations/0002-both.yaml")
    }
  }

  @Test func readsTheSchemaOfARevision() async throws {
    try await Project.with(Self.files) { project in
      try await project.generate("initial")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 30m")
      try await project.commit("Longer")
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      let report = try await project.json("generate", "--offline", "--revision", "HEAD", "-m", "longer")
      #expect(report["changes"]?.array?.compactMap { $0["path"]?.string } == ["auth/approle/role/web"])
      #expect(
        try await project.json("generate", "--offline", "--revision", "nowhere", exits: 64).at(
          "error.message"
        ) != nil
      )
      try await project.git("add", ".vault-migrations/migrations")
      try await project.git("commit", "-qm", "Migration")
      #expect(
        try await project.json("validate", "--mode", "offline", "--revision", "HEAD")["migrations"] == 2
      )
      try await project.tool("validate", exits: 65)
    }
  }

  @Test func givesTheSameBytesEachTime() async throws {
    try await Project.with(Self.files) { project in
      try await project.tool("generate", "--offline", "-m", "initial")
      let first = project.read("migrations/0001-initial.yaml")
      let chain = project.read("migrations/chain")
      #expect(chain.hasPrefix("0001 initial sha256:"))
      let again = try await project.tool("generate", "--offline", "-m", "initial")
      #expect(again.output == "No changes required\n")
      for _ in 0..<3 {
        try await project.git("clean", "-qfd", ".vault-migrations/migrations")
        try await project.tool("generate", "--offline", "-m", "initial")
        #expect(project.read("migrations/0001-initial.yaml") == first)
        #expect(project.read("migrations/chain") == chain)
      }
    }
  }

  @Test func asksNoServerWhenOffline() async throws {
    try await FaultProxy.with(rule: { _, _ in .answer(500) }) { proxy in
      try await Project.with(Self.files) { project in
        try project.write("config.yaml", configuration(proxy.address))
        try await project.generate("initial")
        try await project.tool("validate", "--mode", "lenient")
        let plan = try await project.json("plan", "--offline", "--detailed-exitcode", exits: 2)
        #expect(plan["pending"]?.array?.compactMap { $0["path"]?.string } == Small.paths)
        #expect(proxy.connections == 0)
      }
    }
  }

  @Test func doesWithoutAServerThatDoesNotAnswer() async throws {
    try await Project.with(Self.files) { project in
      let outcome = try await project.tool("generate", "-m", "initial")
      #expect(outcome.errors.contains("the server was not asked: "))
      #expect(!project.read("migrations/0001-initial.yaml").isEmpty)
    }
  }

  @Test func readsASchemaFolder() async throws {
    let files = [
      "config.yaml": configuration("http://127.0.0.1:1", "", "schema: schema"),
      "schema/logins.yaml": schema("auth/approle:\n  type: approle"),
      "schema/team/policies.yaml": schema(
        "sys/policies/acl/a:\n  policy: path \"a\" { capabilities = [\"read\"] }"
      ),
    ]
    try await Project.with(files) { project in
      let report = try await project.json("generate", "--offline")
      #expect(
        report["changes"]?.array?.compactMap { $0["path"]?.string } == ["auth/approle", "sys/policies/acl/a"]
      )
      try await project.commit("Initial")
      try project.write("schema/more.yaml", schema("auth/approle:\n  type: approle"))
      let error = try await project.json("validate", exits: 65)
      let places = "\(error.at("error.file")?.string ?? "") \(error.at("error.message")?.string ?? "")"
      #expect(places.contains("schema/more.yaml") && places.contains("schema/logins.yaml"))
    }
  }
}
