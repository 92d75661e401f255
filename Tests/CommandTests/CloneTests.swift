import FoundationEssentials
import TestSupport
import Testing
import Values

/// Every kind of checkout that people and pipelines have: the second version is applied from it, and nothing of it changes.
@Suite struct CloneTests {
  enum Kind: String, CaseIterable, Sendable {
    case shallow, detached, withoutBlobs, withoutTrees, linkedWorkTree, submodule
    case rewrittenURL, overSSH, withoutIdentity, withHooksPath, emptiedByGC
  }

  /// A project whose first version is applied, and whose second one is pushed; without files of its own nothing is lazy.
  private func withPending(_ body: (Project, BaoServer) async throws -> Void) async throws {
    try await withSmallProject { project, server in
      try await project.tool("sync")
      try project.edit("schema.yaml", "token_ttl: 20m", "token_ttl: 25m")
      try await project.generate("longer")
      try await project.git("push", "-q")
      try await project.git("--git-dir", project.remote, "config", "uploadpack.allowFilter", "true")
      try await body(project, server)
    }
  }

  @Test(arguments: Kind.allCases)
  func syncsFromIt(_ kind: Kind) async throws {
    try await withPending { project, server in
      let other = try await checkOut(kind, project)
      let before = try await other.git("status", "--porcelain")
      try await other.tool("validate", "--mode", "offline")
      try await other.tool("sync")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1500)
      #expect(try await project.json("status")["version"] == "0002")
      #expect(try await project.publishedCommits() == 2)
      try await expectUsable(other)
      #expect(try await other.git("status", "--porcelain") == before)
      #expect(try await project.git("--git-dir", project.remote, "fsck", "--full", "--strict") == "")
    }
  }

  /// An engineer goes on working in it.
  private func expectUsable(_ other: Project) async throws {
    #expect(try await other.tool("sync").output == "No changes required\n")
    try await other.tool("plan", "--detailed-exitcode")
    #expect(try await other.json("history")["history"]?.array?.count == 2)
    try other.edit("schema.yaml", "token_ttl: 25m", "token_ttl: 26m")
    let generated = try await other.json("generate", "--dry-run")
    #expect(generated.at("changes.0.path") == "auth/approle/role/web")
    try other.edit("schema.yaml", "token_ttl: 26m", "token_ttl: 25m")
  }

  private func checkOut(_ kind: Kind, _ project: Project) async throws -> Project {
    switch kind {
    case .shallow: return try await project.clone("other", "--depth=1")
    case .detached:
      let other = try await project.clone("other")
      try await other.git("checkout", "-q", "--detach")
      return other
    case .withoutBlobs: return try await project.clone("other", "--filter=blob:none")
    case .withoutTrees: return try await project.clone("other", "--filter=tree:0")
    case .linkedWorkTree:
      try await project.git("worktree", "add", "-q", "--detach", project.scratch.file("linked"))
      return project.moved(to: project.scratch.file("linked"))
    case .submodule:
      let outer = project.scratch.file("outer")
      try await project.git("init", "-q", outer)
      try await project.git(
        "-C",
        outer,
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        "file://\(project.remote)",
        "vault"
      )
      return project.moved(to: "\(outer)/vault")
    case .rewrittenURL:
      let other = try await project.clone("other")
      try await other.git("remote", "set-url", "origin", "company:vault.git")
      try await other.git("config", "url.file://\(project.remote).insteadOf", "company:vault.git")
      return other
    case .overSSH:
      // What ssh does in the end: it runs the command that git asks for on the other side.
      let ssh = try project.scratch.write("ssh", "#!/bin/sh\nfor last; do :; done\nexec sh -c \"$last\"\n")
      try makeExecutable(ssh)
      let other = try await project.clone("other")
      try await other.git("remote", "set-url", "origin", "ssh://git@git.example.com\(project.remote)")
      return other.with(["GIT_SSH_COMMAND": ssh])
    case .withoutIdentity:
      let other = try await project.clone("other")
      try project.scratch.write("nobody/.gitconfig", "[user]\n  useConfigOnly = true\n")
      return other.with(["HOME": project.scratch.file("nobody")])
    case .withHooksPath:
      // Hooks of the user's own that would refuse everything, or call the tool again.
      let hook = try project.scratch.write("hooks/pre-push", "#!/bin/sh\nexit 1\n")
      try makeExecutable(hook)
      let other = try await project.clone("other")
      try await other.git("config", "core.hooksPath", project.scratch.file("hooks"))
      return other
    case .emptiedByGC:
      let other = try await project.clone("other")
      try await other.tool("status")
      try await other.git("gc", "-q", "--prune=now")
      return other
    }
  }

  @Test func takesTheHeaderThatAPipelineConfigures() async throws {
    try await withPending { project, server in
      let hosting = try GitServer.http(serving: project.scratch.path, project.variables)
      let other = try await project.clone("other", "--depth=1")
      try await other.git("remote", "set-url", "origin", "\(hosting.url)/remote.git")
      let refused = try await other.json("sync", exits: 69)
      #expect(refused.at("error.message")?.string?.contains("origin") == true)
      let login = Data("ada:open sesame".utf8).base64EncodedString()
      try await other.git("config", "http.\(hosting.url)/.extraheader", "AUTHORIZATION: Basic \(login)")
      try await other.tool("sync")
      #expect(try server.data("auth/approle/role/web")?["token_ttl"] == 1500)
      #expect(try await project.publishedCommits() == 2)
    }
  }

  /// A hosted repository on its own machine has no work tree to read from.
  @Test func asksForACheckoutInABareRepository() async throws {
    try await withPending { project, _ in
      let error = try await project.moved(to: project.remote).json("status", exits: 78)
      #expect(error.at("error.hint")?.string != nil)
    }
  }

  @Test func saysThatItCannotReadReftable() async throws {
    try await withPending { project, _ in
      let other = try await project.clone("other")
      try await other.git("config", "core.repositoryFormatVersion", "1")
      let config = "\(other.folder)/.git/config"
      let text = String(decoding: FileManager.default.contents(atPath: config) ?? Data(), as: UTF8.self)
      try Data((text + "[extensions]\n\trefStorage = reftable\n").utf8).write(to: URL(filePath: config))
      let error = try await other.json("status", exits: 78)
      #expect(error.at("error.message")?.string?.contains("reftable") == true)
    }
  }
}
