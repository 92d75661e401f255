import Foundation
import Git
import TestSupport
import Testing

@Suite("Pushing and fetching beside a depth-1 clone")
struct TransportTests {
  let fixture: GitFixture
  static let branch = "refs/heads/vault-migrations/prod"
  static let tag = "refs/tags/vault-migrations/prod/0001"
  static let local = "refs/vault-migrations/remote/prod"

  init() throws {
    fixture = try GitFixture()
    try fixture.initialize("source")
    for index in 1...3 { try fixture.commit(["file": "\(index)"], in: "source") }
    try fixture.initialize("remote.git", "--bare")
    try fixture.git("push", "-q", fixture.path("remote.git"), "main", in: "source")
  }

  /// What CI has: one commit of one branch.
  private func clone(_ name: String = "clone", url: String? = nil) throws -> Repository {
    try fixture.git(
      "clone",
      "-q",
      "--depth",
      "1",
      url ?? "file://\(fixture.path("remote.git"))",
      fixture.path(name),
      in: ""
    )
    return try Repository(opening: fixture.path(name))
  }

  private func transport(_ kind: TransportKind, _ repository: Repository) throws -> any Transport {
    try kind.make(for: repository, fixture: fixture)
  }

  /// Three commits of state and a tag, as objects only.
  private func state(in repository: Repository) throws -> (commit: ObjectID, tag: ObjectID) {
    var commit: ObjectID?
    for version in 1...3 {
      commit = try repository.commit(["sent/a/b": .blob(Array("\(version)".utf8))], on: commit)
    }
    let tip = try #require(commit)
    return (
      tip,
      try repository.createTag(
        name: "vault-migrations/prod/0001",
        target: tip,
        tagger: .ada,
        message: "applied"
      )
    )
  }

