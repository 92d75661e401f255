import FoundationEssentials
import TestSupport
import Testing
import Values

/// What one-off actions answer is kept, and other entries use it.
@Suite struct SavedAnswerTests {
  /// Whoever refers stands before what it refers to.
  static let state = #"""
    apps/data/deploy:
      data: {id: "${saved:web_secret_id}", role: "${vault:apps/data/creds#accessor}"}
    auth/approle/role/web/secret-id:
      save: {secret_id: web_secret_id, secret_id_accessor: "apps/data/creds#accessor", secret_id_ttl: "old/creds#ttl"}
      metadata: '{"for": "deploy"}'
    auth/approle/role/web:
      token_policies: [web]
    auth/approle: {type: approle}
    apps/: {type: kv-v2}
    old/: {type: kv}
    """#

  @Test func `A saved answer goes to the ledger and into secrets, and nowhere else`() async throws {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      // What is not saved yet is no error where nothing is written.
      #expect(try await project.json("plan")["pending"]?.array?.count == 6)
      let file = project.read("migrations/0001-initial.yaml")
      #expect(
        file.contains("run:\n") && file.contains("save:\n") && file.contains("secret_id: web_secret_id")
      )
      try await project.tool("validate")
      let run = try await project.tool("sync", "--log-level", "trace")
      let deployed = try #require(try server.data("apps/data/deploy")?["data"])
      let id = try #require(deployed["id"]?.string)
      try expectLogin(server, id)
      #expect(try server.data("apps/data/creds")?["data"] == ["accessor": deployed["role"] ?? .null])
      #expect(try server.data("old/creds") == ["ttl": 0])
      try await expectNothingLeft(project)

      var canaries = Canaries()
      canaries.add("the secret id", id)
      canaries.expectNone(in: run, "sync")
      canaries.expectNone(in: try await project.tool("show", "1"), "show")
      try await canaries.expectNone(inRepository: project.folder, project)
      try await canaries.expectNone(inRepository: project.remote, project)
    }
  }

  @Test func `A second action of a kind replaces what was saved, and what refers to it follows`() async throws
  {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      try await project.tool("sync")
      try server.request("POST", "apps/data/creds", #"{"data": {"accessor": "x", "owner": "somebody else"}}"#)
      let old = try #require(try server.data("apps/data/deploy")?.at("data.id")?.string)
      try project.edit("schema.yaml", "web/secret-id:", "web/secret-id#2027:")
      try await project.generate("rotate")
      try await project.tool("sync")
      let deployed = try #require(try server.data("apps/data/deploy")?["data"])
      let id = try #require(deployed["id"]?.string)
      #expect(id != old)
      try expectLogin(server, id)
      let creds = try server.data("apps/data/creds")?["data"]
      #expect(creds == ["accessor": deployed["role"] ?? .null, "owner": "somebody else"])
      try await expectNothingLeft(project)

      try project.edit("schema.yaml", "metadata: '{\"for\": \"deploy\"}'", "metadata: '{}'")
      let refused = try await project.tool("generate", exits: 65)
      #expect(refused.errors.contains("secret-id#2027 has run already, its arguments cannot be changed"))
      #expect(refused.errors.contains("add a second entry: auth/approle/role/web/secret-id#another-name"))
    }
  }

  @Test func `What is saved in a namespace lies there, and names hold everywhere`() async throws {
    let text = #"""
      desired_state:
        apps/: {type: kv-v2}
        apps/data/deploy: {data: {id: "${saved:team_secret_id}"}}
      namespaces:
        team:
          desired_state:
            auth/approle: {type: approle}
            auth/approle/role/web: {token_policies: [web]}
            auth/approle/role/web/secret-id:
              save: {secret_id: team_secret_id, secret_id_accessor: "apps/data/creds#accessor"}
            apps/: {type: kv-v2}
            apps/data/copy: {data: {accessor: "${vault:apps/data/creds#accessor}"}}

      """#
    try await withServer("{}") { project, server in
      try project.write("schema.yaml", text)
      try await project.generate("initial")
      try await project.tool("sync")
      let listed = try server.list("auth/approle/role/web/secret-id", namespace: "team")
      let answer = try server.request("GET", "apps/data/copy", namespace: "team")
      #expect(listed == [BaoServer.field("accessor", in: answer.body)])
      #expect(try server.data("apps/data/deploy")?.at("data.id")?.string?.count == 36)
      try await expectNothingLeft(project)
    }
  }

  private func expectLogin(_ server: BaoServer, _ id: String) throws {
    let role = try #require(try server.data("auth/approle/role/web/role-id")?["role_id"]?.string)
    let body: Value = ["role_id": .string(role), "secret_id": .string(id)]
    let login = try server.request("POST", "auth/approle/login", JSON.text(body), token: "")
    #expect(login.status == 200, "\(login.body)")
  }

  @Test func `The printed policy is enough to save and to use what is saved`() async throws {
    try await withServer(Self.state) { project, server in
      try await project.generate("initial")
      let policy = try await project.json("ledger", "init")["policy"]?.string ?? ""
      let token = try server.makeToken(
        policy: policy + """

