import Glibc
import Synchronization
import TestSupport
import Testing
import Values

/// One run at a time on an environment.
@Suite struct LockTests {
  @Test func letsTheSecondRunWaitOutside() async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.hold, after: 5)
      let first = try story.start()
      try await waitUntil("the first run works") { story.executioner.isExecuted }
      let error = try await story.project.json("sync", exits: 75)
      #expect(error.at("error.code") == "locked")
      #expect(error.at("error.message")?.string?.contains("tester@") == true)
      #expect(error.at("error.hint")?.string?.contains("taken over in") == true)
      story.executioner.release()
      #expect(try await first.wait() == 0)
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test func waitsForTheOtherRunWhenAsked() async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.hold, after: 6)
      let first = try story.start()
      try await waitUntil("the first run works") { story.executioner.isExecuted }
      let second = try ChildProcess(
        "/usr/bin/env",
        ["-C", story.project.folder, Tool.path, "sync", "--lock-timeout", "2m"],
        environment: story.project.variables,
        log: story.project.scratch.file("second.log")
      )
      try await waitUntil("the second run waits") {
        story.project.scratch.read("second.log").contains("waiting for tester@")
      }
      story.executioner.release()
      #expect(try await first.wait() == 0)
      #expect(try await second.wait() == 0)
      #expect(story.project.scratch.read("second.log").contains("No changes required"))
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test func takesTheLockOfADeadRun() async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.killAfter, after: 8)
      #expect(try await story.start().wait() == 137)
      let early = try await story.project.tool("sync", exits: 75)
      #expect(early.errors.contains("is running on this environment"))
      try story.expireLock()
      let late = try await story.project.tool("sync")
      #expect(late.errors.contains("took over the lock of a dead run (tester@"))
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test func breaksTheLockOfADeadRunWhenItIsNamed() async throws {
    try await InterruptedProject.with { story in
      let free = try await story.project.json("unlock")
      #expect(free["held"] == false)
      story.executioner.arm(.killAfter, after: 8)
      #expect(try await story.start().wait() == 137)
      let held = try await story.project.json("unlock")
      #expect(held["held"] == true)
      #expect(held["holder"]?.string?.hasPrefix("tester@") == true)
      let run = try #require(held["run"]?.string)
      let text = try await story.project.tool("unlock").output
      for part in [run, "since:", "expires:", "by the server's clock", "host:"] {
        #expect(text.contains(part))
      }
      let error = try await story.project.json("unlock", "another-run", exits: 75)
      #expect(error.at("error.message")?.string?.contains("not that of run another-run") == true)
      #expect(try await story.project.json("unlock")["held"] == true)
      #expect(try await story.project.json("unlock", run)["broken"] == true)
      #expect(try await story.project.json("unlock")["held"] == false)
      try await story.expectTheNextRunToFinish()
    }
  }

  /// The first run sleeps through its time and another one finishes the work: nothing of the other's is touched.
  @Test(arguments: [5, 9, 13])
  func stopsARunThatLostItsLock(_ moment: Int) async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.hold, after: moment)
      let first = try story.start()
      try await waitUntil("the first run works") { story.executioner.isExecuted }
      try story.expireLock()
      try await story.project.tool("sync")
      let records = try story.ledgerVersions()
      let requests = story.proxy.requests.count
      story.executioner.release()
      #expect(try await first.wait() != 0)
      #expect(try story.ledgerVersions() == records)
      #expect(story.proxy.requests.dropFirst(requests).filter(\.isWrite).map(\.path) == [])
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test func stopsARunWhoseLockWasBroken() async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.hold, after: 6)
      let first = try story.start()
      try await waitUntil("the first run works") { story.executioner.isExecuted }
      let run = try #require(try await story.project.json("unlock")["run"]?.string)
      try await story.project.tool("unlock", run)
      let requests = story.proxy.requests.count
      story.executioner.release()
      #expect(try await first.wait() == 75)
      #expect(story.log.contains("took the lock of this environment, or somebody broke it"))
      // The one that was under way arrives; there is none after it.
      #expect(story.proxy.requests.dropFirst(requests).filter(\.isWrite).map(\.path) == [])
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test func renewsTheLockWhileAServerIsSlow() async throws {
    let roles = (0..<128).map { "auth/approle/role/r\($0):\n  token_ttl: 5m" }
    let state = (["auth/approle:\n  type: approle"] + roles).joined(separator: "\n")
    try await withServer(state, settings: "lock_ttl: 10s") { project, server in
      // One after the other, however many are sent at once.
      let turn = Mutex(())
      let slow: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, _ in
        if request.isWrite, request.path.contains("role/r") { turn.withLock { _ in _ = usleep(25_000) } }
        return .pass
      }
      try await FaultProxy.with(server.port, rule: slow) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("roles")
        try await project.tool("sync")
        #expect(try server.list("auth/approle/role").count == 128)
        // Taken, renewed at least once on the way, and given back.
        let lock = try server.data("vault-migrations/metadata/shop/prod/lock")
        #expect(lock?["current_version"]?.integer ?? 0 >= 3)
      }
    }
  }

  @Test func refusesATimeThatIsNone() async throws {
    let outcome = try await Tool.run(["sync", "--lock-timeout", "soon"])
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--lock-timeout takes a duration"))
  }
}

extension InterruptedProject {
  /// The versions of the records that only the newest run may write.
  func ledgerVersions() throws -> [Value?] {
    try ["head", "run"].map {
      try server.data("vault-migrations/metadata/shop/prod/\($0)")?["current_version"]
    }
  }
}
