import Embedded
import EmbeddedHolder
import FoundationEssentials
import Glibc
import Subprocess
import SystemPackage
import Testing
import Values

/// These start real servers: `VAULT_MIGRATIONS_SERVER`, or the one on PATH.
@Suite struct EmbeddedServerTests {
  @Test func keepsWhatWasWrittenFromOneServerToTheNext() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let first = try await folder.manager.with { server in
      try await write("one", to: server)
      return server
    }
    #expect(!isRunning(first.processID))

    let (second, found) = try await folder.manager.with { server in (server, try await read(from: server)) }
    #expect(found == "one")
    #expect(folder.processes == [])
    #expect(second.processID != first.processID)
    #expect(!isRunning(second.processID))
  }

  @Test func losesNothingToAServerThatIsKilled() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    for round in 1...5 {
      try await folder.manager.with { server in
        let found = try await read(from: server)
        #expect(found == (round == 1 ? nil : "round \(round - 1)"))
        try await write("round \(round)", to: server)
        #expect(kill(server.processID, SIGKILL) == 0)
      }
    }
  }

  @Test func letsNobodyElseReadItsFiles() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    _ = try await folder.manager.up()
    #expect(try mode(folder.data) == 0o700)
    #expect(try mode("\(folder.data)/data") == 0o700)
    for name in [
      "config.json", "credentials.json", "lock", "seal.key", "server.json", "server.log", ".gitignore",
    ] {
      #expect(try mode("\(folder.data)/\(name)") == 0o600, "\(name)")
    }
    #expect(try String(contentsOfFile: "\(folder.data)/.gitignore", encoding: .utf8) == "*\n")
    #expect(try await folder.manager.down())
  }

  @Test func leavesAServerRunningUntilDown() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    #expect(try folder.manager.running() == nil)
    let up = try await folder.manager.up()
    #expect(isRunning(up.processID))
    #expect(try folder.manager.running()?.processID == up.processID)
    #expect(try await folder.manager.up().processID == up.processID)
    try await folder.manager.with { server in
      #expect(server.processID == up.processID)
      #expect(server.address == up.address)
      #expect(server.token == up.token)
    }
    #expect(isRunning(up.processID))

    #expect(try await folder.manager.down())
    #expect(!isRunning(up.processID))
    #expect(try folder.manager.running() == nil)
    #expect(try await folder.manager.down() == false)
  }

  @Test func noticesARecordOfAServerThatIsGone() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let up = try await folder.manager.up()
    #expect(kill(up.processID, SIGKILL) == 0)
    while isRunning(up.processID) { try await Task.sleep(for: .milliseconds(5)) }
    #expect(try folder.manager.running() == nil)
    #expect(try await folder.manager.down() == false)
    let next = try await folder.manager.with { server in server }
    #expect(next.processID != up.processID)
  }

  @Test func signalsNoProcessThatMerelyHasTheRecordedNumber() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let up = try await folder.manager.up()
    let record = "\(folder.data)/server.json"
    let text = try String(contentsOfFile: record, encoding: .utf8)
    // This test's own process stands for the innocent one: with a wrong check, it would end here.
    let forged = text.replacing("\"pid\" : \(up.processID)", with: "\"pid\" : \(getpid())")
    #expect(forged != text)
    try Data(forged.utf8).write(to: URL(fileURLWithPath: record))
    #expect(try folder.manager.running() == nil)
    #expect(try await folder.manager.down() == false)
    try Data(text.utf8).write(to: URL(fileURLWithPath: record))
    #expect(try await folder.manager.down())
  }

  @Test func endsWithAHolderThatIsKilled() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    _ = try await run(
      .path(holder),
      arguments: [folder.data],
      input: .none,
      output: .sequence,
      error: .discarded
    ) { execution in
      for try await line in execution.standardOutput.strings() {
        let server = try #require(line.split(separator: " ").first.flatMap { Int32($0) })
        #expect(isRunning(server))
        // Ctrl-C goes to the processes of the terminal's session.
        #expect(getsid(server) != getsid(execution.processIdentifier.value))
        break
      }
      try execution.send(signal: .kill)
    }
    let deadline = ContinuousClock.now + .seconds(5)
    while !folder.processes.isEmpty, .now < deadline { try await Task.sleep(for: .milliseconds(5)) }
    #expect(folder.processes == [])
  }

  @Test func leavesAServerRunningThatOutlivesTheTool() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let result = try await run(
      .path(holder),
      arguments: [folder.data, "up"],
      output: .string(limit: 100),
      error: .discarded
    )
    #expect(result.terminationStatus.isSuccess)
    let server = try #require(try folder.manager.running())
    #expect(result.standardOutput == "\(server.processID) \(server.address)\n")
    #expect(folder.processes == [server.processID])
    try await write("still here", to: server)
    #expect(try await folder.manager.down())
    #expect(folder.processes == [])
  }

  @Test func givesTheFolderToOneServerAtATime() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let occupancy = Occupancy()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 1...3 {
        group.addTask {
          try await folder.manager.with { server in
            #expect(await occupancy.enter() == 1)
            try await write("here", to: server)
            await occupancy.leave()
          }
        }
      }
      try await group.waitForAll()
    }

    let impatient = folder.manager(lockTimeout: .milliseconds(50))
    try await folder.manager.with { _ in
      let problem = await #expect(throws: Problem.self) { try await impatient.with { _ in } }
      #expect(problem?.code == .locked)
    }
  }

  @Test func leavesTheServerToACancelledCallerUntilItHasFinished() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    let (entries, entry) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      // Without a server nobody enters, and nobody must wait for that.
      defer { entry.finish() }
      return try await folder.manager.with { server in
        entry.yield()
        try? await Task.sleep(for: .seconds(60))
        #expect(Task.isCancelled)
        // A task of its own, as curl would be ended by the cancellation.
        try await Task { try await write("tidied up", to: server) }.value
        return server
      }
    }
    for await _ in entries { break }
    task.cancel()
    let server = try await task.value
    #expect(!isRunning(server.processID))
  }

  @Test func startsAnewAfterAStartThatWasCutOff() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    try await folder.manager.with { try await write("lost", to: $0) }
    try FileManager.default.removeItem(atPath: "\(folder.data)/credentials.json")
    let found = try await folder.manager.with { try await read(from: $0) }
    #expect(found == nil)
  }

  @Test func tellsTheLastLineOfTheLogWhenTheServerDoesNotStart() async throws {
    let folder = try Folder()
    defer { folder.remove() }
    try await folder.manager.with { _ in }
    try Data("not a key".utf8).write(to: URL(fileURLWithPath: "\(folder.data)/seal.key"))
    let problem = await #expect(throws: Problem.self) { try await folder.manager.with { _ in } }
    #expect(problem?.code == .unreachable)
    #expect(
      problem?.message == """
        the embedded server ended during its start: Error configuring seal "static": unknown encoding for AES-256 \
        key: must be either a raw, hex, or base64-encoded
        """
    )
    #expect(problem?.hint?.contains("server.log") == true)
  }
}

