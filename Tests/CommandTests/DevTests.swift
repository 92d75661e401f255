import FoundationEssentials
import Glibc
import TestSupport
import Testing
import Values

/// The private server of an embedded environment, as the commands use it.
@Suite struct DevTests {
  @Test func livesAsLongAsACommand() async throws {
    try await withEmbedded { project in
      let sync = try await project.json("sync")
      #expect(sync.at("applied.0.tag") == "vault-migrations/dev/0001")
      #expect(project.embeddedProcesses == [])
      let tag = try await project.git("rev-parse", "vault-migrations/dev/0001^{commit}")
      #expect(try await project.git("rev-parse", "refs/heads/vault-migrations/dev") == tag)
      #expect(try await project.published() == [:])
      let folder = "\(project.folder)/.vault-migrations/.embedded"
      var information = stat()
      #expect(stat(folder, &information) == 0)
      #expect(information.st_mode & 0o777 == 0o700)
      #expect(try await project.git("status", "--porcelain", "--untracked-files=all") == "")
      // What the first server was given, the next one still has.
      try await expectNothingLeft(project)
      #expect(project.embeddedProcesses == [])
    }
  }

  @Test func staysUpForApplications() async throws {
    try await withEmbedded { project in
      let missing = try await project.json("dev", "env", exits: 1)
      #expect(missing.at("error.hint")?.string?.contains("dev up") == true)
      let up = try await project.json("dev", "up")
      #expect(project.embeddedProcesses == [Int32(up["process"]?.integer ?? 0)])
      try await project.tool("sync")
      let again = try await project.json("dev", "up")
      #expect(again == up)
      let text = try await project.tool("dev", "env").output
      let env = try await project.json("dev", "env")
      let address = try #require(env["VAULT_ADDR"]?.string)
      let token = try #require(env["VAULT_TOKEN"]?.string)
      #expect(address.hasPrefix("http://127.0.0.1:"))
      #expect(text.contains("export VAULT_ADDR=\(address)\n"))
      #expect(text.contains("export BAO_TOKEN=\(token)\n"))
      let port = Int(address.split(separator: ":").last ?? "") ?? 0
      let role = try RawHTTP.request(
        "GET",
        "/v1/auth/approle/role/web",
        port: port,
        headers: [("X-Vault-Token", token)]
      )
      #expect(role.status == 200)
      #expect(try await project.json("dev", "down")["stopped"] == true)
      #expect(project.embeddedProcesses == [])
      #expect(try await project.json("dev", "down")["stopped"] == false)
      try await project.tool("plan", "--detailed-exitcode")
    }
  }

  @Test(arguments: ["", "0001 initial"])
  func leavesNoServerBehindWhenItIsKilled(_ moment: String) async throws {
    try await withEmbedded { project in
      let sync = try ChildProcess(
        "/usr/bin/env",
        ["-C", project.folder, Tool.path, "sync"],
        environment: project.variables,
        log: project.scratch.file("sync.log")
      )
      try await waitUntil("the server starts") { !project.embeddedProcesses.isEmpty || !sync.isRunning }
      try await waitUntil(moment) { project.scratch.read("sync.log").hasPrefix(moment) || !sync.isRunning }
      sync.end(SIGKILL)
      try await waitUntil("the server is gone") { project.embeddedProcesses.isEmpty }
      // Its lock, if it had one already, is taken over at once: its process is on this machine, and gone.
      let next = try await project.run(["sync"])
      #expect(next.status == 0, "\(next.errors)")
      if !moment.isEmpty { #expect(next.errors.contains("took over the lock of a dead run")) }
      #expect(project.embeddedProcesses == [])
    }
  }

  @Test func refusesToStartAServerForARemoteEnvironment() async throws {
    try await Project.with(["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": schema("")]) {
      project in
      for command in ["up", "down", "env"] {
        let error = try await project.json("dev", command, exits: 64)
        #expect(error.at("error.message") == "environment prod has no private server")
      }
    }
  }

  /// A project as `init` makes it, with the small schema.
  private func withEmbedded(_ body: (Project) async throws -> Void) async throws {
    try await Project.with([:]) { project in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      try await project.tool("init", "--project", "shop")
      try project.write("schema.yaml", schema(Small.state))
      try await project.generate("initial")
      try await body(project)
      _ = try await project.run(["dev", "down"])
    }
  }
}

extension Project {
  /// The processes that run in the folder of the private server: the server itself.
  var embeddedProcesses: [Int32] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { Int32($0) }.filter { pid in
      let folder = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")
      return folder == "\(self.folder)/.vault-migrations/.embedded/dev"
    }
  }
}
