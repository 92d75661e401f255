import TestSupport
import Testing
import Values

/// A misspelt key is told before anything is written.
@Suite struct FieldTests {
  private static let config = """
    project: shop
    default_environment: dev
    environments:
      dev: {server: embedded}
    """

  private static func withProject(_ state: String, _ body: (Project) async throws -> Void) async throws {
    try await Project.with(["config.yaml": config, "schema.yaml": schema(state)]) { project in
      let variables = [
        "API_KEY": "a", "ALICE_PASSWORD": "b", "DB_PASSWORD": "c", "db_port": "1", "APP_PASSWORD": "d",
      ]
      try await body(project.with(variables))
    }
  }

  @Test func `a misspelt key is a warning, and an error where warnings are`() async throws {
    let misspelt = Small.state.replacing("token_policies", with: "tokn_policies")
    try await Self.withProject(misspelt) { project in
      let refused = try await project.tool("generate", "--offline", "--strict", exits: 65)
      #expect(refused.errors.contains("schema.yaml:11:5: error: auth/approle/role/web has no field"))
      #expect(project.read("migrations/chain").isEmpty)

      let generated = try await project.tool("generate", "--offline")
      #expect(generated.errors.contains("did you mean \"token_policies\"?"))
      let validated = try await project.tool("validate")
      #expect(validated.errors.contains("schema.yaml:11:5: warning: auth/approle/role/web has no field"))
      #expect(validated.errors.contains("did you mean \"token_policies\"?"))
      #expect(validated.output.contains("valid"))
      let strict = try await project.tool("validate", "--strict", exits: 65)
      #expect(strict.errors.contains("schema.yaml:11:5: error: auth/approle/role/web has no field"))

      let warnings = try await project.json("validate")["warnings"]
      #expect(warnings?.array?.first?["line"] == 11)
      #expect(warnings?.array?.first?["path"] == "auth/approle/role/web")
    }
  }

  @Test(arguments: [Small.state, Everything.state])
  func `a right schema has no warnings`(state: String) async throws {
    try await Self.withProject(state) { project in
      try await project.tool("generate", "--offline", "--strict")
      let validated = try await project.tool("validate", "--strict")
      #expect(validated.errors.isEmpty)
    }
  }
}
