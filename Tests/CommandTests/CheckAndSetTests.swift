import TestSupport
import Testing
import Values

/// Where a server counts versions, a write says which one it is based on: whoever is slower loses nothing of the other's.
@Suite struct CheckAndSetTests {
  private static let state = """
    apps/:
      type: kv-v2
    apps/data/web:
      data: {mode: fast}
    sys/policies/acl/web:
      policy: "# first"
    """

  @Test(arguments: [
    ("sys/policies/acl/web", ##"{"policy": "# theirs"}"##, "# first", "# second"),
    ("apps/data/web", #"{"data": {"mode": "theirs"}}"#, "fast", "slow"),
  ])
  func `a write that lost the race is refused`(path: String, theirs: String, old: String, new: String)
    async throws
  {
    try await withServer(Self.state) { project, server in
      try await project.generate("first")
      try await project.tool("sync")
      // Another writer is there between our last look and our write.
      try await FaultProxy.with(server.port) { request, _ in
        if request.method == "POST", request.path == "/v1/\(path)" {
          _ = try? server.request("POST", path, theirs)
        }
        return .pass
      } _: { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try project.edit("schema.yaml", old, new)
        try await project.generate("second")
        let lost = try await project.tool("sync", "--accept-server", exits: 1)
        #expect(lost.errors.contains("stopped at \(path)"))
        #expect(lost.errors.contains("somebody else wrote it in the meantime"))
        try project.edit("config.yaml", proxy.address, server.address)
      }
      let now = JSON.text(try server.data(path) ?? .null)
      #expect(now.contains("theirs") && !now.contains(new))
      let drift = try await project.json("drift", "--accept-server", exits: 2)
      #expect(drift.at("drift.0.path") == .string(path))
    }
  }

  @Test func `servers may insist on it`() async throws {
    let state = """
      apps/:
        type: kv-v2
      apps/config:
        cas_required: true
      apps/data/web:
        data: {mode: fast}
      sys/policies/acl/web:
        cas_required: true
        policy: "# first"
      """
    try await withServer(state) { project, server in
      try await project.generate("first")
      try await project.tool("sync")
      try await expectNothingLeft(project)
      try project.edit("schema.yaml", "# first", "# second")
      try project.edit("schema.yaml", "fast", "slow")
      try await project.generate("second")
      try await project.tool("sync")
      #expect(try server.data("sys/policies/acl/web")?["policy"] == "# second")
      #expect(try server.data("sys/policies/acl/web")?["version"] == 2)
      #expect(try server.data("apps/data/web")?.at("data.mode") == "slow")
      // A version that was deleted counts too.
      try server.request("DELETE", "apps/data/web")
      try await project.tool("sync", "--revert", "apps/data/web")
      #expect(try server.data("apps/data/web")?.at("metadata.version") == 3)
      try await expectNothingLeft(project)
    }
  }
}
