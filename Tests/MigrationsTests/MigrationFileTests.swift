import Catalogue
import Migrations
import TestSupport
import Testing
import Values

/// The text of a migration.
@Suite struct MigrationFileTests {
  @Test func `A migration reads from path to outcome`() throws {
    let tasks: [Task] = [
      .write("sys/policies/acl/web", ["policy": "path \"a\" {\n}\n"]),
      .write(
        "auth/approle/role/web",
        ["token_ttl": "30m", "token_policies": ["web"]],
        was: .value(["token_ttl": "1h"]),
        scope: .only(["prod", "dev"])
      ),
      .run("pki/root/generate/internal#2027", ["common_name": "x"], scope: .except(["dev"])),
      Task(
        path: VaultPath("legacy/", in: "team"),
        action: .delete,
        was: .value(["type": "kv-v2"]),
        wasInside: ["legacy/x": ["a": 1]],
        approvals: ["prod": Approval(reason: "nobody reads it")]
      ),
    ]
    let text = MigrationFile.text(migration(2, tasks, name: "web-role", parent: "sha256:aa"))
    #expect(
      text == #"""
        version: 2
        name: web-role
        parent: sha256:aa
        tasks:
          - path: sys/policies/acl/web
            write:
              policy: |
                path "a" {
                }
            was: absent
          - path: auth/approle/role/web
            write:
              token_policies: [web]
              token_ttl: 30m
            was:
              token_ttl: 1h
            only: [dev, prod]
          - path: pki/root/generate/internal#2027
            run:
              common_name: x
            except: [dev]
          - path: legacy/
            namespace: team
            delete: true
            was:
              type: kv-v2
            was_inside:
              legacy/x:
                a: 1
            approve:
              prod: nobody reads it

        """#
    )
  }

  @Test(arguments: [
    ("0001-initial.yaml", 1, "initial"), ("0042-a-b.yaml", 42, "a-b"), ("12345-x.yaml", 12_345, "x"),
  ])
  func `A file's name tells version and name`(file: String, version: Int, name: String) throws {
    let parts = try #require(MigrationFile.parts(ofName: file))
    #expect(parts == (version, name))
    #expect(migration(version, [], name: name).fileName == file)
  }

  @Test(arguments: [
    "1-a.yaml", "001-a.yaml", "00001-a.yaml", "+001-a.yaml", "0001.yaml", "0001-.yaml", "0000-a.yaml",
    "0001-a.yml", "abcd-a.yaml",
    "-0001-a.yaml",
    "0001_a.yaml", "99999999999999999999-a.yaml", "chain", "",
  ])
  func `Any other name is none of a migration`(file: String) {
    #expect(MigrationFile.parts(ofName: file) == nil)
  }

  @Test(arguments: [
    (
      "tasks: []",
      "1:1: a migration needs version, name and tasks (migrations are written by generate; see the format in docs/reference.md)"
    ),
    (
      "version: one\nname: a\ntasks: []",
      "1:10: version of the migration must be a whole number, not a string"
    ),
    ("version: 1\nname: a\ntasks: {}", "3:8: tasks must be a list, not a map"),
    (
      "version: 1\nname: a\ntasks: []\nparnt: x",
      "4:1: the migration has an unknown key \"parnt\" (did you mean \"parent\"?)"
    ),
    ("[]", "1:1: the migration must be a map, not a list"),
    ("", "1:1: the migration is empty"),
  ])
  func `The frame of a migration is checked`(text: String, expected: String) throws {
    #expect(try complaints { try readMigration(text) }.first == "migrations/0001-test.yaml:\(expected)")
  }

  @Test(arguments: [
    ("{write: {a: 1}, was: absent}", ["4:5: a task has no path"]),
    ("{path: /a, write: {}, was: absent}", ["4:5: /a starts with a slash (write it as a)"]),
    (
      "{path: a/b, was: absent}",
      ["4:5: the task for a/b must have exactly one of write, run, delete and move"]
    ),
    (
      "{path: a/b, write: {}, delete: true, was: absent}",
      ["4:5: the task for a/b must have exactly one of write, run, delete and move"]
    ),
    (
      "{path: a/b, write: {}, run: {}}",
      ["4:5: the task for a/b must have exactly one of write, run, delete and move"]
    ),
    (
      "{path: a/b, delete: false, was: absent}",
      ["4:5: the task for a/b must have exactly one of write, run, delete and move"]
    ),
    ("{path: a/b, write: [x], was: absent}", ["4:24: a/b must be given a map of fields"]),
    ("{path: a/b, run: }", ["4:22: a/b must be given a map of fields"]),
    (
      "{path: a/b, write: {}}",
      [
        "4:5: the task for a/b does not say what was there before "
          + "(add \"was: absent\", or the value that the migrations before it left)"
      ]
    ),
    ("{path: a/b, write: {}, was: gone}", ["4:33: was of a/b must be \"absent\" or a map"]),
    ("{path: a/b, delete: true, was: [x]}", ["4:36: was of a/b must be \"absent\" or a map"]),
    ("{path: a/b, delete: yes, was: absent}", ["4:25: delete of a task must be true or false, not a string"]),
    (
      "{path: a/b, write: {}, was: absent, only: [dev], except: [prod]}",
      ["4:5: the task for a/b has both only and except"]
    ),
    (
      "{path: a/b, write: {}, was: absent, only: {a: b}}",
      ["4:47: only of a task must be a list of strings, not a map"]
    ),
    (
      "{path: a/b, write: {}, was: absent, onyl: [dev]}",
      ["4:41: a task has an unknown key \"onyl\" (did you mean \"only\"?)"]
    ),
    ("{path: a/, delete: true, was: {}, was_inside: 5}", ["4:51: was_inside of a/ must map paths to maps"]),
    (
      "{path: a/, delete: true, was: {}, was_inside: {a/x: 5}}",
      ["4:51: was_inside of a/ must map paths to maps"]
    ),
    (
      "{path: a/, delete: true, was: {}, approve: yes please}",
      [
        "4:48: approve of a/ must map environments to reasons (for example \"approve: {prod: destroys all data under legacy/}\")"
      ]
    ),
    (
      "{path: a/, delete: true, was: {}, approve: {prod: because, dev: true}}",
      [
        "4:48: approve of a/ must map environments to reasons (for example \"approve: {prod: destroys all data under legacy/}\")"
      ]
    ),
    (
      "{move: {from: a/}}",
      ["4:12: move needs from and to (move: {from: old/, to: new/})", "4:5: a task has no path"]
    ),
    (
      "{move: {from: a/, to: auth/b}}",
      ["4:5: only a secrets engine can be moved to the place of one, and an auth method to that of another"]
    ),
    ("5", ["4:5: a task must be a map, not a number"]),
  ])
  func `A task that makes no sense is refused where it stands`(task: String, expected: [String]) throws {
    let found = try complaints { try readMigration("version: 1\nname: test\ntasks:\n  - \(task)\n") }
      .filter { !$0.contains(": warning: ") }
    #expect(found == expected.map { "migrations/0001-test.yaml:\($0)" })
  }

  @Test func `A file whose name says something else is refused`() throws {
    var workspace = Workspace()
    workspace["migrations/0002-other.yaml"] = MigrationFile.text(migration(1, [], name: "test"))
    #expect(
      try workspace.problems() == [
        ".vault-migrations/migrations/0002-other.yaml:1:1: the file is named 0002-other, but holds 0001-test "
          + "(rename the file, or restore it with git)"
      ]
    )
  }

  @Test func `A file that is not named like a migration is refused`() throws {
    var workspace = Workspace()
    workspace["migrations/notes.yaml"] = "hello"
    workspace["migrations/README.md"] = "left alone"
    #expect(
      try workspace.problems() == [
        ".vault-migrations/migrations/notes.yaml:1:1: .vault-migrations/migrations/notes.yaml is not named like a migration "
          + "(migrations are named NNNN-name.yaml, with at least four digits)"
      ]
    )
  }
}
