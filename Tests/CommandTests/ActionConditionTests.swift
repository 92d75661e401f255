import TestSupport
import Testing
import Values

/// One-off actions that are not needed, and values that lie on the server.
@Suite struct ActionConditionTests {
  @Test func `What is there already is not made again, and the record says so`() async throws {
    let text = #"""
      pki/root/generate/internal:
        common_name: Example Root CA
        unless: pki/issuer/default
      transit/keys/app/rotate:
        unless: {path: transit/keys/app, field: latest_version, equals: 2}
      sys/policies/acl/web: {policy: "# nothing"}
      """#
    try await withServer(text) { project, server in
      for (mount, type) in [("pki", "pki"), ("transit", "transit")] {
        try server.request("POST", "sys/mounts/\(mount)", #"{"type": "\#(type)"}"#)
      }
      try server.request("POST", "pki/root/generate/internal", #"{"common_name": "By hand"}"#)
      try server.request("POST", "transit/keys/app")
      try await project.generate("initial")
      let run = try await project.tool("sync")
      #expect(run.errors.contains("pki/root/generate/internal: was not run, because of pki/issuer/default"))
      #expect(try server.list("pki/issuers").count == 1)
      #expect(try server.data("transit/keys/app")?["latest_version"] == 2)
      let tasks = try await project.json("show", "1")["tasks"]?.array ?? []
      let outcomes = tasks.map { [$0["path"]?.string, $0["outcome"]?.string].compactMap(\.self) }
      #expect(outcomes.contains(["pki/root/generate/internal", "adopted"]))
      #expect(outcomes.contains(["transit/keys/app/rotate", "done"]))
      try await expectNothingLeft(project)
    }
  }

  @Test(arguments: [true, false])
  func `After an interruption the condition tells whether the action ran`(hasRun: Bool) async throws {
    let text = #"""
      apps/: {type: kv-v2}
      apps/destroy/old:
        versions: [1]
        unless: apps/data/done
      """#
    try await withServer(text) { project, server in
      let fault: FaultProxy.Fault = hasRun ? .dropAnswer : .drop
      let rule: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, _ in
        request.method == "POST" && request.path.hasSuffix("/apps/destroy/old") ? fault : .pass
      }
      try await FaultProxy.with(server.port, rule: rule) { proxy in
        let direct = project.read("config.yaml")
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("initial")
        let stopped = try await project.tool("sync", exits: 1)
        #expect(stopped.errors.contains("apps/destroy/old"))
        if hasRun { try server.request("POST", "apps/data/done", #"{"data": {"a": "b"}}"#) }
        try project.write("config.yaml", direct)
        try await project.commit("Directly")
        try await project.tool("sync", "--accept-server")
        try await expectNothingLeft(project)
      }
    }
  }

  @Test func `A value that lies on the server is read there, and is followed`() async throws {
    let text = #"""
      apps/: {type: kv-v2}
      apps/data/web:
        data: {url: "https://${vault:ops/data/site#host}:${vault:old/site#port}/"}
      """#
    try await withServer(text) { project, server in
      try server.request("POST", "sys/mounts/ops", #"{"type": "kv", "options": {"version": "2"}}"#)
      try server.request("POST", "sys/mounts/old", #"{"type": "kv"}"#)
      try server.request("POST", "ops/data/site", #"{"data": {"host": "canary-host.example.com"}}"#)
      try await project.generate("initial")
      let missing = Refusal(
        status: 3,
        message: "apps/data/web refers to ${vault:old/site#port}, but the server has nothing at old/site",
        place: ".vault-migrations/schema.yaml:3:3",
        path: "apps/data/web",
        hint: "make it on the server first"
      )
      try await missing.expect(["sync"], project, server)
      try server.request("POST", "old/site", #"{"prt": 8443}"#)
      let misspelt = Refusal(status: 3, message: "but old/site has no field port", hint: "did you mean prt?")
      try await misspelt.expect(["sync"], project, server)
      try server.request("POST", "old/site", #"{"port": 8443}"#)
      try await project.tool("sync")
      let url = { try server.data("apps/data/web")?.at("data.url")?.string }
      #expect(try url() == "https://canary-host.example.com:8443/")
      try await expectNothingLeft(project)
      var canaries = Canaries()
      canaries.add("the host", "canary-host")
      try await canaries.expectNone(inRepository: project.remote, project)

      try server.request("POST", "old/site", #"{"port": "9443"}"#)
      let due = try await project.json("plan", "--detailed-exitcode", exits: 2)["pending"]
      #expect(due?.at("0.action") == "refresh" && due?.at("0.fields.0.sensitive") == true)
      #expect(try await project.json("sync")["refreshed"] == ["apps/data/web"])
      #expect(try url() == "https://canary-host.example.com:9443/")
      try await expectNothingLeft(project)
    }
  }

  @Test func `What is made when it is read is no value to refer to`() async throws {
    try await withServer("old/: {type: kv}\nold/app: {user: \"${vault:database/creds/app#username}\"}") {
      project,
      server in
      try server.request("POST", "sys/mounts/database", #"{"type": "database"}"#)
      try await project.generate("initial")
      let refusal = Refusal(status: 3, message: "reading database/creds/app makes something new each time")
      try await refusal.expect(["sync"], project, server)
    }
  }
}
