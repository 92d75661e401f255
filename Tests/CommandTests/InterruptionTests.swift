import Glibc
import TestSupport
import Testing
import Values

/// Killed at any instant, the next run ends in the same state as if it had not been killed.
@Suite struct InterruptionTests {
  /// A run of this project makes 20 changes: 11 to the ledger, 8 tasks, and the lock's return.
  @Test(arguments: [1, 3, 4, 5, 6, 8, 9, 10, 11, 13, 15, 16, 17, 18])
  func finishesWhatAKilledRunBegan(_ moment: Int) async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(moment.isMultiple(of: 2) ? .killAfter : .killBefore, after: moment)
      let status = try await story.start().wait()
      #expect(status == 137, "\(story.log)")
      try story.expireLock()
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test(arguments: [4, 6, 8, 16])
  func stopsCleanlyWhenAsked(_ moment: Int) async throws {
    try await InterruptedProject.with { story in
      story.executioner.arm(.terminate, after: moment)
      let status = try await story.start().wait()
      #expect(status == 1)
      let isSaid = story.log.contains("interrupted") || story.log.contains("cancelled")
      #expect(isSaid, "\(story.log)")
      let state = try await story.project.json("status")
      #expect(state["state"] == "interrupted")
      #expect(state["version"] == .null)
      // The lock was given back: nobody has to wait.
      try await story.expectTheNextRunToFinish()
    }
  }

  @Test func catchesUpAfterAPushThatWasRefused() async throws {
    try await InterruptedProject.with { story in
      try story.writeHook("echo 'not today' >&2; exit 1")
      let error = try await story.project.json("sync", exits: 1)
      #expect(error.at("error.message")?.string?.contains("pre-receive hook declined") == true)
      #expect(try await story.project.published() == [:])
      #expect(try await story.project.json("status")["state"] == "interrupted")
      #expect(
        error.at("error.hint")?.string?.contains("ask who administers the rules of this branch") == true
      )
      try story.removeHook()
      let written = story.proxy.requests.count
      try await story.expectTheNextRunToFinish()
      #expect(story.proxy.requests.dropFirst(written).filter(\.isWrite).map(\.path) == [])
    }
  }

  @Test func catchesUpAfterAPushThatArrivedUnnoticed() async throws {
    try await InterruptedProject.with { story in
      let process = try story.start()
      try story.writeHook("kill -KILL \(process.pid)")
      #expect(try await process.wait() == 137)
      try await waitUntil("the push arrives") { story.project.hasPublishedBranch }
      try story.removeHook()
      try story.expireLock()
      let written = story.proxy.requests.count
      try await story.expectTheNextRunToFinish()
      #expect(story.proxy.requests.dropFirst(written).filter(\.isWrite).map(\.path) == [])
    }
  }
}
