import Foundation
import Git
import Testing

@Suite("References, commits and tags")
struct ReferenceTests {
  let fixture: GitFixture
  let repository: Repository

  init() throws {
    fixture = try GitFixture()
    try fixture.initialize("repo")
    repository = try Repository(opening: fixture.path("repo"))
  }

  @Test("A commit is the one that git makes of the same words")
  func commitIdentity() throws {
    let theirs = try fixture.commit(
      ["a": "1"],
      in: "repo",
      message: "prod: apply 0001\n\nMigration: 0001\nChecksum: abc"
    )
    let commit = try repository.commit(theirs)
    let ours = try repository.createCommit(
      tree: commit.tree,
      parents: [],
      author: .ada,
      committer: .ada,
      message: "prod: apply 0001\n\nMigration: 0001\nChecksum: abc"
    )
    #expect(ours == theirs)
    #expect(commit.summary == "prod: apply 0001")
    #expect(
      commit.trailers == [Trailer(key: "Migration", value: "0001"), Trailer(key: "Checksum", value: "abc")]
    )
    #expect(commit.trailer("checksum") == "abc")
    #expect(commit.author == .ada)
    #expect(commit.time == 1_700_000_000)
  }

  @Test("An annotated tag is a tag object to git, and peels to its commit")
  func annotatedTag() throws {
    let commit = try repository.commit(["a": .blob([1])])
    let tag = try repository.createTag(
      name: "vault-migrations/prod/0001",
      target: commit,
      tagger: .ada,
      message: "applied"
    )
    #expect(try repository.reference("refs/tags/vault-migrations/prod/0001") == nil)
    try repository.updateReference(
      "refs/tags/vault-migrations/prod/0001",
      to: tag,
      expecting: nil,
      logMessage: "tag"
    )
    #expect(try fixture.git("cat-file", "-t", "vault-migrations/prod/0001", in: "repo") == "tag")
    #expect(
      try fixture.git("cat-file", "-p", "vault-migrations/prod/0001", in: "repo") == """
        object \(commit)
        type commit
        tag vault-migrations/prod/0001
        tagger Ada <ada@example.org> 1700000000 +0000

        applied
        """
    )
    #expect(try repository.resolve("vault-migrations/prod/0001") == commit)
    #expect(try repository.commit(tag).id == commit)
    #expect(try repository.file("a", at: tag) == [1])
    #expect(
      try repository.references(matching: "refs/tags/vault-migrations/*")
        == ["refs/tags/vault-migrations/prod/0001": tag]
    )
    try fixture.checkIntegrity(of: "repo")
  }

  @Test("A reference moves only from where the caller saw it")
  func compareAndSwap() throws {
    let name = "refs/heads/state"
    let one = try repository.commit(["a": .blob([1])])
    let two = try repository.commit(["a": .blob([2])], on: one)
    try repository.updateReference(name, to: one, expecting: nil, logMessage: "first")
    #expect(
      failure { try repository.updateReference(name, to: two, expecting: nil, logMessage: "") }?.kind
        == .referenceChanged
    )
    #expect(
      failure { try repository.updateReference(name, to: two, expecting: two, logMessage: "") }?.kind
        == .referenceChanged
    )
    try repository.updateReference(name, to: two, expecting: one, logMessage: "second")
    #expect(try fixture.id(name, in: "repo") == two)
    #expect(try fixture.git("reflog", "-1", "--format=%gs", name, in: "repo") == "second")
    #expect(failure { try repository.deleteReference(name, expecting: one) }?.kind == .referenceChanged)
    try repository.deleteReference(name, expecting: two)
    #expect(try repository.reference(name) == nil)
    #expect(
      failure { try repository.updateReference(name, to: two, expecting: one, logMessage: "") }?.kind
        == .referenceChanged
    )
    #expect(failure { try repository.deleteReference(name, expecting: two) }?.kind == .referenceChanged)
  }

  @Test("Of two writers who race, none loses an update")
  func race() async throws {
    let path = fixture.path("repo")
    let first = try repository.commit(["n": .blob([])])
    try repository.updateReference("refs/heads/state", to: first, expecting: nil, logMessage: "start")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<2 {
        group.addTask {
          let repository = try Repository(opening: path)
          var wins = 0
          while wins < 15 {
            let tip = try #require(try repository.reference("refs/heads/state"))
            let next = try repository.commit(["w\(writer)-\(wins)": .blob([])], on: tip)
            do {
              try repository.updateReference("refs/heads/state", to: next, expecting: tip, logMessage: "race")
              wins += 1
            } catch let error as GitError where error.kind == .referenceChanged {}
          }
        }
      }
      try await group.waitForAll()
    }
    let tip = try #require(try repository.reference("refs/heads/state"))
    #expect(try repository.log(from: tip).count == 31)
    #expect(try repository.tree(repository.tree(of: tip)).count == 31)
  }

  @Test("A lock that stays is reported with its file")
  func staleLock() throws {
    try fixture.write("", to: "repo/.git/refs/heads/state.lock")
    let commit = try repository.commit(["a": .blob([1])])
    let error = failure {
      try repository.updateReference("refs/heads/state", to: commit, expecting: nil, logMessage: "")
    }
    #expect(error?.kind == .locked)
    #expect(error?.message.contains("refs/heads/state.lock") == true)
  }

  @Test("Names of references are judged as git does")
  func referenceNames() {
    #expect(repository.isValidReferenceName("refs/heads/vault-migrations/prod"))
    for name in [
      "refs/heads/a b", "refs/heads/a..b", "refs/heads/.a", "refs/heads/a.lock", "refs/heads/", "x",
    ] {
      #expect(!repository.isValidReferenceName(name), "\(name)")
    }
  }

  @Test("Object ids read and print forty digits")
  func objectIDs() throws {
    let text = "0123456789abcdef0123456789abcdef01234567"
    let id = try #require(ObjectID(text.uppercased()))
    #expect(id.description == text)
    #expect(id.short == "0123456789ab")
    #expect(ObjectID.zero.description == String(repeating: "0", count: 40))
    #expect(ObjectID("0123") == nil)
    #expect(ObjectID(String(repeating: "g", count: 40)) == nil)
    #expect(ObjectID.zero < id)
  }
}
