import TestSupport
import Testing
import Values

/// What `doctor` finds, and what it advises.
@Suite struct DoctorTests {
  private func states(_ result: Value) -> [String: String] {
    Dictionary(
      (result["checks"]?.array ?? []).map { ($0["check"]?.string ?? "", $0["state"]?.string ?? "") },
      uniquingKeysWith: { $1 }
    )
  }

  private func check(_ name: String, in result: Value) -> Value? {
    for check in result["checks"]?.array ?? [] where check["check"] == .string(name) { return check }
    return nil
  }

  @Test func findsNothingWhereAllIsWell() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try await project.tool("hooks", "install")
      let before = try await Snapshot(project, server)
      let result = try await project.json("doctor")
      #expect(result["healthy"] == true)
      #expect(
        states(result) == [
          "repository": "ok", "git": "ok", "project": "ok", "hooks": "ok", "state branch": "ok",
          "server": "ok",
          "clocks": "ok", "records": "ok", "permissions": "ok",
        ]
      )
      #expect(try await Snapshot(project, server) == before)
    }
  }

  @Test func saysWhatTheTokenLacks() async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      let token = try server.makeToken(policy: #"path "apps/*" { capabilities = ["read"] }"#)
      let result = try await project.with(["VAULT_TOKEN": token]).json("doctor", exits: 1)
      #expect(check("permissions", in: result)?["state"] == "failed")
      #expect(check("permissions", in: result)?["hint"]?.string?.contains("policy sync --env prod") == true)
    }
  }

  /// One thing that is broken does not hide the others that can be looked at.
  @Test func goesOnBehindAProblem() async throws {
    try await withSmallProject { project, server in
      try project.edit("config.yaml", server.address, "http://127.0.0.1:1")
      try await project.git("remote", "set-url", "origin", "file:///nowhere")
      let result = try await project.json("doctor", exits: 1)
      #expect(result["healthy"] == false)
      let found = states(result)
      #expect(found["project"] == "ok" && found["hooks"] == "warning")
      #expect(found["state branch"] == "failed" && found["server and login"] == "failed")
      let text = try await project.tool("doctor", exits: 1).output
      #expect(text.contains("failed  state branch: "))
      #expect(text.contains("vault-migrations hooks install"))
    }
  }

  @Test func namesAMistakeInTheProject() async throws {
    try await withSmallProject { project, _ in
      try project.write("schema.yaml", "desired_state: [nonsense]\n")
      let result = try await project.json("doctor", exits: 1)
      #expect(check("project", in: result)?["text"]?.string?.contains("desired_state") == true)
    }
  }
}
