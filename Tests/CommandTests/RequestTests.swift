import TestSupport
import Testing
import Values

/// As few requests as give the answer, which `--trace requests` shows.
@Suite struct RequestTests {
  /// Forty policies and six roles.
  private static let state =
    (0..<40).map { "sys/policies/acl/team-\($0):\n  policy: path \"kv/\($0)\" { capabilities = [\"read\"] }" }
    .joined(separator: "\n") + "\nauth/approle:\n  type: approle\n"
    + (0..<6).map { "auth/approle/role/app-\($0):\n  token_policies: [team-\($0)]" }.joined(separator: "\n")

  private func withState<Result>(_ body: (Project, BaoServer) async throws -> Result) async throws -> Result {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      return try await body(project, server)
    }
  }

  /// What was asked, without times and reasons: `GET sys/health 200`.
  private func trace(_ project: Project, _ arguments: String..., exits status: Int32 = 0) async throws
    -> [String]
  {
    let lines = try await project.tool(arguments + ["--trace", "requests"], exits: status).errors
      .split(separator: "\n").filter { $0.hasPrefix("trace: ") }
    return lines.map { $0.split(separator: " ")[1...3].joined(separator: " ") }
  }

  @Test func allPoliciesComeInOneAnswer() async throws {
    try await withState { project, _ in
      try await project.tool("sync")
      let asked = try await trace(project, "drift")
      #expect(asked.filter { $0 == "LIST sys/policies/detailed/acl 200" }.count == 1)
      #expect(!asked.contains { $0.hasPrefix("GET sys/policies/acl/") })
      #expect(asked.filter { $0.hasPrefix("GET auth/approle/role/") }.count == 6)
      // The lists of mounts tell first what there is, then how it is set.
      let once = asked.filter { $0 != "GET sys/mounts 200" && $0 != "GET sys/auth 200" }
      #expect(Set(once).count == once.count, "nothing is asked twice")
    }
  }

  @Test func whatIsNotThereIsToldByLists() async throws {
    try await withState { project, _ in
      let asked = try await trace(project, "sync")
      #expect(!asked.contains { $0.hasPrefix("GET sys/policies/acl/") && $0.hasSuffix(" 404") })
      #expect(!asked.contains { $0.hasPrefix("GET auth/approle/role/") && $0.hasSuffix(" 404") })
    }
  }

  @Test func aTokenThatMayNotListReadsEachOfThem() async throws {
    try await withState { project, server in
      try await project.tool("sync")
      try server.request("DELETE", "sys/policies/acl/team-7")
      let least = try await project.tool("policy", "plan", "--env", "prod").output
      try server.request("POST", "sys/policies/acl/least", JSON.text(["policy": .string(least)]))
      let answer = try server.request("POST", "auth/token/create", #"{"policies": ["least"]}"#)
      let token = try JSON.parse(Array(answer.body.utf8)).at("auth.client_token")?.string
      let limited = project.with(["VAULT_TOKEN": try #require(token)])
      let asked = try await trace(limited, "drift", exits: 2)
      #expect(asked.contains("LIST sys/policies/acl 403"))
      #expect(asked.filter { $0.hasPrefix("GET sys/policies/acl/team-") }.count == 40)
      let drift = try await limited.json("drift", exits: 2)
      #expect(drift["drift"]?.array?.compactMap { $0["path"]?.string } == ["sys/policies/acl/team-7"])
    }
  }

  @Test func aTraceSaysWhyAndTellsNoSecret() async throws {
    try await withSmallProject { project, server in
      let text = try await project.tool("sync", "--trace", "requests").errors
      #expect(text.contains("a task of 0001"))
      #expect(text.contains("what 0001 left behind"))
      #expect(!text.contains("app-password-1") && !text.contains(server.rootToken))
    }
  }
}
