import Glibc
import TestSupport
import Testing
import Values

/// Tasks that somebody writes by hand to move data, done once with their version.
@Suite struct OnceTests {
  private static let moves = #"""
    - path: new/data/app
      write: {data: {key: "${vault:old/app#key}", note: moved}}
    - path: old/app
      delete: true
    """#

  @Test func `Data moves between a new mount and one that goes, and belongs to nobody afterwards`()
    async throws
  {
    try await withServer("old/: {type: kv}") { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request("POST", "old/app", #"{"key": "canary-key-1"}"#)

      try project.write("schema.yaml", schema("new/: {type: kv-v2}"))
      try project.scratch.write("moves.yaml", Self.moves)
      let generated = try await project.generate("move", "--once-from", project.scratch.file("moves.yaml"))
      #expect(generated.output.contains("new/data/app") && generated.output.contains("old/"))
      let paths = project.read("migrations/0002-move.yaml").split(separator: "\n").filter {
        $0.contains("path: ")
      }
      #expect(
        paths.map { $0.split(separator: " ").last ?? "" } == ["new/", "new/data/app", "old/app", "old/"]
      )
      try await project.tool("validate")
      try await project.tool("sync")
      #expect(try server.data("new/data/app")?["data"] == ["key": "canary-key-1", "note": "moved"])
      try await expectNothingLeft(project)

      // Nobody declares it: whoever changes it changes nothing of ours.
      try server.request("POST", "new/data/app", #"{"data": {"key": "other"}}"#)
      #expect(try await project.tool("sync").output == "No changes required\n")
      #expect(try await project.json("drift")["drift"] == [])
      let branch = "vault-migrations/prod"
      let recorded = try await project.git(
        ["--git-dir", project.remote, "ls-tree", "-r", "--name-only", branch, "sent", "observed"]
      )
      #expect(recorded == "observed/new%2F.yaml\nsent/new%2F.yaml")
      let show = try await project.json("show", "2")["tasks"]?.array ?? []
      #expect(show.map { $0["outcome"] } == ["done", "done", "done", "done"])
      var canaries = Canaries()
      canaries.add("the key", "canary-key-1")
      try await canaries.expectNone(inRepository: project.remote, project)
      try canaries.expectNone(inLedgerOf: server)
    }
  }

  /// After the source is gone, too.
  @Test(arguments: [
    ("/new/data/app", false), ("/new/data/app", true), ("/old/app", false), ("/old/app", true),
  ])
  func `Killed at any of its tasks, the next run finishes the move`(path: String, isAfter: Bool) async throws
  {
    let state = "old/: {type: kv}\nnew/: {type: kv-v2}"
    try await withServer(state) { project, server in
      let executioner = Executioner()
      executioner.arm(isAfter ? .killAfter : .killBefore, after: 0)
      let rule: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, before in
        request.path.hasSuffix(path) ? executioner.judge(request, before) : .pass
      }
      try await FaultProxy.with(server.port, rule: rule) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("initial")
        try await project.tool("sync")
        try server.request("POST", "old/app", #"{"key": "k"}"#)
        try project.scratch.write("moves.yaml", Self.moves)
        try await project.generate("move", "--once-from", project.scratch.file("moves.yaml"))
        let process = try ChildProcess(
          "/usr/bin/env",
          ["-C", project.folder, Tool.path, "sync"],
          environment: project.variables,
          log: project.scratch.file("sync.log")
        )
        executioner.aim(at: process.pid)
        #expect(try await process.wait() == 137)
        try server.expireLock()
        try await project.tool("sync")
        #expect(try server.data("new/data/app")?["data"] == ["key": "k", "note": "moved"])
        #expect(try server.data("new/data/app")?.at("metadata.version") == 1)
        #expect(try server.list("old") == [])
        try await expectNothingLeft(project)
      }
    }
  }

  @Test func `What is declared, or no data, is not moved by hand`() async throws {
    let config = "project: shop\nenvironments: {dev: {server: embedded}}\n"
    try await Project.with(["schema.yaml": schema(Small.state), "config.yaml": config]) { project in
      for (tasks, message) in Self.refused {
        let file = try project.scratch.write("moves.yaml", tasks + "\n")
        let said = try await project.tool("generate", "--offline", "--once-from", file, exits: 65)
        #expect(said.errors.contains(message), "\(tasks): \(said.errors)")
      }
      let missing = Refusal(status: 64, message: "there is no file at nowhere.yaml")
      try await missing.expect(["generate", "--offline", "--once-from", "nowhere.yaml"], project)
    }
  }

  private static let refused = [
    ("- {path: apps/data/web, write: {data: {a: b}}}", "touches apps/data/web, which is declared (.vault-"),
    ("- {path: apps/, delete: true}", "touches apps/, which is declared"),
    ("- {path: auth/approle, delete: true}", "touches auth/approle, which is declared"),
    (
      "- {path: pki/root/generate/internal, run: {}}",
      "pki/root/generate/internal is run, which happens once anyway"
    ),
    ("- {path: old/a, write: {a: b}, was: absent}", "old/a is done once, and what was there does not matter"),
    ("- {path: old/a, write: {a: \"${open\"}}", "has no closing"),
    (
      "- {path: old/a, write: {a: b}}\n- {path: old/a, delete: true}",
      "is written or deleted once by two tasks"
    ),
    (
      "- {path: auth/userpass/users/a, write: {password: hunter2}}",
      "password of auth/userpass/users/a is a secret"
    ),
    ("path: old/a", "tasks must be a list, not a map"),
  ]
}
