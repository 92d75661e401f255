import Catalogue
import Configuration
@testable import Migrations
import TestSupport
import Testing
import Values

/// Damaged files are a value or problems with their place, never a crash.
@Suite struct ReaderFuzzTests {
  /// Damages a text many times, and expects of every reading that it explains itself.
  private func fuzz(_ text: String, rounds: Int, seed: UInt64, _ read: (ProjectFile) throws -> Void) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<rounds {
      var bytes = Array(text.utf8)
      for _ in 0...generator.below(4) { generator.mutate(&bytes) }
      do {
        try read(ProjectFile(path: "some/file", bytes: bytes))
      } catch let problems as Problems {
        let damaged = String(decoding: bytes, as: UTF8.self)
        #expect(problems.items.contains { !$0.isWarning }, "\(damaged)")
        #expect(
          problems.items.allSatisfy { $0.location?.file == "some/file" && !$0.message.isEmpty },
          "\(damaged)"
        )
      }
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `A damaged schema is read or explained`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let text =
      RandomSchema(&generator).text(&generator) + """
          sys/policies/acl/p:
            policies:
              - path: {"a/*": {capabilities: [read]}}
              - 'path "b" {}'
          x/: {type: kv, config: {a: 1}, tune: {b: 2}, options: {version: 2}, environments: [prod]}

        """
    try fuzz(text, rounds: 150, seed: seed) { file in
      let schema = try SchemaReader.read([file], catalogue: .builtIn).schema
      for environment in ["prod", ""] { _ = schema.content(in: environment).mounts }
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `A damaged migration is read or explained, and what is read can be written`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let text = MigrationFile.text(generator.migration())
    try fuzz(text, rounds: 250, seed: seed) { file in
      let diagnostics = Diagnostics(.migrationInvalid)
      let migration = MigrationFile.read(file, diagnostics)
      try diagnostics.finish()
      let read = try #require(migration)
      #expect(try readMigration(MigrationFile.text(read)) == read)
      _ = try? Fold([read], environment: "prod")
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `A damaged chain is read or explained, and what is read can be written`(seed: UInt64) throws {
    let text = "0001 initial sha256:aa 11\n0002 web-role sha256:bb 22\n0003 x sha256:cc 33\n"
    try fuzz(text, rounds: 1_000, seed: seed) { file in
      let diagnostics = Diagnostics(.migrationInvalid)
      let chain = Chain.read(file, diagnostics)
      try diagnostics.finish()
      #expect(Chain.read(ProjectFile(path: "chain", bytes: Array(chain.text.utf8)), diagnostics) == chain)
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `A project with damaged files is validated without a crash`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var workspace = Workspace()
    for _ in 0..<3 {
      workspace.schema = RandomSchema(&generator).text(&generator)
      try workspace.generate()
    }
    let files = workspace.source.files.keys.sorted()
    for _ in 0..<20 {
      var damaged = workspace
      let file = generator.pick(files)
      var bytes = damaged.source.files[file] ?? []
      generator.mutate(&bytes)
      damaged.source.files[file] = bytes
      _ = try damaged.problems()
    }
  }
}
