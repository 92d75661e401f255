import FoundationEssentials
import TestSupport
import Testing
import Values

/// What the server at hand says about its own fields: asked once, kept, and never in the way.
@Suite struct ServerFieldTests {
  private static let specification = "/v1/sys/internal/specs/openapi"

  /// A project whose requests are counted; its schema has a misspelt field.
  private static func withProxy(
    rule: @escaping @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { _, _ in .pass },
    _ body: (Project, FaultProxy) async throws -> Void
  ) async throws {
    try await withSmallProject { project, server in
      try await FaultProxy.with(server.port, rule: rule) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try project.edit("schema.yaml", "token_ttl", "tokn_ttl: 1h\n    token_ttl")
        try project.write("migrations/chain", "")
        try FileManager.default.removeItem(
          atPath: "\(project.folder)/.vault-migrations/migrations/0001-initial.yaml"
        )
        try await body(project, proxy)
      }
    }
  }

  private static func count(_ proxy: FaultProxy) -> Int {
    proxy.requests.count { $0.path.hasPrefix(specification) }
  }

  private static func cacheFiles(_ project: Project) throws -> [String] {
    let folder = "\(project.folder)/.git/vault-migrations/openapi"
    return try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
  }

  @Test func `a field that the server does not know is told before anything is written, and asked for once`()
    async throws
  {
    try await Self.withProxy { project, proxy in
      let refused = try await project.tool("generate", "--strict", exits: 65)
      #expect(refused.errors.contains("error: auth/approle/role/web has no field \"tokn_ttl\""))
      #expect(refused.errors.contains("as far as the server tells"))
      #expect(project.read("migrations/chain").isEmpty)
      let generated = try await project.tool("generate", "-m", "first")
      #expect(generated.errors.contains("schema.yaml:12:5: warning: auth/approle/role/web has no field"))
      try await project.commit("First")

      let plan = try await project.json("plan")
      #expect(plan.at("warnings.0.path") == "auth/approle/role/web")
      #expect(plan.at("warnings.0.line") == 12)
      #expect(plan["warnings"]?.array?.count == 1)
      try await project.tool("plan", "--strict", exits: 65)
      let strict = try await project.json("sync", "--strict", exits: 65)
      #expect(strict.at("error.line") == 12)
      #expect(try await project.json("status")["state"] == "empty")
      // This endpoint says nothing of the field that it ignores.
      let synced = try await project.tool("sync")
      #expect(synced.errors.contains("did you mean \"token_ttl\"?"))
      #expect(Self.count(proxy) == 1)

      let files = try Self.cacheFiles(project)
      #expect(files.count == 1)
      let kept = String(decoding: FileManager.default.contents(atPath: files[0]) ?? Data(), as: UTF8.self)
      #expect(kept.contains("token_ttl") && !kept.contains(project.variables["VAULT_TOKEN"] ?? "root"))
    }
  }

  @Test func `nothing is asked where nothing is pending`() async throws {
    try await Self.withProxy { project, proxy in
      try project.edit("schema.yaml", "tokn_ttl: 1h\n    ", "")
      try await project.generate("first")
      try await project.tool("sync")
      #expect(Self.count(proxy) == 1)
      try FileManager.default.removeItem(atPath: Self.cacheFiles(project)[0])
      for command in ["sync", "plan", "drift", "generate"] { try await project.tool(command) }
      #expect(Self.count(proxy) == 1)
    }
  }

  @Test func `a broken cache is made again`() async throws {
    try await Self.withProxy { project, proxy in
      try await project.tool("generate", "--dry-run")
      let file = try Self.cacheFiles(project)[0]
      let good = try #require(FileManager.default.contents(atPath: file))
      let foreign = Data("{\"format\":1,\"server\":{},\"fields\":{}}".utf8)
      for (index, content) in [Data(), good.dropLast(7), foreign].enumerated() {
        try Data(content).write(to: URL(filePath: file))
        let again = try await project.tool("generate", "--dry-run")
        #expect(again.errors.contains("as far as the server tells"))
        #expect(FileManager.default.contents(atPath: file) == good)
        #expect(Self.count(proxy) == index + 2)
      }
    }
  }

  @Test(arguments: [
    // HashiCorp Vault describes no requests.
    (200, "{\"paths\": {\"/sys/x\": {\"post\": {\"summary\": \"x\"}}, \"\": 7}, \"components\": []}"),
    (200, "<html>"),
  ])
  func `a server that does not describe itself is no obstacle`(status: Int, body: String) async throws {
    try await Self.withProxy { request, _ in
      request.path.hasPrefix(Self.specification) ? .answer(status, body: body) : .pass
    } _: { project, proxy in
      let generated = try await project.tool("generate", "-m", "first")
      #expect(generated.errors.contains("did you mean \"token_ttl\"?"))
      try await project.commit("First")
      let synced = try await project.tool("sync")
      #expect(synced.errors.contains("did you mean \"token_ttl\"?"))
      #expect(Self.count(proxy) == 1)
    }
  }
}
