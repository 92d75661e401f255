import FoundationEssentials
import TestSupport
import Testing

/// What is recorded is signed, where the user's git is configured to sign.
@Suite struct SigningTests {
  /// Makes an SSH key for signing, and configures the repository to sign with it.
  private func signWithSSH(_ project: Project) async throws -> String {
    let key = project.scratch.file("signing-key")
    let made = try await Command.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "ci", "-f", key])
    #expect(made.status == 0, "\(made.errors)")
    let settings = [
      "gpg.format": "ssh", "user.signingKey": "\(key).pub", "commit.gpgSign": "true", "tag.gpgSign": "true",
    ]
    for (name, value) in settings { try await project.git("config", name, value) }
    return key
  }

  private func publicHalf(of key: String) throws -> String {
    String(decoding: try #require(FileManager.default.contents(atPath: "\(key).pub")), as: UTF8.self)
  }

  /// What git says of a signature, whatever that is.
  private func verdict(_ arguments: [String], _ project: Project) async throws -> Command.Outcome {
    try await Command.run(
      "git",
      arguments,
      environment: project.variables,
      directory: project.folder
    )
  }

  private func allow(_ publicKey: String, _ project: Project) async throws {
    try project.scratch.write("signers", "test@example.com \(publicKey)")
    try await project.git("config", "gpg.ssh.allowedSignersFile", project.scratch.file("signers"))
  }

  @Test func `The state commit and the tag carry the signature of the SSH key`() async throws {
    try await withSmallProject { project, _ in
      let key = try await signWithSSH(project)
      let publicKey = try publicHalf(of: key)
      try await allow(publicKey, project)
      try await project.tool("sync")

      try await project.git("fetch", "-q", "origin", "vault-migrations/prod", "--tags")
      let commit = try await verdict(["verify-commit", "FETCH_HEAD"], project)
      #expect(commit.status == 0 && commit.errors.contains("Good \"git\" signature"), "\(commit.errors)")
      let tag = try await verdict(["verify-tag", "vault-migrations/prod/0001"], project)
      #expect(tag.status == 0 && tag.errors.contains("Good \"git\" signature"), "\(tag.errors)")
      let check = try await verdict(["fsck", "--strict"], project)
      #expect(check.status == 0, "\(check.errors)")
    }
  }

  @Test func `A key that lives in an agent is found by its public half`() async throws {
    try await withSmallProject { project, _ in
      let key = try await signWithSSH(project)
      let publicKey = try publicHalf(of: key)
      try await allow(publicKey, project)
      try await project.git("config", "user.signingKey", "key::\(publicKey.dropLast())")
      try await withAgent(holding: key, project) { project in
        try await project.tool("sync")
        try await project.git("fetch", "-q", "origin", "vault-migrations/prod")
        let commit = try await verdict(["verify-commit", "FETCH_HEAD"], project)
        #expect(commit.status == 0, "\(commit.errors)")
      }
    }
  }

  @Test func `The state commit and the tag carry the signature of the OpenPGP key`() async throws {
    try await withSmallProject { project, _ in
      let home = project.scratch.file("gnupg")
      let made = try await Command.run("mkdir", ["-m", "700", home])
      #expect(made.status == 0)
      let variables = project.variables.merging(["GNUPGHOME": home]) { $1 }
      let key = try await Command.run(
        "gpg",
        [
          "--batch", "--quiet", "--passphrase", "", "--quick-gen-key", "Test <test@example.com>", "ed25519",
          "sign",
        ],
        environment: variables
      )
      #expect(key.status == 0, "\(key.errors)")
      try await project.git("config", "commit.gpgSign", "true")
      try await project.git("config", "tag.gpgSign", "true")
      let signing = project.with(["GNUPGHOME": home])
      try await signing.tool("sync")

      try await signing.git("fetch", "-q", "origin", "vault-migrations/prod", "--tags")
      let commit = try await verdict(["verify-commit", "FETCH_HEAD"], signing)
      #expect(commit.status == 0 && commit.errors.contains("Good signature"), "\(commit.errors)")
      let tag = try await verdict(["verify-tag", "vault-migrations/prod/0001"], signing)
      #expect(tag.status == 0 && tag.errors.contains("Good signature"), "\(tag.errors)")
      _ = try await Command.run("gpgconf", ["--kill", "all"], environment: variables)
    }
  }

  @Test func `A missing key stops the run before anything is written`() async throws {
    try await withSmallProject { project, server in
      _ = try await signWithSSH(project)
      try await project.git("config", "user.signingKey", project.scratch.file("nowhere.pub"))
      let outcome = try await project.run(["sync"])
      #expect(outcome.status == 78, "\(outcome.errors)")
      #expect(outcome.errors.contains("cannot be signed"), "\(outcome.errors)")
      #expect(try server.data("sys/policies/acl/web") == nil)
      #expect(try await project.git("ls-remote", "origin", "refs/heads/vault-migrations/*").isEmpty)
    }
  }

  @Test func `Nothing to do needs no key`() async throws {
    try await withSmallProject { project, _ in
      try await project.tool("sync")
      _ = try await signWithSSH(project)
      try await project.git("config", "user.signingKey", project.scratch.file("nowhere.pub"))
      try await project.tool("sync")
    }
  }

  /// Runs an agent that holds a key, and hides the key's file as long.
  private func withAgent(
    holding key: String,
    _ project: Project,
    _ body: (Project) async throws -> Void
  ) async throws {
    let socket = project.scratch.file("agent")
    let agent = try ChildProcess(
      "/usr/bin/ssh-agent",
      ["-D", "-a", socket],
      environment: project.variables,
      log: project.scratch.file("agent.log")
    )
    defer { agent.end() }
    let variables = project.variables.merging(["SSH_AUTH_SOCK": socket]) { $1 }
    try await waitUntil("the agent listens") { FileManager.default.fileExists(atPath: socket) }
    let added = try await Command.run("ssh-add", ["-q", key], environment: variables)
    #expect(added.status == 0, "\(added.errors)")
    try FileManager.default.removeItem(atPath: key)
    try await body(project.with(["SSH_AUTH_SOCK": socket]))
  }
}
