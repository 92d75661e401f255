import TestSupport
import Testing
import Values

/// A mount that gets another path keeps what is in it, and is never deleted because nobody asked.
@Suite struct MoveTests {
  @Test func movesSecretsAndLoginsWithAllTheyHold() async throws {
    try await withMoved { project, server in
      let before = try ids(server, mount: "apps/", method: "approle")
      let error = try await project.json("generate", "--offline", exits: 65)
      let messages = error["problems"]?.array?.compactMap { $0["message"]?.string } ?? []
      #expect(
        messages == [
          "auth/approle was removed and auth/machines added: is it a move?",
          "apps/ was removed and services/ added: is it a move?",
        ]
      )
      #expect(error.at("error.hint")?.string?.contains("--move auth/approle=auth/machines") == true)
      #expect(project.read("migrations/0002-rename.yaml").isEmpty)

      try await project.generate(
        "rename",
        "--move",
        "apps/=services/",
        "--move",
        "auth/approle=auth/machines"
      )
      let file = project.read("migrations/0002-rename.yaml")
      #expect(file.contains("move:\n      from: apps/\n      to: services/\n"))
      #expect(!file.contains("delete"))
      let plan = try await project.json("plan")
      #expect(plan["pending"]?.array?.compactMap { $0["action"]?.string } == ["move", "move", "update"])
      let run = try await project.tool("sync")
      #expect(run.errors.contains("leases and tokens that were given out through apps/ are revoked"))
      #expect(try ids(server, mount: "services/", method: "machines") == before)
      #expect(try server.data("services/data/web")?.at("data.password") == "app-password-1")
      #expect(try server.data("services/data/by-hand")?.at("data.a") == "b")
      #expect(try server.data("auth/machines/role/web")?["token_ttl"] == 1800)
      #expect(try server.data("sys/mounts")?["apps/"] == nil)
      try await expectNothingLeft(project)
      let files = try await project.git(
        "--git-dir",
        project.remote,
        "ls-tree",
        "-r",
        "--name-only",
        "vault-migrations/prod",
        "sent/"
      )
      #expect(files.contains("sent/services/data/web.yaml") && !files.contains("apps"))
    }
  }

  @Test func finishesAMoveThatWasNotRecorded() async throws {
    try await withMoved { project, server in
      try await project.generate(
        "rename",
        "--move",
        "apps/=services/",
        "--move",
        "auth/approle=auth/machines"
      )
      try server.request("POST", "sys/remount", #"{"from": "apps/", "to": "services/"}"#)
      try await waitUntil("the mount is moved") { try server.data("sys/mounts")?["services/"] != nil }
      let run = try await project.tool("sync")
      #expect(run.errors.contains("= services/"))
      try await expectNothingLeft(project)
    }
  }

  @Test func movesBackWhenItIsRolledBack() async throws {
    try await withMoved { project, server in
      let moves = ["--move", "apps/=services/", "--move", "auth/approle=auth/machines"]
      try await project.tool(["generate", "--offline", "-m", "rename"] + moves)
      try await project.commit("Rename")
      try await project.tool("sync")
      let error = try await project.json("rollback", "--now", exits: 64)
      #expect(error.at("error.hint")?.string?.contains("rollback --to 0001") == true)
      let report = try await project.json("rollback", "--to", "1")
      #expect(report["notices"]?.array ?? [] == [])
      let file = project.read("migrations/0003-rollback-to-0001.yaml")
      #expect(file.contains("move:\n      from: services/\n      to: apps/\n") && !file.contains("delete"))
      try await project.tool("validate")
      try await project.commit("Roll back")
      try await project.tool("sync")
      #expect(try server.data("apps/data/by-hand")?.at("data.a") == "b")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1200)
      try await expectNothingLeft(project)
    }
  }

  @Test func takesAlongWhereAnswersWereSaved() async throws {
    let state = """
      apps/: {type: kv}
      auth/approle: {type: approle}
      auth/approle/role/web: {token_ttl: 5m}
      auth/approle/role/web/secret-id:
        save: {secret_id: web_id, secret_id_accessor: "apps/web#accessor"}
        unless: apps/web
      """
    try await withServer(state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      let accessor = try server.data("apps/web")?["accessor"]
      try project.write("schema.yaml", project.read("schema.yaml").replacing("apps/", with: "services/"))
      try await project.generate("rename", "--move", "apps/=services/")
      try await project.tool("sync")
      #expect(accessor != nil)
      #expect(try server.data("services/web")?["accessor"] == accessor)
      try await expectNothingLeft(project)
    }
  }

  @Test func keepsDriftAsDrift() async throws {
    try await withMoved { project, server in
      try server.request("POST", "apps/data/web", #"{"data": {"password": "by hand"}}"#)
      try await project.generate(
        "rename",
        "--move",
        "apps/=services/",
        "--move",
        "auth/approle=auth/machines"
      )
      try await project.tool("sync")
      #expect(try await project.json("drift", exits: 2).at("drift.0.path") == "services/data/web")
      #expect(try await project.json("drift", exits: 2)["drift"]?.array?.count == 1)
    }
  }

  @Test func stopsWhenSomethingIsInTheWay() async throws {
    try await withMoved { project, server in
      try await project.generate(
        "rename",
        "--move",
        "apps/=services/",
        "--move",
        "auth/approle=auth/machines"
      )
      try server.request("POST", "sys/mounts/services", #"{"type": "kv"}"#)
      let error = try await project.json("sync", exits: 3)
      #expect(error.at("error.message")?.string?.contains("both are there") == true)
      #expect(try server.data("apps/data/web") != nil)
    }
  }

  @Test func deletesAndMakesAnewWhenToldTo() async throws {
    try await withMoved { project, server in
      try await project.generate("rename", "--no-move")
      #expect(project.read("migrations/0002-rename.yaml").contains("delete: true"))
      try await project.tool("sync")
      #expect(try server.data("services/data/by-hand") == nil)
      try await expectNothingLeft(project)
    }
  }

  @Test func takesOnlyMovesThatTheSchemaMakes() async throws {
    try await withMoved { project, _ in
      let error = try await project.json("generate", "--offline", "--move", "apps/=elsewhere/", exits: 65)
      let messages = error["problems"]?.array?.compactMap { $0["message"]?.string } ?? []
      #expect(messages.contains { $0.hasPrefix("apps/ cannot be moved to elsewhere/") })
    }
  }

  /// A project whose mounts have other paths in the schema than on the server, where somebody keeps a secret of their own.
  private func withMoved(_ body: (Project, BaoServer) async throws -> Void) async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try server.request("POST", "apps/data/by-hand", #"{"data": {"a": "b"}}"#)
      for (old, new) in [
        ("apps/:", "services/:"), ("apps/data/web:", "services/data/web:"),
        ("auth/approle:", "auth/machines:"),
        ("auth/approle/role", "auth/machines/role"), ("token_ttl: 20m", "token_ttl: 30m"),
      ] {
        try project.edit("schema.yaml", old, new)
      }
      try await body(project, server)
    }
  }

  /// What must not change with the path: accessors and the role's id.
  private func ids(_ server: BaoServer, mount: String, method: String) throws -> [Value?] {
    [
      try server.data("sys/mounts")?[mount]?["accessor"],
      try server.data("sys/auth")?["\(method)/"]?["accessor"],
      try server.data("auth/\(method)/role/web/role-id")?["role_id"],
    ]
  }
}
