import Foundation
import Git
import TestSupport
import Testing

@Suite("Real servers")
struct ServerTests {
  let fixture: GitFixture
  static let branch = TransportTests.branch
  static let tag = TransportTests.tag

  init() throws {
    fixture = try GitFixture()
    try fixture.initialize("source")
    for index in 1...3 { try fixture.commit(["file": "\(index)"], in: "source") }
    try fixture.initialize("remote.git", "--bare")
    try fixture.git("push", "-q", fixture.path("remote.git"), "main", in: "source")
    try fixture.git(
      "clone",
      "-q",
      "--depth",
      "1",
      "file://\(fixture.path("remote.git"))",
      fixture.path("clone"),
      in: ""
    )
  }

  /// Pushes branch and tag, fetches them back into another clone, and loses a race.
  private func roundTrip(_ kind: TransportKind, url: String, variables: [String: String] = [:]) async throws {
    try fixture.git("remote", "set-url", "origin", url, in: "clone")
    let repository = try Repository(opening: fixture.path("clone"))
    let transport = try kind.make(for: repository, fixture: fixture, variables: variables)
    let first = try repository.commit(["sent/a": .blob([1])])
    let second = try repository.commit(["sent/b": .blob([2])], on: first)
    let tag = try repository.createTag(
      name: "vault-migrations/prod/0001",
      target: second,
      tagger: .ada,
      message: "applied"
    )
    let report = try await transport.push(
      [ReferenceUpdate(Self.branch, from: nil, to: second), ReferenceUpdate(Self.tag, from: nil, to: tag)],
      to: "origin"
    )
    #expect(report.isAccepted, "\(report)")
    try fixture.checkIntegrity(of: "remote.git")

    try fixture.git(
      "clone",
      "-q",
      "--depth",
      "1",
      "file://\(fixture.path("remote.git"))",
      fixture.path("reader"),
      in: ""
    )
    try fixture.git("remote", "set-url", "origin", url, in: "reader")
    let reader = try Repository(opening: fixture.path("reader"))
    let readerTransport = try kind.make(for: reader, fixture: fixture, variables: variables)
    try await readerTransport.fetch([FetchRefspec(Self.branch, to: TransportTests.local)], from: "origin")
    #expect(try reader.reference(TransportTests.local) == second)
    #expect(try reader.log(from: second).count == 2)
    #expect(try fixture.git("rev-list", "--count", "HEAD", in: "reader") == "1")

    let third = try repository.commit(["sent/c": .blob([3])], on: second)
    try await transport.push([ReferenceUpdate(Self.branch, from: second, to: third)], to: "origin").check()
    let rival = try reader.commit(["sent/d": .blob([4])], on: second)
    let lost = try await readerTransport.push(
      [ReferenceUpdate(Self.branch, from: second, to: rival)],
      to: "origin"
    )
    #expect(failure { try lost.check() }?.kind == .rejectedAsStale)
    #expect(try fixture.id(Self.branch, in: "remote.git") == third)
  }

  @Test("git daemon", arguments: TransportKind.allCases)
  func daemon(kind: TransportKind) async throws {
    let server = try GitServer.daemon(serving: fixture.path(""), fixture.environment)
    try await roundTrip(kind, url: "git://127.0.0.1:\(server.port)/remote.git")
    withExtendedLifetime(server) {}
  }

  @Test("HTTP with a password in the URL", arguments: TransportKind.allCases)
  func passwordInURL(kind: TransportKind) async throws {
    let server = try GitServer.http(serving: fixture.path(""), fixture.environment)
    try await roundTrip(kind, url: "http://ada:open%20sesame@127.0.0.1:\(server.port)/remote.git")
    withExtendedLifetime(server) {}
  }

  @Test("HTTP with the header that CI puts into the configuration", arguments: TransportKind.allCases)
  func extraHeader(kind: TransportKind) async throws {
    let server = try GitServer.http(serving: fixture.path(""), fixture.environment)
    for name in ["source", "clone"] {
      try fixture.git(
        "config",
        "--global",
        "http.http://127.0.0.1:\(server.port)/.extraHeader",
        "Authorization: Basic \(Data("ada:open sesame".utf8).base64EncodedString())",
        in: name
      )
    }
    // libgit2 finds the user's own file once per process, so the tests put the setting where a pipeline does.
    let header = try fixture.git("config", "http.http://127.0.0.1:\(server.port)/.extraHeader", in: "clone")
    try fixture.git(
      "config",
      "--global",
      "--unset-all",
      "http.http://127.0.0.1:\(server.port)/.extraHeader",
      in: "clone"
    )
    try await roundTrip(
      kind,
      url: "http://127.0.0.1:\(server.port)/remote.git",
      variables: [
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.http://127.0.0.1:\(server.port)/.extraHeader",
        "GIT_CONFIG_VALUE_0": header,
      ]
    )
    withExtendedLifetime(server) {}
  }

