import FoundationEssentials

/// Three real OpenBao servers that share their storage by raft, on free ports of 127.0.0.1.
package struct BaoCluster: Sendable {
  package let nodes: [BaoServer]

  /// Starts the cluster, waits until every node is a member, runs `body`, and ends all nodes whatever happens.
  ///
  /// - Throws: What `body` throws, or ``FixtureError`` when the cluster does not come up.
  package static func with<Result>(_ body: (BaoCluster) async throws -> Result) async throws -> Result {
    try await Scratch.with { scratch in
      let key = scratch.file("seal.key")
      try Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).write(to: URL(filePath: key))
      var members: [(port: Int, process: ChildProcess, scratch: Scratch)] = []
      defer { for member in members { member.process.end() } }
      for number in 1...3 {
        let folder = try Scratch()
        let port = try Sockets.freePort()
        members.append((port, try start(number, port, members.first?.port, key, folder), folder))
      }
      defer { for member in members { member.scratch.remove() } }
      let token = try await initialise(members[0].port)
      let nodes = members.map {
        BaoServer(port: $0.port, tlsPort: nil, rootToken: token, pid: $0.process.pid, scratch: $0.scratch)
      }
      try await letVote(nodes)
      for node in nodes {
        try await waitUntil("node \(node.port) serves", limit: .seconds(60)) {
          (try? node.request("GET", "sys/health?standbyok=true"))?.status == 200
        }
      }
      return try await body(BaoCluster(nodes: nodes))
    }
  }

  /// The node that serves writes.
  ///
  /// - Throws: ``FixtureError`` when there is none for long.
  package func leader() async throws -> BaoServer {
    var leader: BaoServer?
    try await waitUntil("a leader is elected", limit: .seconds(60)) {
      leader = nodes.first { (try? $0.request("GET", "sys/health"))?.status == 200 }
      return leader != nil
    }
    guard let leader else { throw FixtureError("no leader") }
    return leader
  }

  /// A new member is a voter only after a while, which is 10 s unless somebody asks for less.
  private static func letVote(_ nodes: [BaoServer]) async throws {
    let settings = "{\"server_stabilization_time\":\"1s\",\"min_quorum\":3}"
    try await waitUntil("the first node leads", limit: .seconds(30)) {
      let answer = try? nodes[0].request("POST", "sys/storage/raft/autopilot/configuration", settings)
      return answer.map { $0.status < 300 } ?? false
    }
    try await waitUntil("every node votes", limit: .seconds(60)) {
      let answer = try? nodes[0].request("GET", "sys/storage/raft/configuration")
      return (answer?.body ?? "").split(separator: "\"voter\":true").count == nodes.count + 1
    }
  }

  private static func start(
    _ number: Int,
    _ port: Int,
    _ first: Int?,
    _ key: String,
    _ folder: Scratch
  ) throws -> ChildProcess {
    let join = first.map { "  retry_join { leader_api_addr = \"http://127.0.0.1:\($0)\" }\n" } ?? ""
    try FileManager.default.createDirectory(
      atPath: folder.file("data"),
      withIntermediateDirectories: true
    )
    let clusterPort = try Sockets.freePort()
    let file = try folder.write(
      "server.hcl",
      """
      storage "raft" {
        path = "\(folder.file("data"))"
        node_id = "node-\(number)"
        performance_multiplier = 1
      \(join)}
      seal "static" {
        current_key_id = "test"
        current_key = "file://\(key)"
      }
      listener "tcp" {
        address = "127.0.0.1:\(port)"
        cluster_address = "127.0.0.1:\(clusterPort)"
        tls_disable = true
      }
      api_addr = "http://127.0.0.1:\(port)"
      cluster_addr = "https://127.0.0.1:\(clusterPort)"

      """
    )
    return try ChildProcess(
      try BaoServer.executable(),
      ["server", "-config=\(file)"],
      environment: ["HOME": folder.path, "PATH": "/usr/bin:/bin"],
      log: folder.file("server.log")
    )
  }

  private static func initialise(_ port: Int) async throws -> String {
    try await waitUntil("the first node answers", limit: .seconds(30)) {
      (try? RawHTTP.request("GET", "/v1/sys/health", port: port))?.status == 501
    }
    let answer = try RawHTTP.request(
      "PUT",
      "/v1/sys/init",
      port: port,
      body: "{\"recovery_shares\":1,\"recovery_threshold\":1}"
    )
    let token = BaoServer.field("root_token", in: answer.body)
    guard !token.isEmpty else { throw FixtureError("initialise: \(answer)") }
    return token
  }
}
