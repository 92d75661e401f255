import FoundationEssentials
import TestSupport
import Testing
import Values

@testable import Embedded

/// Starts of stand-ins for a server: what cannot be had from a real one at will.
@Suite struct StartTests {
  @Test func initialisesAndUnsealsVaultWithItsKey() async throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    try folder.add(
      "outside/vault",
      answering: "Vault v1.20.0 (abc), built 2025-06-23T10:21:30Z",
      serving: "exec sleep 60"
    )
    let vault = SealedVault()
    for start in 1...2 {
      let server = try await folder.manager(path: "outside", probe: vault).with { $0 }
      #expect(server.token == Secret("root"))
      let requests = await vault.takeRequests()
      #expect(
        requests == (start == 1 ? ["sys/init", "sys/unseal with the key"] : ["sys/unseal with the key"])
      )
    }
    let settings = try String(contentsOfFile: "\(folder.data)/config.json", encoding: .utf8)
    let parsed = try JSON.parse(Array(settings.utf8))
    #expect(parsed["storage"]?["file"]?["path"] == "data")
    #expect(parsed["seal"] == nil)
  }

  @Test func triesOtherPortsWhenOneWasTaken() async throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    try folder.add(
      "outside/bao",
      answering: "OpenBao v2.7.2",
      serving: "echo x >>starts; echo 'listen tcp 127.0.0.1:1: bind: address already in use'; exit 1"
    )
    let problem = await #expect(throws: Problem.self) {
      try await folder.manager(path: "outside", probe: Silence()).with { _ in }
    }
    #expect(problem?.code == .unreachable)
    #expect(problem?.message.hasSuffix(": listen tcp 127.0.0.1:1: bind: address already in use") == true)
    #expect(try String(contentsOfFile: "\(folder.data)/starts", encoding: .utf8) == "x\nx\nx\n")
  }

  @Test func hidesTheVariablesOfOtherServersFromItsOwn() async throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    try folder.add("outside/bao", answering: "OpenBao v2.7.2", serving: "env >seen; exit 1")
    var environment = ["PATH": "\(folder.root)/outside:/usr/bin:/bin", "KEPT": "yes"]
    for name in ["VAULT_TOKEN", "VAULT_ADDR", "BAO_SEAL_TYPE"] { environment[name] = "theirs" }
    let manager = EmbeddedServerManager(
      dataDirectory: folder.data,
      environment: environment,
      probe: Silence()
    )
    await #expect(throws: Problem.self) { try await manager.with { _ in } }
    let seen = try String(contentsOfFile: "\(folder.data)/seen", encoding: .utf8)
    #expect(seen.contains("KEPT=yes"))
    #expect(!seen.contains("theirs"))
  }

  @Test func refusesAProgramOfAnotherKind() async throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    try folder.add("outside/bao", answering: "bao, a steamed bun", serving: "exit 1")
    let problem = await #expect(throws: Problem.self) {
      try await folder.manager(path: "outside", probe: Silence()).with { _ in }
    }
    #expect(problem?.code == .configurationInvalid)
  }
}

