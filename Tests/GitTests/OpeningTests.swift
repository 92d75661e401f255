import Foundation
import Git
import Testing

@Suite("Every kind of checkout opens")
struct OpeningTests {
  let fixture: GitFixture

  init() throws { fixture = try GitFixture() }

  @Test("A directory inside the work tree leads to the repository")
  func discovery() throws {
    try fixture.initialize("repo")
    let commit = try fixture.commit(["deep/inside/file": "1"], in: "repo")
    let repository = try Repository(discovering: fixture.path("repo/deep/inside"), environment: [:])
    #expect(repository.gitDirectory == fixture.path("repo/.git"))
    #expect(repository.commonDirectory == fixture.path("repo/.git"))
    #expect(repository.workTree == fixture.path("repo"))
    #expect(!repository.isBare)
    #expect(!repository.isShallow)
    #expect(try repository.head() == commit)
    #expect(try repository.headBranch() == "refs/heads/main")
    #expect(try repository.configuration("user.nothing") == nil)
    #expect(try repository.configuration("core.bare") == "false")
  }

  @Test("No repository is named as such, and a ceiling ends the search")
  func noRepository() throws {
    try FileManager.default.createDirectory(
      atPath: fixture.path("repo/sub"),
      withIntermediateDirectories: true
    )
    let error = failure { try Repository(discovering: fixture.path("repo/sub"), environment: [:]) }
    #expect(error?.kind == .notARepository)
    #expect(error?.message == "\(fixture.path("repo/sub")) is in no git repository")
    try fixture.initialize("repo")
    #expect(failure { try Repository(opening: fixture.path("repo/sub")) }?.kind == .notARepository)
    _ = try Repository(discovering: fixture.path("repo/sub"), environment: [:])
  }

  @Test("A branch without commits, and a detached HEAD")
  func heads() throws {
    try fixture.initialize("repo")
    let unborn = try Repository(opening: fixture.path("repo"))
    #expect(try unborn.head() == nil)
    #expect(try unborn.headBranch() == "refs/heads/main")
    let commit = try fixture.commit(["a": "1"], in: "repo")
    try fixture.git("checkout", "-q", "--detach", in: "repo")
    let detached = try Repository(opening: fixture.path("repo"))
    #expect(try detached.head() == commit)
    #expect(try detached.headBranch() == nil)
  }

  @Test("A bare repository has no work tree, whether git or we made it")
  func bare() throws {
    try fixture.initialize("theirs.git", "--bare")
    let theirs = try Repository(opening: fixture.path("theirs.git"))
    #expect(theirs.isBare)
    #expect(theirs.workTree == nil)
    let ours = try Repository.createBare(at: fixture.path("deep/ours.git"))
    let commit = try ours.commit(["a": .blob([1])])
    try ours.updateReference("refs/heads/main", to: commit, expecting: nil, logMessage: "first")
    #expect(try fixture.id("main", in: "deep/ours.git") == commit)
    #expect(
      try Repository.createBare(at: fixture.path("deep/ours.git")).reference("refs/heads/main") == commit
    )
    try fixture.checkIntegrity(of: "deep/ours.git")
  }

  @Test("A linked work tree shares objects and references")
  func linkedWorkTree() throws {
    try fixture.initialize("repo")
    try fixture.commit(["a": "1"], in: "repo")
    try fixture.git("worktree", "add", "-q", "-b", "side", fixture.path("linked"), in: "repo")
    try fixture.git("config", "extensions.worktreeConfig", "true", in: "repo")
    try fixture.git("config", "core.repositoryFormatVersion", "1", in: "repo")
    let linked = try Repository(discovering: fixture.path("linked"), environment: [:])
    #expect(linked.commonDirectory == fixture.path("repo/.git"))
    #expect(linked.gitDirectory == fixture.path("repo/.git/worktrees/linked"))
    #expect(linked.workTree == fixture.path("linked"))
    #expect(try linked.headBranch() == "refs/heads/side")
    let commit = try linked.commit(["b": .blob([2])])
    try linked.updateReference("refs/heads/state", to: commit, expecting: nil, logMessage: "first")
    #expect(try fixture.id("state", in: "repo") == commit)
    #expect(try fixture.git("status", "--porcelain", in: "linked").isEmpty)
  }

  @Test("A SHA-256 repository is refused in words")
  func sha256() throws {
    try fixture.initialize("repo", "--object-format=sha256")
    let error = failure { try Repository(opening: fixture.path("repo")) }
    #expect(error?.kind == .unsupportedRepository)
    #expect(
      error?.message
        == "the repository at \(fixture.path("repo")) uses SHA-256 object ids, which libgit2 cannot read"
    )
  }

  @Test("So is one with reftable")
  func reftable() throws {
    try fixture.initialize("repo")
    try fixture.git("config", "core.repositoryFormatVersion", "1", in: "repo")
    try fixture.git("config", "extensions.refStorage", "reftable", in: "repo")
    let error = failure { try Repository(opening: fixture.path("repo")) }
    #expect(error?.kind == .unsupportedRepository)
    #expect(error?.message.contains("reftable") == true)
  }

  @Test(
    "A repository of another user needs safe.directory",
    .enabled(if: geteuid() == 0, "only root can give files away")
  )
  func ownership() throws {
    try fixture.initialize("repo")
    let path = fixture.path("repo")
    for name in ["repo", "repo/.git"] { #expect(chown(fixture.path(name), 12_345, 12_345) == 0) }
    let nobody = ["GIT_CONFIG_GLOBAL": fixture.path("nothing")]
    let error = failure { try Repository(opening: path, environment: nobody) }
    #expect(error?.kind == .ownership)
    #expect(error?.message.contains("git config --global --add safe.directory \(path)") == true)
    for pattern in ["*", path, fixture.path("") + "*"] {
      try fixture.write("[safe]\n\tdirectory = \(pattern)\n", to: "gitconfig")
      _ = try Repository(opening: path, environment: ["GIT_CONFIG_GLOBAL": fixture.path("gitconfig")])
    }
    _ = try Repository(
      opening: path,
      environment: nobody.merging([
        "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
      ]) { $1 }
    )
    try fixture.write("[safe]\n\tdirectory = *\n\tdirectory =\n\tdirectory = /other\n", to: "gitconfig")
    #expect(
      failure {
        try Repository(opening: path, environment: ["GIT_CONFIG_GLOBAL": fixture.path("gitconfig")])
      }?.kind
        == .ownership
    )
  }
}
