import Glibc
import Synchronization
import TestSupport
import Testing
import Values

/// A run is killed while the server has its request: the next one must not take that for "not run".
@Suite struct RequestsUnderWayTests {
  private static let state = #"""
    pki/: {type: pki}
    pki/root/generate/internal: {common_name: Example Root CA}
    """#

  @Test func `An action that a dead run sent is waited for, and runs once`() async throws {
    try await withDeadRun(Self.state, at: "/pki/root/generate/internal") { project, server, release in
      let next = try sync(project)
      try await waitUntil("it waits") { project.scratch.read("next.log").contains("waiting for up to") }
      release()
      #expect(try await next.wait() == 0)
      #expect(try server.list("pki/issuers").count == 1)
      try await expectNothingLeft(project)
    }
  }

  @Test func `A move that a dead run sent is waited for`() async throws {
    let old = "old/: {type: kv}"
    try await withDeadRun(old, at: "/sys/remount", movingTo: "new/: {type: kv}") { project, server, release in
      let next = try sync(project)
      try await waitUntil("it waits") { project.scratch.read("next.log").contains("waiting for up to") }
      release()
      #expect(try await next.wait() == 0)
      #expect(try server.data("sys/mounts/new") != nil)
      #expect(try server.data("sys/mounts/old") == nil)
      try await expectNothingLeft(project)
    }
  }

  @Test func `What never reached the server is done when the time of its request is over`() async throws {
    try await withDeadRun(Self.state, at: "/pki/root/generate/internal", drops: true) {
      project,
      server,
      release in
      release()
      let next = try await project.tool("sync")
      #expect(
        next.errors.contains("pki/root/generate/internal: an interrupted run may have sent this just now")
      )
      #expect(try server.list("pki/issuers").count == 1)
      try await expectNothingLeft(project)
    }
  }

  private func sync(_ project: Project) throws -> ChildProcess {
    try ChildProcess(
      "/usr/bin/env",
      ["-C", project.folder, Tool.path, "sync"],
      environment: project.variables,
      log: project.scratch.file("next.log")
    )
  }

  /// Kills a run while one request of it is held, and breaks its lock; `release` lets the request go on.
  private func withDeadRun(
    _ state: String,
    at path: String,
    movingTo target: String? = nil,
    drops: Bool = false,
    _ body: (Project, BaoServer, _ release: () -> Void) async throws -> Void
  ) async throws {
    let hold = Hold(path: path, drops: drops)
    try await withServer(state, settings: "lock_ttl: 10s") { project, server in
      try await FaultProxy.with(server.port, rule: hold.judge) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("initial")
        if let target {
          try await project.tool("sync")
          try project.edit("schema.yaml", state, target)
          let move = "\(state.prefix { $0 != ":" })=\(target.prefix { $0 != ":" })"
          try await project.generate("move", "--move", move)
        }
        let run = try sync(project)
        try await waitUntil("the request is held") { hold.isHolding }
        kill(run.pid, SIGKILL)
        #expect(try await run.wait() == 137)
        let dead = try #require(try await project.json("unlock")["run"]?.string)
        try await project.tool("unlock", dead)
        try await body(project, server) { hold.release() }
      }
    }
  }
}

/// Holds the first request to a path.
private final class Hold: Sendable {
  private let path: String
  private let drops: Bool
  private let state = Mutex((isHolding: false, isReleased: false))

  init(path: String, drops: Bool) {
    self.path = path
    self.drops = drops
  }

  var isHolding: Bool { state.withLock(\.isHolding) }

  func release() { state.withLock { $0.isReleased = true } }

  func judge(_ request: FaultProxy.Request, _ before: Int) -> FaultProxy.Fault {
    guard request.isWrite, request.path.hasSuffix(path) else { return .pass }
    let isFirst = state.withLock { state in
      defer { state.isHolding = true }
      return !state.isHolding
    }
    guard isFirst else { return .pass }
    while !state.withLock(\.isReleased) { usleep(1_000) }
    return drops ? .drop : .pass
  }
}
