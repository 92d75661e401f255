import Foundation
import Git
import Testing

@Suite("The index tells which files need not be read")
struct CleanFilesTests {
  let fixture: GitFixture
  let repository: Repository
  private let long = Date(timeIntervalSince1970: 1_700_000_000)

  init() throws {
    fixture = try GitFixture()
    try fixture.initialize("repo")
    repository = try Repository(opening: fixture.path("repo"))
  }

  private var file: String { fixture.path("repo/a.yaml") }

  /// Writes the file, gives it a time, and stages it.
  private func stage(_ text: String, at time: Date) throws {
    try Data(text.utf8).write(to: URL(filePath: file))
    try date(file, time)
    try fixture.git("add", "-A", in: "repo")
  }

  private func date(_ file: String, _ time: Date) throws {
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: file)
  }

  @Test("A file as it was staged has the id that git has given it")
  func cleanFile() throws {
    try stage("one", at: long)
    #expect(
      try repository.cleanFiles([file]) == [
        ObjectID(fixture.git("hash-object", "a.yaml", in: "repo"))
      ]
    )
    #expect(try Repository.blobID(of: Array("one".utf8)) == repository.cleanFiles([file])[0])
  }

  @Test("Whatever was written since, even of the same size, is to be read")
  func changedFile() throws {
    try stage("one", at: long)
    try Data("two".utf8).write(to: URL(filePath: file))
    #expect(repository.cleanFiles([file]) == [nil])
    try date(file, long)
    // Another file in its place, with the size and the time of the old one.
    #expect(repository.cleanFiles([file]) == [nil])
  }

  @Test("A file that is as new as the index may have been changed after it was staged")
  func racyFile() throws {
    try stage("one", at: Date(timeIntervalSinceNow: 3600))
    #expect(repository.cleanFiles([file]) == [nil])
  }

  @Test("What git stores otherwise than it lies on the disk is to be read")
  func filteredFile() throws {
    try stage("one\n", at: long)
    #expect(repository.cleanFiles([file]) != [nil])
    try Data("*.yaml text eol=crlf\n".utf8).write(to: URL(filePath: fixture.path("repo/.gitattributes")))
    #expect(try Repository(opening: fixture.path("repo")).cleanFiles([file]) == [nil])
  }

  @Test("Files that git does not know, that are elsewhere or not there, are not answered")
  func unknownFiles() throws {
    try stage("one", at: long)
    let other = fixture.path("repo/other.yaml")
    try Data("x".utf8).write(to: URL(filePath: other))
    #expect(
      repository.cleanFiles([other, fixture.path("outside"), fixture.path("repo/none")]) == [nil, nil, nil]
    )
  }
}
