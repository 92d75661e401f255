import Git
@testable import StateTracker
import TestSupport
import Testing
import Values

/// Records on the branch that somebody edited: never taken for none.
@Suite struct DamagedRecordTests {
  /// What reading a branch with one more file complains about.
  private func complaints(
    about file: String,
    holding text: String,
    _ read: (RecordedState) throws -> Void
  ) async throws -> [String] {
    try await Scratch.with { scratch in
      let repository = try Repository.createBare(at: scratch.file("repository.git"))
      let someone = Signature(name: "a", email: "a@b", time: 1_700_000_000)
      let commit = try repository.createCommit(
        tree: try repository.writeTree(base: nil, changes: [file: .blob(Array(text.utf8))]),
        parents: [],
        author: someone,
        committer: someone,
        message: "edited by hand"
      )
      let state = RecordedState(commit: try repository.commit(commit), in: repository)
      return try TestSupport.complaints { try read(state) }
    }
  }

  private static let hint = "(was the branch edited by hand, or written by a newer vault-migrations?)"

  @Test(arguments: [
    "from: x\nto: '0001'\n", "from: '0003'\nto: '-01'\n", "from: '0002'\nto: '0002'\n", "[]", "held: yes\n",
    "",
  ])
  func `A hold that cannot be read holds`(text: String) async throws {
    let found = try await complaints(about: "hold.yaml", holding: text) { _ = try $0.hold() }
    #expect(found == ["hold.yaml:1:1: the state branch holds a record that cannot be read \(Self.hint)"])
  }

  @Test func `A server that cannot be read is not any server`() async throws {
    let found = try await complaints(about: "server.yaml", holding: "cluster_id: x\n") { _ = try $0.server() }
    #expect(found == ["server.yaml:1:1: the state branch holds a record that cannot be read \(Self.hint)"])
  }

  @Test(arguments: [
    "version: 1\nname: a\n", "version: one\nname: a\nchecksum: x\nserver: {address: y}\n",
    "version: 1\nname: a\nchecksum: x\nserver: {address: y}\ntasks: [{path: a/b}]\n",
    "version: 99999999999999999999\nname: a\nchecksum: x\nserver: {address: y}\n",
  ])
  func `A version of which a part cannot be read is told`(text: String) async throws {
    let found = try await complaints(about: "history/0001-a.yaml", holding: text) { _ = try $0.history() }
    #expect(
      found == ["history/0001-a.yaml:1:1: the state branch holds a record that cannot be read \(Self.hint)"]
    )
  }
}
