import TestSupport
import Testing
import Values

/// A family that the built-in catalogue does not know is treated as config.yaml says, on a real server.
@Suite struct ProjectCatalogueTests {
  private static let catalogue = """
    catalogue:
      secrets:
        kv:
          apps/{name}:
            write: merge
            reset: {mode: "off"}
            secret: [pin]
            write_only: [pin]
            immutable: {owner: refused}
    """

  private static let state = """
    old/:
      type: kv
    old/apps/web:
      mode: fast
      note: first
      owner: ann
      pin: ${PIN}
    """

  @Test func `resets, secrets and fixed fields are those of the project`() async throws {
    try await withServer(Self.state, settings: Self.catalogue) { project, server in
      let project = project.with(["PIN": "pin-12345"])
      try await project.generate("first")
      let plan = try await project.json("plan")
      let fields = plan["pending"]?.array?.last?["fields"]?.array ?? []
      #expect(fields.compactMap { $0["name"]?.string } == ["mode", "note", "owner", "pin"])
      try await project.tool("sync")
      #expect(
        try server.data("old/apps/web") == [
          "mode": "fast", "note": "first", "owner": "ann", "pin": "pin-12345",
        ]
      )
      // Values of other paths of this engine are secret, these are not.
      let observed = try await project.git("show", "origin/vault-migrations/prod:observed/old/apps/web.yaml")
      #expect(observed.contains("note: first") && observed.contains("pin: hmac-sha256:"))

      try project.edit("schema.yaml", "mode: fast", "note: second")
      try project.edit("schema.yaml", "    note: first\n", "")
      try await project.generate("second")
      try await project.tool("sync")
      // Reset as config.yaml says; of an endpoint that merges, an unchanged secret is not sent again.
      #expect(try server.data("old/apps/web") == ["mode": "off", "note": "second", "owner": "ann"])

      try project.edit("schema.yaml", "owner: ann", "owner: bob")
      let refused = try await project.tool("generate", exits: 65)
      #expect(refused.errors.contains("owner of old/apps/web cannot be changed after creation"))
    }
  }

  @Test func `a mistake stops every command with its place`() async throws {
    try await withServer(Self.state, settings: Self.catalogue) { project, _ in
      try project.edit("config.yaml", "secret: [pin]", "secret: pin")
      for command in ["validate", "plan", "sync", "generate"] {
        let error = try await project.json(command, exits: 78)
        #expect((error.at("error.line"), error.at("error.column")) == (14, 9))
        #expect(error.at("error.message")?.string?.contains("secret needs a list of names") == true)
      }
    }
  }
}
