import Foundation
import Git
import Testing

@Suite("History reads as git reads it")
struct HistoryTests {
  let fixture: GitFixture
  let repository: Repository
  /// Ids by the letter in the drawing: a - b - m - e, and c - d merged into m.
  var ids: [String: ObjectID] = [:]

  init() throws {
    fixture = try GitFixture()
    try fixture.initialize("repo")
    repository = try Repository(opening: fixture.path("repo"))
    let steps: [(String, [String: String])] = [
      ("a", ["schema.yaml": "1", "doc": "1"]), ("b", ["doc": "2"]),
    ]
    for (time, (name, files)) in steps.enumerated() { try commit(name, files, time: time) }
    try fixture.git("checkout", "-q", "-b", "side", "HEAD~1", in: "repo")
    try commit("c", ["schema.yaml": "2"], time: 2)
    try commit("d", ["other": "1"], time: 3)
    try fixture.git("checkout", "-q", "main", in: "repo")
    try fixture.git(
      "merge",
      "-q",
      "--no-ff",
      "-m",
      "m",
      "side",
      in: "repo",
      extra: ["GIT_COMMITTER_DATE": "@1700000004 +0000"]
    )
    ids["m"] = try fixture.id("HEAD", in: "repo")
    try commit("e", ["doc": "3"], time: 5)
  }

  private mutating func commit(_ name: String, _ files: [String: String], time: Int) throws {
    for (file, content) in files { try fixture.write(content, to: "repo/\(file)") }
    try fixture.git("add", "-A", in: "repo")
    try fixture.git(
      "commit",
      "-q",
      "-m",
      name,
      in: "repo",
      extra: ["GIT_COMMITTER_DATE": "@\(1_700_000_000 + time) +0000"]
    )
    ids[name] = try fixture.id("HEAD", in: "repo")
  }

  private func id(_ name: String) throws -> ObjectID { try #require(ids[name]) }

  @Test("Logs follow every parent or the first, up to a limit, without what is excluded")
  func logs() throws {
    let head = try id("e")
    #expect(try repository.log(from: head).map(\.summary) == ["e", "m", "d", "c", "b", "a"])
    #expect(try repository.log(from: head, following: .firstParents).map(\.summary) == ["e", "m", "b", "a"])
    #expect(try repository.log(from: head, limit: 2).map(\.summary) == ["e", "m"])
    #expect(try repository.log(from: head, excluding: id("b")).map(\.summary) == ["e", "m", "d", "c"])
    #expect(try repository.log(from: head, excluding: head).isEmpty)
  }

  @Test("Commits that touch a path")
  func touching() throws {
    let head = try id("e")
    #expect(try repository.commits(touching: "schema.yaml", from: head).map(\.summary) == ["m", "c", "a"])
    #expect(
      try repository.commits(touching: "schema.yaml", from: head, excluding: id("a")).map(\.summary) == [
        "m", "c",
      ]
    )
    #expect(try repository.commits(touching: "nothing", from: head).isEmpty)
  }

  @Test("Merge bases and ancestry")
  func ancestry() throws {
    #expect(try repository.mergeBase(id("b"), id("d")) == id("a"))
    #expect(try repository.isAncestor(id("c"), of: id("e")))
    #expect(try repository.isAncestor(id("c"), of: id("c")))
    #expect(try !repository.isAncestor(id("e"), of: id("c")))
    let orphan = try repository.commit(["x": .blob([1])])
    #expect(try repository.mergeBase(id("e"), orphan) == nil)
    #expect(failure { try repository.mergeBase(id("e"), .zero) }?.kind == .notFound)
  }

  @Test("Files and entries at revisions")
  func revisions() throws {
    #expect(try repository.file("doc", at: repository.resolve("HEAD~1")) == Array("2".utf8))
    #expect(try repository.file("doc", at: repository.resolve("main")) == Array("3".utf8))
    #expect(try repository.file("doc/inside", at: id("e")) == nil)
    #expect(try repository.file("", at: id("e")) == nil)
    #expect(try repository.entry("", at: id("e"))?.id == fixture.id("HEAD^{tree}", in: "repo"))
    #expect(try repository.resolve("HEAD:doc") == fixture.id("HEAD:doc", in: "repo"))
    #expect(failure { try repository.resolve("nothing") }?.kind == .notFound)
    #expect(failure { try repository.blob(id("e")) }?.kind == .invalid)
  }

  @Test("A shallow clone ends where it ends, without an error")
  func shallow() throws {
    try fixture.git(
      "clone",
      "-q",
      "--depth",
      "2",
      "file://\(fixture.path("repo"))",
      fixture.path("shallow"),
      in: ""
    )
    let shallow = try Repository(opening: fixture.path("shallow"))
    let head = try id("e")
    #expect(shallow.isShallow)
    #expect(try shallow.log(from: head).map(\.summary) == ["e", "m"])
    #expect(try shallow.commits(touching: "doc", from: head).map(\.summary) == ["e"])
    #expect(try shallow.isAncestor(id("m"), of: head))
    #expect(try !shallow.isAncestor(id("a"), of: head))
    #expect(try shallow.mergeBase(id("m"), head) == id("m"))
    #expect(try shallow.file("doc", at: head) == Array("3".utf8))
  }
}

@Suite("Who commits")
struct IdentityTests {
  @Test("Variables come first, with dates as git writes them")
  func variables() {
    let identity = Identity.resolve(
      environment: [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", "GIT_AUTHOR_DATE": "@12 +0130",
        "GIT_COMMITTER_NAME": "Bot", "GIT_COMMITTER_EMAIL": "bot@example.org",
        "GIT_COMMITTER_DATE": "34 -0800",
      ],
      repository: nil,
      now: 99
    )
    #expect(identity.author == Signature(name: "Ada", email: "ada@example.org", time: 12, offsetMinutes: 90))
    #expect(
      identity.committer == Signature(name: "Bot", email: "bot@example.org", time: 34, offsetMinutes: -480)
    )
  }

  @Test("Then configuration, then a fixed name; nonsense never stops a commit")
  func fallbacks() throws {
    let fixture = try GitFixture()
    try fixture.initialize("repo")
    let repository = try Repository(opening: fixture.path("repo"))
    let nobody = Identity.resolve(
      environment: ["GIT_AUTHOR_NAME": "<>", "GIT_AUTHOR_DATE": "yesterday"],
      repository: nil,
      now: 99
    )
    #expect(
      nobody.author == Signature(name: "vault-migrations", email: "vault-migrations@localhost", time: 99)
    )
    try fixture.git("config", "user.name", "Grace <Hopper>", in: "repo")
    try fixture.git("config", "user.email", "grace@example.org", in: "repo")
    try fixture.git("config", "committer.name", "Compiler", in: "repo")
    let grace = Identity.resolve(environment: [:], repository: repository, now: 99)
    #expect(grace.author == Signature(name: "Grace Hopper", email: "grace@example.org", time: 99))
    #expect(grace.committer == Signature(name: "Compiler", email: "grace@example.org", time: 99))
    _ = try repository.createCommit(
      tree: .emptyTree,
      parents: [],
      author: grace.author,
      committer: nobody.committer,
      message: "x"
    )
  }
}
