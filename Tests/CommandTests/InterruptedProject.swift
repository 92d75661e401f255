import FoundationEssentials
import TestSupport
import Testing
import Values

/// A project whose server is behind a proxy, so that a run can be stopped at any of its requests.
struct InterruptedProject {
  let project: Project
  let server: BaoServer
  let proxy: FaultProxy
  let executioner: Executioner

  /// With a one-off action, which must never run twice.
  private static let state =
    Small.state + "\n" + """
      pki/:
        type: pki
      pki/root/generate/internal:
        common_name: Example Root CA
      pki/roles/web:
        allowed_domains: [example.com]
      """

  static func with(_ body: (InterruptedProject) async throws -> Void) async throws {
    try await withServer(Self.state) { project, server in
      let project = project.with(["APP_PASSWORD": "app-password-1"])
      let executioner = Executioner()
      try await FaultProxy.with(server.port, rule: executioner.judge) { proxy in
        try project.edit("config.yaml", server.address, proxy.address)
        try await project.generate("initial")
        try await body(
          InterruptedProject(project: project, server: server, proxy: proxy, executioner: executioner)
        )
      }
    }
  }

  /// Starts a command, which the executioner is to stop.
  func start(_ arguments: [String] = ["sync"]) throws -> ChildProcess {
    // env changes the folder, and then becomes the tool.
    let process = try ChildProcess(
      "/usr/bin/env",
      ["-C", project.folder, Tool.path] + arguments,
      environment: project.variables,
      log: project.scratch.file("sync.log")
    )
    executioner.aim(at: process.pid)
    return process
  }

  /// What the stopped run said.
  var log: String { project.scratch.read("sync.log") }

  /// The next run, on another machine that has only the remote, ends as if nothing had happened.
  func expectTheNextRunToFinish() async throws {
    try await project.git("push", "-q")
    let other = try await project.clone("other")
    try await other.tool("sync")
    try await expectEverythingOnce()
    #expect(try await other.tool("sync").output == "No changes required\n")
    try await project.tool("plan", "--detailed-exitcode")
    try await project.tool("drift")
    #expect(try await project.json("status", "--detailed-exitcode")["state"] == "clean")
  }

  private func expectEverythingOnce() async throws {
    #expect(try server.list("pki/issuers").count == 1)
    #expect(try server.data("apps/data/web")?.at("metadata.version") == 1)
    #expect(try server.data("sys/policies/acl/web")?["version"] == 1)
    #expect(try server.data("pki/roles/web")?["allowed_domains"] == ["example.com"])
    #expect(try await project.publishedCommits() == 1)
    #expect(try await project.published().count == 2)
    #expect(try await project.git("--git-dir", project.remote, "fsck", "--full") == "")
    let tasks = try await project.json("show", "1")["tasks"]?.array ?? []
    #expect(tasks.count == 8)
    #expect(tasks.allSatisfy { $0["outcome"] == "done" && $0["before"] == nil })
  }

  func expireLock() throws { try server.expireLock() }

  /// Lets the remote run a script before it takes a push.
  func writeHook(_ script: String) throws { try project.writeHook(script) }

  func removeHook() throws { try project.allowPushes() }
}

extension BaoServer {
  /// A dead run's lock is taken over when its time is over, and so is what it sent: this makes it so.
  func expireLock() throws {
    try endRequests()
    try editRecord("lock") { lock in
      guard lock["released"] != true else { return }
      lock["renewed_at"] = 1
    }
  }

  /// Nothing that an earlier run sent can be under way any more.
  func endRequests() throws {
    try editRecord("run") { run in
      let steps = run["steps"]?.array ?? []
      run["steps"] = .array(
        steps.map { step in
          guard var members = step.object, members["intended_at"] != nil else { return step }
          members["intended_at"] = 1
          return .object(members)
        }
      )
    }
  }

  private func editRecord(_ name: String, _ edit: (inout [String: Value]) -> Void) throws {
    let path = "vault-migrations/data/shop/prod/\(name)"
    guard let entry = try data(path), let text = entry.at("data.value")?.string,
      entry.at("data.parts") == nil, case .object(let record) = try JSON.parse(Array(text.utf8))
    else { return }
    var edited = record
    edit(&edited)
    guard edited != record else { return }
    let answer = try request(
      "POST",
      path,
      JSON.text(["data": ["value": .string(JSON.text(.object(edited)))]])
    )
    guard answer.status == 200 else { throw FixtureError("the record \(name): \(answer)") }
  }
}

extension Project {
  fileprivate func writeHook(_ script: String) throws {
    let path = try scratch.write("remote.git/hooks/pre-receive", "#!/bin/sh\n\(script)\n")
    try makeExecutable(path)
  }

  /// The remote takes nothing until ``allowPushes()``.
  func refusePushes() throws { try writeHook("echo 'not today' >&2; exit 1") }

  func allowPushes() throws {
    try FileManager.default.removeItem(atPath: "\(remote)/hooks/pre-receive")
  }

  /// Whether the remote has a state branch.
  var hasPublishedBranch: Bool {
    FileManager.default.fileExists(atPath: "\(remote)/refs/heads/vault-migrations/prod")
  }
}