          path "sys/mounts*" { capabilities = ["create", "read", "update"] }
          path "sys/auth*" { capabilities = ["create", "read", "update", "sudo"] }
          path "auth/approle/role/*" { capabilities = ["create", "read", "update", "list"] }
          path "apps/*" { capabilities = ["create", "read", "update"] }
          path "old/*" { capabilities = ["create", "read", "update"] }
          """
      )
      let limited = project.with(["VAULT_TOKEN": token])
      try await limited.tool("sync")
      try await expectNothingLeft(limited)
    }
  }

  @Test func `A field that the answer does not have is told, and the rest is not lost`() async throws {
    let text = #"""
      pki/: {type: pki}
      pki/root/generate/internal:
        common_name: Root
        save: {issuer_id: root, nonsense: other}
      pki/config/issuers:
        default: ${saved:root}
      """#
    try await withServer(text) { project, server in
      try await project.generate("initial")
      let error = try await project.json("sync", exits: 1)["error"]
      #expect(error?["path"] == "pki/root/generate/internal")
      #expect(error?["message"]?.string?.contains("the action ran, but its answer has no nonsense") == true)
      #expect(error?["hint"]?.string?.contains("certificate, expiration, issuer_id") == true)
      // Mended, the version goes on; what was not saved is had only by running the action again.
      try project.edit("schema.yaml", "nonsense: other", "key_id: root_key")
      try FileManager.default.removeItem(atPath: "\(project.folder)/.vault-migrations/migrations")
      try await project.generate("initial")
      try await project.tool("sync", "--not-run", "pki/root/generate/internal")
      #expect(try server.list("pki/issuers").count == 2)
      let saved = try server.data("vault-migrations/data/shop/prod/saved/root_key")?.at("data.value")?.string
      #expect(try server.list("pki/keys").contains { saved?.contains($0) == true })
      #expect(try await project.tool("sync").output == "No changes required\n")
    }
  }

  @Test func `Killed after the save, the next run uses what was saved`() async throws {
    let text = #"""
      auth/approle: {type: approle}
      auth/approle/role/web: {token_policies: [web]}
      auth/approle/role/web/secret-id: {save: {secret_id: web_secret_id}}
      apps/: {type: kv-v2}
      apps/data/deploy: {data: {id: "${saved:web_secret_id}"}}
      """#
    try await withServer(text) { project, server in
      let victim = Victim(.killAfter)
      try await FaultProxy.with(server.port, rule: victim.judge) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("initial")
        try await victim.die(in: project)
        try server.expireLock()
        try await project.tool("sync")
        #expect(try server.list("auth/approle/role/web/secret-id").count == 1)
        try expectLogin(server, try server.data("apps/data/deploy")?.at("data.id")?.string ?? "")
        try await expectNothingLeft(project)
      }
    }
  }

  @Test(arguments: [true, false])
  func `Killed between an answer and its save, the next run says what is lost`(runsAgain: Bool) async throws {
    try await withServer(Self.state) { project, server in
      let victim = Victim(.killBefore)
      try await FaultProxy.with(server.port, rule: victim.judge) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("initial")
        try await victim.die(in: project)
        try server.expireLock()
        let action = "auth/approle/role/web/secret-id"
        #expect(try server.list(action).count == 1)
        let error = try await project.json("sync", exits: 3)["error"]
        #expect(
          error?["message"]?.string
            == "\(action) was run, but its answer was lost before secret_id (as web_secret_id), secret_id_accessor "
            + "(as apps/data/creds#accessor), secret_id_ttl (as old/creds#ttl) was saved"
        )
        #expect(
          error?["hint"]?.string
            == "--not-run \(action) runs it again; --ran \(action) goes on without"
        )
        if runsAgain {
          try await project.tool("sync", "--not-run", action)
          #expect(try server.list(action).count == 2)
          try expectLogin(server, try server.data("apps/data/deploy")?.at("data.id")?.string ?? "")
          try await expectNothingLeft(project)
        } else {
          let stopped = try await project.tool("sync", "--ran", action, exits: 3)
          #expect(
            stopped.errors.contains(
              "refers to ${saved:web_secret_id}, but nothing was saved as web_secret_id"
            )
              || stopped.errors.contains("but the server has nothing at apps/data/creds"),
            "\(stopped.errors)"
          )
          #expect(try server.list(action).count == 1)
        }
      }
    }
  }

}

/// Kills a run when it is about to save an answer, or has just saved it.
private final class Victim: Sendable {
  private let executioner = Executioner()

  init(_ sentence: Executioner.Sentence) { executioner.arm(sentence, after: 0) }

  func die(in project: Project) async throws {
    let process = try ChildProcess(
      "/usr/bin/env",
      ["-C", project.folder, Tool.path, "sync"],
      environment: project.variables,
      log: project.scratch.file("sync.log")
    )
    executioner.aim(at: process.pid)
    #expect(try await process.wait() == 137)
  }

  func judge(_ request: FaultProxy.Request, _ before: Int) -> FaultProxy.Fault {
    let saves = request.method == "POST" && request.path.contains("/saved/")
    return saves ? executioner.judge(request, before) : .pass
  }
}
