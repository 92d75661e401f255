import Foundation
import Git
import Testing

@Suite("Trees are those that git builds")
struct TreeTests {
  let fixture: GitFixture
  let repository: Repository

  init() throws {
    fixture = try GitFixture()
    try fixture.initialize("repo")
    repository = try Repository(opening: fixture.path("repo"))
  }

  @Test("Nested paths give the id that git gives")
  func nestedPaths() throws {
    try fixture.commit(["a/b/c.yaml": "1", "a.yaml": "2", "a-b/c": "3", "a0": "4"], in: "repo")
    let id = try repository.writeTree(
      base: nil,
      changes: [
        "a/b/c.yaml": .blob(Array("1".utf8)), "a.yaml": .blob(Array("2".utf8)),
        "a-b/c": .blob(Array("3".utf8)),
        "a0": .blob(Array("4".utf8)),
      ]
    )
    #expect(try id == fixture.id("HEAD^{tree}", in: "repo"))
  }

  @Test("Random edits, with files that become directories and back, agree with a work tree", arguments: 1...6)
  func randomEdits(seed: UInt64) throws {
    var random = Generator(state: seed)
    let names = ["a", "b", "c.yaml", "a.b", "a-b", "é"]
    var model: [String: String] = [:]
    var tree: ObjectID?
    for _ in 0..<6 {
      var changes: [String: TreeChange] = [:]
      var next = model
      for _ in 0..<Int.random(in: 1...(seed == 6 ? 120 : 12), using: &random) {
        let depth = Int.random(in: 1...4, using: &random)
        let path = (0..<depth).map { _ in names.randomElement(using: &random) ?? "a" }.joined(separator: "/")
        let clashes = changes.keys.contains {
          $0 == path || $0.hasPrefix(path + "/") || path.hasPrefix($0 + "/")
        }
        if clashes { continue }
        next = next.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
        if Int.random(in: 0..<3, using: &random) == 0 {
          changes[path] = .remove
        } else {
          let content = "\(UInt64.random(in: 0..<1_000_000, using: &random))"
          changes[path] = .blob(Array(content.utf8))
          next = next.filter { !path.hasPrefix($0.key + "/") }
          next[path] = content
        }
      }
      let hashed = try repository.hashTree(base: tree, changes: changes)
      let written = try repository.writeTree(base: tree, changes: changes)
      #expect(hashed == written)
      #expect(try written == oracle(next))
      let differences = try repository.changes(from: tree, to: written)
      #expect(
        Set(differences.map(\.path))
          == Set(model.keys.filter { model[$0] != next[$0] }).union(
            next.keys.filter { model[$0] != next[$0] }
          )
      )
      model = next
      tree = written
    }
    for (path, content) in model {
      #expect(try repository.file(path, at: #require(tree)) == Array(content.utf8))
    }
    try fixture.checkIntegrity(of: "repo")
  }

  @Test("A thousand new files become one pack that git finds sound")
  func manyFiles() throws {
    var changes: [String: TreeChange] = [:]
    for index in 0..<1_000 {
      changes["m\(index % 10)/r\(index).yaml"] = .blob(Array("value: \(index)\n".utf8))
    }
    changes["large"] = .blob((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
    changes["empty"] = .blob([])
    let commit = try repository.commit(changes)
    try repository.updateReference("refs/heads/state", to: commit, expecting: nil, logMessage: "test")
    let packs = try FileManager.default.contentsOfDirectory(atPath: fixture.path("repo/.git/objects/pack"))
    #expect(packs.filter { $0.hasSuffix(".pack") }.count == 1)
    try fixture.checkIntegrity(of: "repo")
    #expect(
      try fixture.git("ls-tree", "-r", "--name-only", "state", in: "repo").split(separator: "\n").count
        == 1_002
    )
    #expect(try fixture.git("show", "state:m7/r997.yaml", in: "repo") == "value: 997")
    #expect(try repository.file("large", at: commit)?.count == 300_000)
  }

  @Test("Removing the last file leaves the empty tree")
  func lastFile() throws {
    let full = try repository.writeTree(base: nil, changes: ["a/b/c": .blob([1])])
    let empty = try repository.writeTree(base: full, changes: ["a/b/c": .remove])
    #expect(empty == .emptyTree)
    let commit = try repository.createCommit(
      tree: empty,
      parents: [],
      author: .ada,
      committer: .ada,
      message: "nothing"
    )
    #expect(try repository.tree(repository.tree(of: commit)).isEmpty)
  }

  @Test("Existing objects are taken over, and a directory can be extended while it is")
  func existingObjects() throws {
    let inner = try repository.writeTree(base: nil, changes: ["x": .blob([1]), "y": .blob([2])])
    let outer = try repository.writeTree(
      base: nil,
      changes: ["schema": .existing(inner, isTree: true), "schema/x": .remove, "z": .blob([3])]
    )
    #expect(try repository.changes(from: nil, to: outer).map(\.path) == ["schema/y", "z"])
    #expect(try repository.changes(from: nil, to: outer, under: "schema").map(\.path) == ["schema/y"])
  }

  @Test(
    "Paths that git refuses are refused",
    arguments: ["", "/a", "a/", "a//b", "a/../b", ".git/config", "a/.GIT", ".", "a\0b"]
  )
  func refusedPaths(path: String) throws {
    let error = failure { try repository.writeTree(base: nil, changes: [path: .blob([])]) }
    #expect(error?.kind == .invalid)
  }

  @Test("A file inside a new file is refused, inside an old one it takes its place")
  func fileInsideFile() throws {
    let error = failure {
      try repository.writeTree(base: nil, changes: ["a": .blob([1]), "a/b": .blob([2])])
    }
    #expect(error?.kind == .invalid)
    #expect(error?.message == "a cannot be a file and a directory at once")
    let base = try repository.writeTree(base: nil, changes: ["a": .blob([1])])
    let id = try repository.writeTree(base: base, changes: ["a/b": .blob([2])])
    #expect(try repository.changes(from: base, to: id).map(\.path) == ["a", "a/b"])
    #expect(try repository.writeTree(base: base, changes: ["a/b": .remove]) == base)
  }

  @Test("Names that are not UTF-8, modes and submodules survive an edit beside them")
  func foreignEntries() throws {
    let blob = try repository.writeBlob([1])
    let lines = [
      "100755 blob \(blob)\trun", "120000 blob \(blob)\tlink",
      "160000 commit \(String(repeating: "5", count: 40))\tsub", "100644 blob \(blob)\t",
    ]
    let listing = Data(lines.joined(separator: "\n").utf8) + Data([0xff, 0xfe, 0x0a])
    let base = try #require(ObjectID(try fixture.git("mktree", "--missing", in: "repo", input: listing)))
    let edited = try repository.writeTree(base: base, changes: ["new": .blob([2])])
    #expect(try repository.writeTree(base: edited, changes: ["new": .remove]) == base)
    #expect(try repository.tree(base).map(\.kind) == [.symbolicLink, .executable, .submodule, .file])
  }

  @Test("Two spellings of an accented name are two names")
  func accents() throws {
    let one = try repository.writeTree(base: nil, changes: ["caf\u{e9}": .blob([1])])
    let both = try repository.writeTree(base: one, changes: ["cafe\u{301}": .blob([2])])
    #expect(try repository.tree(both).count == 2)
    #expect(try repository.changes(from: one, to: both).map(\.new?.name.utf8.count) == [6])
    #expect(try repository.file("caf\u{e9}", at: both) == [1])
    #expect(try repository.file("cafe\u{301}", at: both) == [2])
  }

  /// What git's index makes of the same files.
  private func oracle(_ files: [String: String]) throws -> ObjectID? {
    let index = ["GIT_INDEX_FILE": fixture.path("index-\(UUID().uuidString)")]
    var listing = ""
    for (path, content) in files {
      listing += "100644 \(try repository.writeBlob(Array(content.utf8)))\t\(path)\n"
    }
    try fixture.git(
      "update-index",
      "--add",
      "--index-info",
      in: "repo",
      input: Data(listing.utf8),
      extra: index
    )
    return ObjectID(try fixture.git("write-tree", in: "repo", extra: index))
  }
}

/// Random numbers that a failed test can repeat.
private struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
