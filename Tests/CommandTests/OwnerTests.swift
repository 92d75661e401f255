import TestSupport
import Testing
import Values

/// What the server changes by itself, and what people want to be asked about.
@Suite struct OwnerTests {
  private static let state = """
    auth/userpass:
      type: userpass
    auth/userpass/users/ann:
      owner: {password: server}
      password: ${ANN_PASSWORD}
      token_ttl: 20m
    """

  private func login(_ server: BaoServer, _ password: String) throws -> Int {
    try server.request("POST", "auth/userpass/login/ann", "{\"password\":\"\(password)\"}").status
  }

  /// A password that its owner changed stays, whatever the variable says, and also when another field is written.
  @Test func sendsAFieldOfTheServersOnce() async throws {
    try await withServer(Self.state) { project, server in
      let project = project.with(["ANN_PASSWORD": "first-password"])
      try await project.generate("initial")
      try await project.tool("sync")
      #expect(try login(server, "first-password") == 200)
      #expect(project.read("migrations/0001-initial.yaml").contains("owner:\n      password: server"))
      try server.request("POST", "auth/userpass/users/ann/password", #"{"password": "own-password"}"#)
      try await expectNothingLeft(project)
      #expect(try await project.with(["ANN_PASSWORD": "second-password"]).json("sync")["refreshed"] == [])
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await project.with(["ANN_PASSWORD": "third-password"]).tool("sync")
      #expect(try login(server, "own-password") == 200)
      #expect(try server.data("auth/userpass/users/ann")?["token_ttl"] == 1500)
      // Made anew, it begins as declared.
      try server.request("DELETE", "auth/userpass/users/ann")
      try await project.tool("drift", "--revert")
      #expect(try login(server, "first-password") == 200)
    }
  }

  @Test(arguments: [
    ("owner: {password: me}", "must say which fields the server changes by itself"),
    ("owner: {pasword: server}", "names pasword, which it does not declare"),
    ("owner: {password: server}\n  manage: create-only", "has both manage and owner"),
  ])
  func refusesAnOwnerThatMakesNoSense(_ line: String, _ message: String) async throws {
    let state = Self.state.replacing("owner: {password: server}", with: line)
    try await Project.with([
      "config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema(state),
    ]) { project in
      let error = try await project.json("validate", "--mode", "offline", exits: 65)
      #expect(error.at("error.message")?.string?.contains(message) == true)
      #expect(error.at("error.line") != nil)
    }
  }

  /// A changed secret is a line of the plan until somebody says so.
  @Test func waitsWithRefreshesWhereThatIsWanted() async throws {
    try await withSmallProject(environment: "refresh: manual") { project, server in
      try await project.tool("sync")
      let changed = project.with(["APP_PASSWORD": "app-password-2"])
      #expect(try await changed.json("sync")["refreshed"] == [])
      #expect(try server.data("apps/data/web")?.at("data.password") == "app-password-1")
      let plan = try await changed.tool("plan", "--detailed-exitcode", exits: 2).output
      #expect(plan.contains("written by \"sync --refresh\""))
      #expect(plan.contains("secret changed"))
      #expect(try await changed.json("sync", "--refresh")["refreshed"] == ["apps/data/web"])
      #expect(try server.data("apps/data/web")?.at("data.password") == "app-password-2")
      #expect(try await changed.tool("plan", "--detailed-exitcode").output == "No changes required\n")
    }
  }
}