  @Test("HTTP with a credential helper", arguments: TransportKind.allCases)
  func credentialHelper(kind: TransportKind) async throws {
    let server = try GitServer.http(serving: fixture.path(""), fixture.environment)
    try fixture.write(
      """
      [credential]
        helper = "!f() { echo $1 >> \(fixture.path("helper.log")); echo username=ada; echo 'password=open sesame'; }; f"
      """,
      to: ".gitconfig"
    )
    try await roundTrip(kind, url: "http://127.0.0.1:\(server.port)/remote.git")
    let log = try String(contentsOfFile: fixture.path("helper.log"), encoding: .utf8)
    #expect(log.contains("get\nstore\n"))
    withExtendedLifetime(server) {}
  }

  @Test("HTTP with a token from the environment, through libgit2")
  func token() async throws {
    let server = try GitServer.http(serving: fixture.path(""), fixture.environment)
    try await roundTrip(
      .library,
      url: "http://127.0.0.1:\(server.port)/remote.git",
      variables: ["VM_GIT_TOKEN": "open sesame", "VM_GIT_USER": "ada"]
    )
    withExtendedLifetime(server) {}
  }

  @Test("Wrong and missing credentials are told apart from silence", arguments: TransportKind.allCases)
  func wrongCredentials(kind: TransportKind) async throws {
    let server = try GitServer.http(serving: fixture.path(""), fixture.environment)
    for user in ["", "ada:guess@"] {
      try fixture.git(
        "remote",
        "set-url",
        "origin",
        "http://\(user)127.0.0.1:\(server.port)/remote.git",
        in: "clone"
      )
      let repository = try Repository(opening: fixture.path("clone"))
      let transport = try kind.make(for: repository, fixture: fixture)
      let error = await failure { try await transport.listReferences(of: "origin", matching: []) }
      #expect(error?.kind == .authentication, "\(String(describing: error))")
      #expect(error?.message.contains("guess") == false)
    }
    withExtendedLifetime(server) {}
  }

  @Test("A hook's refusal is final, and names the reference", arguments: TransportKind.allCases)
  func hook(kind: TransportKind) async throws {
    let server = try GitServer.daemon(serving: fixture.path(""), fixture.environment)
    let hook = fixture.path("remote.git/hooks/update")
    try fixture.write(
      "#!/bin/sh\necho no entry >&2\ncase $1 in refs/heads/*) exit 1;; esac\n",
      to: "remote.git/hooks/update"
    )
    try makeExecutable(hook)
    try fixture.git("remote", "set-url", "origin", "git://127.0.0.1:\(server.port)/remote.git", in: "clone")
    let repository = try Repository(opening: fixture.path("clone"))
    let transport = try kind.make(for: repository, fixture: fixture)
    let commit = try repository.commit(["sent/a": .blob([1])])
    let tag = try repository.createTag(
      name: "vault-migrations/prod/0001",
      target: commit,
      tagger: .ada,
      message: "applied"
    )
    let report = try await transport.push(
      [ReferenceUpdate(Self.branch, from: nil, to: commit), ReferenceUpdate(Self.tag, from: nil, to: tag)],
      to: "origin"
    )
    let error = failure { try report.check() }
    #expect(error?.kind == .rejected)
    #expect(error?.message.hasPrefix("the remote refused \(Self.branch) (hook declined") == true)
    #expect(report.outcomes[Self.tag] == .abandoned)
    #expect(try fixture.git("for-each-ref", "--format=%(refname)", in: "remote.git") == "refs/heads/main")
    withExtendedLifetime(server) {}
  }

  @Test("SSH without the git program is refused in words")
  func ssh() async throws {
    let repository = try Repository(opening: fixture.path("clone"))
    for url in ["git@example.org:team/repo.git", "ssh://git@example.org/repo.git"] {
      let transport = LibGit2Transport(repository: repository, environment: [:])
      let error = await failure { try await transport.listReferences(of: url, matching: []) }
      #expect(error?.kind == .gitProgramMissing)
    }
  }

  @Test("The git program is the standard, libgit2 the way out")
  func standard() throws {
    let repository = try Repository(opening: fixture.path("clone"))
    #expect(Transports.standard(for: repository, environment: fixture.environment) is GitProcessTransport)
    #expect(Transports.standard(for: repository, environment: ["PATH": "/nowhere"]) is LibGit2Transport)
  }
}