  @Test(
    "Branch and tag arrive, whole, and nothing of the user's is touched",
    arguments: TransportKind.allCases
  )
  func push(kind: TransportKind) async throws {
    let repository = try clone()
    let before = try fixture.fingerprint(of: "clone")
    let references = try fixture.git("for-each-ref", in: "clone")
    #expect(repository.isShallow)
    let transport = try transport(kind, repository)
    #expect(try await transport.listReferences(of: "origin", matching: [Self.branch]).isEmpty)
    let (commit, tag) = try state(in: repository)
    let report = try await transport.push(
      [ReferenceUpdate(Self.branch, from: nil, to: commit), ReferenceUpdate(Self.tag, from: nil, to: tag)],
      to: "origin"
    )
    #expect(report.outcomes == [Self.branch: .accepted, Self.tag: .accepted])
    #expect(try fixture.id(Self.branch, in: "remote.git") == commit)
    #expect(try fixture.git("cat-file", "-t", Self.tag, in: "remote.git") == "tag")
    #expect(
      try fixture.git("log", "--format=%s", Self.branch, in: "remote.git").split(separator: "\n").count == 3
    )
    try fixture.checkIntegrity(of: "remote.git")
    #expect(
      try await transport.listReferences(of: "origin", matching: ["refs/heads/vault-migrations/*", Self.tag])
        == [Self.branch: commit, Self.tag: tag]
    )

    let next = try repository.commit(["sent/c": .blob([4])], on: commit)
    try await transport.push([ReferenceUpdate(Self.branch, from: commit, to: next)], to: "origin").check()
    #expect(try fixture.id(Self.branch, in: "remote.git") == next)
    try await transport.push([ReferenceUpdate(Self.tag, from: tag, to: nil)], to: "origin").check()
    #expect(try await transport.listReferences(of: "origin", matching: [Self.tag]).isEmpty)
    #expect(try fixture.fingerprint(of: "clone") == before)
    #expect(try fixture.git("for-each-ref", in: "clone") == references)
  }

  @Test(
    "Another branch comes with its whole history, and main stays shallow",
    arguments: TransportKind.allCases
  )
  func fetch(kind: TransportKind) async throws {
    let writer = try clone("writer")
    let (commit, _) = try state(in: writer)
    try fixture.git("push", "-q", "origin", "\(commit):\(Self.branch)", in: "writer")

    let repository = try clone()
    let before = try fixture.fingerprint(of: "clone")
    try fixture.git("config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*", in: "clone")
    let transport = try transport(kind, repository)
    try await transport.fetch([FetchRefspec(Self.branch, to: Self.local)], from: "origin")
    #expect(try repository.reference(Self.local) == commit)
    #expect(try repository.log(from: commit).count == 3)
    #expect(try repository.file("sent/a/b", at: commit) == Array("3".utf8))
    #expect(try fixture.git("rev-list", "--count", "HEAD", in: "clone") == "1")
    #expect(try repository.reference("refs/remotes/origin/vault-migrations/prod") == nil)
    #expect(try fixture.fingerprint(of: "clone") == before)
    try fixture.checkIntegrity(of: "clone")

    // A rewritten branch comes as well: what that means is for the caller to judge.
    let other = try writer.commit(["sent/other": .blob([1])])
    try fixture.git("push", "-qf", "origin", "\(other):\(Self.branch)", in: "writer")
    try await transport.fetch([FetchRefspec(Self.branch, to: Self.local)], from: "origin")
    #expect(try repository.reference(Self.local) == other)
  }

  @Test("A stale lease moves neither branch nor tag", arguments: TransportKind.allCases)
  func staleLease(kind: TransportKind) async throws {
    let repository = try clone()
    let transport = try transport(kind, repository)
    let (commit, tag) = try state(in: repository)
    let theirs = try repository.commit(["theirs": .blob([1])])
    try fixture.git("push", "-q", "origin", "\(theirs):\(Self.branch)", in: "clone")
    for expected in [nil, commit] {
      let report = try await transport.push(
        [
          ReferenceUpdate(Self.branch, from: expected, to: commit),
          ReferenceUpdate(Self.tag, from: nil, to: tag),
        ],
        to: "origin"
      )
      #expect(failure { try report.check() }?.kind == .rejectedAsStale)
      #expect(report.outcomes[Self.tag] == .abandoned)
      #expect(try fixture.id(Self.branch, in: "remote.git") == theirs)
      #expect(try fixture.git("tag", in: "remote.git").isEmpty)
    }
    try await transport.push([ReferenceUpdate(Self.branch, from: theirs, to: commit)], to: "origin").check()
    #expect(try fixture.id(Self.branch, in: "remote.git") == commit)
  }

  @Test(
    "A remote that does not exist, or does not answer, or lacks a reference",
    arguments: TransportKind.allCases
  )
  func failures(kind: TransportKind) async throws {
    let repository = try clone()
    let transport = try transport(kind, repository)
    let unnamed = await failure { try await transport.listReferences(of: "upstream", matching: []) }
    #expect(unnamed?.kind == .noSuchRemote)
    #expect(unnamed?.message == "there is no remote named upstream")
    try fixture.git("remote", "add", "gone", "file://\(fixture.path("gone.git"))", in: "clone")
    try fixture.git("remote", "add", "closed", "http://ada:secret@127.0.0.1:1/x.git", in: "clone")
    for name in ["gone", "closed"] {
      let error = await failure { try await transport.listReferences(of: name, matching: []) }
      #expect(error?.kind == .unreachable, "\(name): \(String(describing: error))")
      #expect(error?.message.contains("secret") == false)
    }
    let missing = await failure {
      try await transport.fetch([FetchRefspec("refs/heads/nothing", to: Self.local)], from: "origin")
    }
    #expect(missing?.kind == .notFound)
  }

  @Test("Linked work trees and bare repositories push and fetch as well", arguments: TransportKind.allCases)
  func otherLayouts(kind: TransportKind) async throws {
    _ = try clone()
    try fixture.git("worktree", "add", "-q", "--detach", fixture.path("linked"), in: "clone")
    try fixture.git(
      "clone",
      "-q",
      "--bare",
      "file://\(fixture.path("remote.git"))",
      fixture.path("bare.git"),
      in: ""
    )
    for name in ["linked", "bare.git"] {
      let repository = try Repository(opening: fixture.path(name))
      let transport = try transport(kind, repository)
      let commit = try repository.commit(["sent/\(name)": .blob([1])])
      let reference = "refs/heads/state/\(name)"
      try await transport.push([ReferenceUpdate(reference, from: nil, to: commit)], to: "origin").check()
      try await transport.fetch([FetchRefspec(reference, to: Self.local)], from: "origin")
      #expect(try repository.reference(Self.local) == commit)
    }
    #expect(try fixture.git("status", "--porcelain", in: "linked").isEmpty)
  }

  @Test("A hook's variables do not lead to another repository, nor a hook into itself")
  func hookEnvironment() async throws {
    let repository = try clone()
    try fixture.write("#!/bin/sh\nexit 1\n", to: "clone/.git/hooks/pre-push")
    try makeExecutable(fixture.path("clone/.git/hooks/pre-push"))
    let transport = try TransportKind.program.make(
      for: repository,
      fixture: fixture,
      variables: [
        "GIT_DIR": fixture.path("source/.git"), "GIT_INDEX_FILE": fixture.path("other-index"),
        "GIT_OBJECT_DIRECTORY": fixture.path("elsewhere"), "GIT_PREFIX": "x/", "LC_ALL": "de_DE.UTF-8",
      ]
    )
    let commit = try repository.commit(["a": .blob([1])])
    try await transport.push([ReferenceUpdate(Self.branch, from: nil, to: commit)], to: "origin").check()
    #expect(try fixture.id(Self.branch, in: "remote.git") == commit)
  }

  @Test("A git that hangs is stopped at the deadline, with its helpers")
  func deadline() async throws {
    let repository = try clone()
    try fixture.write("#!/bin/sh\necho $$ > \(fixture.path("pid"))\nexec sleep 600\n", to: "bin/git")
    try makeExecutable(fixture.path("bin/git"))
    let program = try #require(
      GitProgram(environment: ["PATH": "\(fixture.path("bin")):/usr/bin:/bin"])
    )
    let transport = GitProcessTransport(
      repository: repository,
      program: program,
      deadline: .milliseconds(500)
    )
    let error = await failure { try await transport.listReferences(of: "origin", matching: []) }
    #expect(error?.kind == .unreachable)
    #expect(error?.message == "git ls-remote did not end in 0.5 seconds")
    let pid = try #require(
      pid_t(
        String(contentsOfFile: fixture.path("pid"), encoding: .utf8).trimmingCharacters(
          in: .whitespacesAndNewlines
        )
      )
    )
    #expect(kill(pid, 0) == -1)
  }

  @Test("A remote behind a rewritten or relative URL is found", arguments: TransportKind.allCases)
  func rewrittenURL(kind: TransportKind) async throws {
    let repository = try clone()
    try fixture.git("config", "url.file://\(fixture.path("")).insteadOf", "host:", in: "clone")
    try fixture.git("remote", "add", "rewritten", "host:remote.git", in: "clone")
    try fixture.git("remote", "add", "relative", "../remote.git", in: "clone")
    let transport = try transport(kind, repository)
    let main = try fixture.id("main", in: "remote.git")
    for name in ["rewritten", "relative", fixture.path("remote.git")] {
      #expect(
        try await transport.listReferences(of: name, matching: ["refs/heads/*"]) == ["refs/heads/main": main],
        "\(name)"
      )
    }
  }
}

/// Which implementation a test drives.
enum TransportKind: CaseIterable, CustomTestStringConvertible {
  case program, library

  func make(for repository: Repository, fixture: GitFixture, variables: [String: String] = [:]) throws
    -> any Transport
  {
    let environment = fixture.environment.merging(variables) { $1 }
    switch self {
    case .program:
      return GitProcessTransport(
        repository: repository,
        program: try #require(GitProgram(environment: environment)),
        deadline: .seconds(30)
      )
    case .library:
      return LibGit2Transport(
        repository: repository,
        environment: environment,
        program: GitProgram(environment: environment),
        deadline: .seconds(30)
      )
    }
  }

  var testDescription: String { self == .program ? "git program" : "libgit2" }
}