// MARK: - Helpers

private let holder = FilePath(CommandLine.arguments[0]).removingLastComponent().appending("EmbeddedHolder")

/// A folder of its own for one test's server.
private struct Folder: Sendable {
  let root: String
  var data: String { "\(root)/.vault-migrations/.embedded" }
  var manager: EmbeddedServerManager { manager(lockTimeout: .seconds(60)) }

  init() throws {
    root = FileManager.default.temporaryDirectory.appending(path: "embedded \(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  func manager(lockTimeout: Duration) -> EmbeddedServerManager {
    EmbeddedServerManager(
      dataDirectory: data,
      environment: ProcessInfo.processInfo.environment,
      probe: CurlProbe(),
      lockTimeout: lockTimeout
    )
  }

  /// The processes that were started in the data folder: servers and their guards.
  var processes: [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { processID in
      let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(processID)/cwd")
      return folder == data && isRunning(processID)
    }
  }

  func remove() {
    // None is left, unless the test has failed.
    for process in processes { kill(process, SIGKILL) }
    try? FileManager.default.removeItem(atPath: root)
  }
}

/// How many are inside at a time.
private actor Occupancy {
  private var count = 0

  func enter() -> Int {
    count += 1
    return count
  }

  func leave() { count -= 1 }
}

private func mode(_ path: String) throws -> Int {
  let attributes = try FileManager.default.attributesOfItem(atPath: path)
  return try #require(attributes[.posixPermissions] as? Int)
}

/// Whether a process exists and has not ended; nobody may have waited for it yet.
private func isRunning(_ processID: Int32) -> Bool {
  guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else {
    return false
  }
  return !text.contains(") Z ")
}

private func write(_ value: String, to server: EmbeddedServer) async throws {
  let answer = try await CurlProbe(token: server.token)
    .request(method: "PUT", address: server.address, path: "cubbyhole/test", body: ["value": .string(value)])
  #expect(answer.status == 204)
}

private func read(from server: EmbeddedServer) async throws -> String? {
  let answer = try await CurlProbe(token: server.token)
    .request(method: "GET", address: server.address, path: "cubbyhole/test", body: nil)
  return answer.body["data"]?["value"]?.string
}
