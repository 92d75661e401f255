import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// What holds for every migration, tried on many.
@Suite struct MigrationPropertyTests {
  @Test(arguments: 0..<6 as Range<UInt64>)
  func `What is written is read back the same, with the same checksum and bytes`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<150 {
      let migration = generator.migration()
      let text = MigrationFile.text(migration)
      let read = try #require(try readMigration(text), "\(text)")
      #expect(read == migration, "\(text)")
      #expect(read.checksum == migration.checksum)
      #expect(MigrationFile.text(read) == text)
    }
  }

  @Test func `A checksum names its algorithm and sees meaning only`() throws {
    let original = try #require(
      try readMigration(
        "version: 1\nname: a\ntasks:\n  - path: a/b\n    write: {x: 1, y: [p, q]}\n    was: absent\n"
      )
    )
    let rewritten = try #require(
      try readMigration(
        """
        # by hand
        tasks: [{"was": "absent", write: {"y": ["p", 'q'], x: 1},   path: a/b}]   # why

        name: "a"
        version: 1
        """
      )
    )
    #expect(original.checksum == rewritten.checksum)
    #expect(original.checksum.hasPrefix("sha256:") && original.checksum.count == "sha256:".count + 64)
  }

  @Test func `A checksum changes with every part of a migration`() {
    let task = Task(
      path: VaultPath("a/", in: "team"),
      action: .delete,
      was: .value(["type": "kv"]),
      wasInside: ["a/x": ["k": "v"]],
      scope: .only(["prod"]),
      approvals: ["prod": Approval(reason: "why")]
    )
    func changed(_ change: (inout Task) -> Void) -> Task {
      var copy = task
      change(&copy)
      return copy
    }
    let tasks = [
      task, changed { $0.action = .write(["type": "kv"]) }, changed { $0.action = .run(["type": "kv"]) },
      changed { $0.action = .write(["type": "kv", "x": 1]) },
      changed { $0.action = .write(["type": "kv", "x": "1"]) },
      changed { $0.was = .absent }, changed { $0.was = nil },
      changed { $0.was = .value(["type": "kv", "x": [1, 2]]) },
      changed { $0.was = .value(["type": "kv", "x": [2, 1]]) }, changed { $0.wasInside = [:] },
      changed { $0.wasInside = ["a/x": ["k": "w"]] }, changed { $0.scope = .all },
      changed { $0.scope = .except(["prod"]) },
      changed { $0.scope = .only(["prod", "dev"]) }, changed { $0.terms.atMostOnce = true },
      changed { $0.once = true }, changed { $0.terms.save = ["a": .name("x")] },
      changed { $0.terms.save = ["a": .name("y")] },
      changed { $0.terms.save = ["a": .secret(path: "s/x", field: "y")] },
      changed { $0.terms.unless = ActionTerms.Condition(path: "s/x") },
      changed { $0.terms.unless = ActionTerms.Condition(path: "s/x", field: ("y", 1)) },
      changed { $0.terms.unless = ActionTerms.Condition(path: "s/x", field: ("y", "1")) },
      Task(path: VaultPath("a/"), action: .delete, was: .value(["type": "kv"])),
      Task(path: VaultPath("b/"), action: .delete, was: .value(["type": "kv"])),
    ]
    var migrations = tasks.map { migration(1, [$0]) }
    migrations += [
      migration(2, [task]), migration(1, [task], name: "other"), migration(1, [task], parent: "sha256:aa"),
      migration(1, [task], parent: "sha256:bb"), migration(1, []), migration(1, [task, tasks[1]]),
      migration(1, [tasks[1], task]),
    ]
    #expect(Set(migrations.map(\.checksum)).count == migrations.count)
    let approved = migration(
      1,
      [changed { $0.approvals = ["dev": Approval(reason: "why", losses: ["roles": .exactly(3)])] }]
    )
    #expect(approved.checksum == migrations[0].checksum, "an approval may be given later")
  }

  @Test func `An edit of any number, word or mark in a file changes its checksum or is refused`() throws {
    let original = migration(
      3,
      [
        .write(
          "auth/approle/role/web",
          ["token_ttl": 30, "token_policies": ["web", "app"]],
          was: .value(["token_ttl": 60])
        ),
        .run("pki/root/generate/internal", ["common_name": "Root"], scope: .only(["prod"])),
      ],
      parent: "sha256:aa"
    )
    let text = MigrationFile.text(original)
    var edits = 0
    for index in text.indices where text[index].isLetter || text[index].isNumber {
      var edited = text
      edited.replaceSubrange(index...index, with: text[index] == "7" ? "8" : "7")
      edits += 1
      guard let read = try? readMigration(edited) else { continue }
      #expect(read.checksum != original.checksum, "\(edited)")
    }
    #expect(edits > 150)
  }
}
