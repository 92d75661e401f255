import TestSupport
import Testing
import Values

/// A version that the server refused half-way can be corrected, and nothing of it is done twice.
@Suite struct CorrectionTests {
  private static let pki = """
    pki/:
      type: pki
    pki/root/generate/internal:
      common_name: Root
    pki/roles/a:
      allow_any_name: true

    """

  @Test func runsAnActionOnceAlthoughItsMigrationWasMadeAnew() async throws {
    try await withServer(Self.pki + "auth/approle:\n  type: approle\n" + role("9h")) { project, server in
      try await project.generate("initial")
      try await project.tool("sync", exits: 1)
      #expect(try server.list("pki/issuers").count == 1)
      for file in ["migrations/0001-initial.yaml", "migrations/chain"] {
        try await project.git("rm", "-q", ".vault-migrations/\(file)")
      }
      try project.write("schema.yaml", schema(Self.pki + "auth/approle:\n  type: approle\n" + role("1h")))
      try await project.generate("initial")
      try await project.tool("sync")
      #expect(try server.list("pki/issuers").count == 1)
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 3600)
      try await project.tool("drift")
    }
  }

  @Test func leavesANewerRunToTheCheckoutThatHasIt() async throws {
    let state = "sys/policies/acl/p:\n  policy: 'path \"${WHERE}\" { capabilities = [\"read\"] }'\n"
    try await withServer(state) { project, server in
      let project = project.with(["WHERE": "somewhere"])
      try await project.generate("initial")
      try await project.tool("sync")
      let old = try await project.git("rev-parse", "HEAD")
      let more = state + Self.pki + "auth/approle:\n  type: approle\n" + role("9h")
      try project.write("schema.yaml", schema(more))
      try await project.generate("second")
      try await project.tool("sync", exits: 1)
      let main = try await project.git("rev-parse", "HEAD")
      try await project.git("checkout", "-q", old)
      try await project.with(["WHERE": "elsewhere"]).tool("sync")
      #expect(try server.data("sys/policies/acl/p")?["policy"]?.string?.contains("somewhere") == true)
      try await project.git("checkout", "-q", main)
      try await project.tool("sync", exits: 1)
      #expect(try server.list("pki/issuers").count == 1)
    }
  }

  /// A role whose time to live the server refuses if it is longer than the longest one.
  private func role(_ ttl: String) -> String {
    "auth/approle/role/web:\n  token_ttl: \(ttl)\n  token_max_ttl: 2h\n"
  }
}