/// Which program is taken.
@Suite struct ServerProgramTests {
  @Test func prefersBaoAnywhereOnPathToVault() throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    try folder.add("outside/vault")
    try folder.add("further/bao")
    #expect(try folder.find(path: "outside:further") == "further/bao")
    #expect(try folder.find(path: "outside") == "outside/vault")
  }

  @Test func passesOverProgramsInTheCheckout() throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    try folder.add("checkout/bin/bao")
    try FileManager.default.createDirectory(
      atPath: "\(folder.root)/linked",
      withIntermediateDirectories: true
    )
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.root)/linked/bao",
      withDestinationPath: "\(folder.root)/checkout/bin/bao"
    )
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.root)/alias",
      withDestinationPath: "\(folder.root)/checkout"
    )
    for path in ["checkout/bin", "linked", "alias/bin"] {
      let problem = #expect(throws: Problem.self) { try folder.find(path: path) }
      #expect(problem?.code == .configurationInvalid)
      #expect(problem?.message.contains("inside the checkout") == true)
    }
    #expect(try folder.find(path: "", named: "checkout/bin/bao") == "checkout/bin/bao")

    try folder.add("outside/vault")
    #expect(try folder.find(path: "checkout/bin:linked:alias/bin:outside") == "outside/vault")
  }

  @Test func saysWhatToDoWhenThereIsNone() throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    #expect(throws: Problem.self) { try folder.find(path: "outside") }
    let problem = #expect(throws: Problem.self) { try folder.find(path: "outside", named: "missing/bao") }
    #expect(problem?.hint == "set it to the path of a `bao` or `vault` program, or unset it to search PATH")
  }

  @Test func takesTheNearestGitFolderForTheCheckout() throws {
    let folder = try ProgramFolder()
    defer { folder.remove() }
    #expect(ServerFolder(folder.data).checkout == "\(folder.root)/checkout")
    #expect(ServerFolder("\(folder.root)/checkout/a/b/.embedded").checkout == "\(folder.root)/checkout")
  }
}

// MARK: - Stand-ins

/// A checkout, and folders beside it that hold scripts in place of servers.
private struct ProgramFolder {
  let root: String
  var data: String { "\(root)/checkout/.vault-migrations/.embedded" }

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "programs-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(
      atPath: folder + "/checkout/.git",
      withIntermediateDirectories: true
    )
    root = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
  }

  func add(_ path: String, answering version: String = "", serving: String = "exit 1") throws {
    let file = URL(fileURLWithPath: "\(root)/\(path)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(),
      withIntermediateDirectories: true
    )
    try Data("#!/bin/sh\nif [ \"$1\" = version ]; then echo '\(version)'; exit; fi\n\(serving)\n".utf8).write(
      to: file
    )
    try makeExecutable(file.path)
  }

  /// What is found, relative to the root.
  func find(path: String, named: String? = nil) throws -> String {
    var environment = ["PATH": path.split(separator: ":").map { "\(root)/\($0)" }.joined(separator: ":")]
    environment[ServerProgram.variable] = named.map { "\(root)/\($0)" }
    let found = try ServerProgram.find(in: environment, outside: "\(root)/checkout").path
    return String(found.dropFirst(root.count + 1))
  }

  func manager(path: String, probe: any ServerProbe) -> EmbeddedServerManager {
    EmbeddedServerManager(
      dataDirectory: data,
      environment: ["PATH": "\(root)/\(path):/usr/bin:/bin"],
      probe: probe
    )
  }

  func remove() {
    try? FileManager.default.removeItem(atPath: root)
  }
}

/// Never answers.
private struct Silence: ServerProbe {
  struct NoAnswer: Error {}

  func request(
    method: String,
    address: String,
    path: String,
    body: Value?
  ) async throws -> (status: Int, body: Value) {
    throw NoAnswer()
  }
}

/// A Vault that is sealed again after every start.
private actor SealedVault: ServerProbe {
  private var isInitialised = false
  private var isSealed = true
  private var requests: [String] = []

  func takeRequests() -> [String] {
    defer {
      requests = []
      isSealed = true
    }
    return requests
  }

  func request(
    method: String,
    address: String,
    path: String,
    body: Value?
  ) async throws -> (status: Int, body: Value) {
    switch path {
    case "sys/health":
      let health: Value = [
        "initialized": .bool(isInitialised), "sealed": .bool(isSealed), "standby": .bool(isSealed),
      ]
      return (isSealed ? 503 : 200, health)
    case "sys/init":
      requests.append(path)
      #expect(body == ["secret_shares": 1, "secret_threshold": 1])
      isInitialised = true
      return (200, ["root_token": "root", "keys_base64": ["the key"]])
    default:
      requests.append(body?["key"] == "the key" ? "\(path) with the key" : path)
      isSealed = false
      return (200, ["sealed": false])
    }
  }
}
