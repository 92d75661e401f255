import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values

/// What an entry says about an action besides its arguments, without a server.
@Suite struct ActionTermsTests {
  private func problems(_ entries: String) throws -> [String] {
    try Workspace(desiredState(entries)).problems().filter { !$0.contains("do not give the schema") }
  }

  @Test func `Terms travel into the task, beside the arguments`() throws {
    var workspace = Workspace(
      desiredState(
        """
        ssh/: {type: ssh}
        ssh/config/ca:
          generate_signing_key: true
          save: {public_key: ssh_ca}
          unless: {path: ssh/config/ca, field: key_type, equals: rsa}
          at_most_once: true
        plugin/frobnicate#2: {depth: 3, unless: plugin/frobnicated}
        old/: {type: kv}
        old/app: {save: file.txt, unless: never}
        """
      )
    )
    let migration = try #require(try workspace.generate())
    let tasks = Dictionary(uniqueKeysWithValues: migration.tasks.map { ($0.path.path, $0) })
    let ca = try #require(tasks["ssh/config/ca"])
    #expect(ca.action == .run(["generate_signing_key": true]))
    #expect(ca.terms.save == ["public_key": .name("ssh_ca")])
    #expect(ca.terms.unless?.field?.value == "rsa" && ca.terms.atMostOnce)
    // What nobody knows becomes an action by its terms, and a secret's own fields stay its own.
    #expect(tasks["plugin/frobnicate#2"]?.action == .run(["depth": 3]))
    #expect(tasks["old/app"]?.action == .write(["save": "file.txt", "unless": "never"]))
    let text = MigrationFile.text(migration)
    #expect(
      text.contains(
        """
            run:
              generate_signing_key: true
            save:
              public_key: ssh_ca
            unless:
              path: ssh/config/ca
              equals: rsa
              field: key_type
            at_most_once: true

        """
      ),
      "\(text)"
    )
    #expect(try readMigration(text) == migration)
    #expect(try workspace.problems() == [])
  }

  @Test func `Terms of what has run cannot be changed, and what ran may leave the schema`() throws {
    var workspace = Workspace(
      desiredState(
        """
        pki/: {type: pki}
        pki/root/generate/internal: {common_name: a, save: {issuer_id: root}}
        pki/config/issuers: {default: "${saved:root}"}
        """
      )
    )
    try workspace.generate()
    #expect(try workspace.problems() == [])
    workspace.schema = workspace.schema.replacing("issuer_id: root", with: "issuer_id: other, key_id: root")
    #expect(try workspace.refusals().count == 1)
    #expect(
      try workspace.refusals().first?.contains(
        "has run already, what it saves and when it runs cannot be changed"
      )
        == true
    )
    workspace.schema = desiredState(
      """
      pki/: {type: pki}
      pki/config/issuers: {default: "${saved:root}"}
      """
    )
    #expect(try workspace.refusals() == [])
    #expect(try workspace.problems() == [])
  }

  @Test(arguments: [
    (
      "save: {secret_id: a b}",
      "secret_id in save of auth/approle/role/a/secret-id must be saved under a name"
    ),
    ("save: {secret_id: \"apps/#x\"}", "must be saved under a name, or in a field of a secret"),
    ("save: [secret_id]", "save of auth/approle/role/a/secret-id must be a map, not a list"),
    (
      "save: {secret_id: a, x: a}",
      "secret_id and x of auth/approle/role/a/secret-id are saved in one place: a"
    ),
    ("save: {secret_id: a}, unless: {path: x, field: y}", "must be a path, or path, field and equals"),
    ("save: {secret_id: a}, unless: /x", "must be a path, or path, field and equals"),
    (
      "ttl: 1h", "the answer of auth/approle/role/a/secret-id holds secret_id, which nobody can ask for again"
    ),
    (
      "save: {secret_id: \"apps/data/app#x\"}",
      "and apps/data/app is declared (.vault-migrations/schema.yaml:7:3)"
    ),
    ("save: {secret_id: \"apps/app#x\"}", "secrets of this mount lie below apps/data/"),
    ("save: {secret_id: \"auth/approle/x#x\"}", "which is no secret: auth/approle/ is of type approle"),
    (
      "save: {secret_id: twice}",
      "and auth/approle/role/a/secret-id (.vault-migrations/schema.yaml:4:3) are both saved as twice"
    ),
  ])
  func `Terms that cannot be kept are refused`(terms: String, expected: String) throws {
    let found = try problems(
      """
      auth/approle: {type: approle}
      auth/approle/role/b/secret-id: {save: {secret_id: twice}}
      auth/approle/role/a/secret-id: {\(terms)}
      apps/: {type: kv-v2}
      old/: {type: kv}
      apps/data/app: {data: {a: b}}
      """
    )
    #expect(found.contains { $0.contains(expected) }, "\(found)")
  }

  @Test func `A reference to what no action saves names the one that was meant`() throws {
    let found = try problems(
      """
      auth/approle: {type: approle}
      auth/approle/role/a/secret-id: {save: {secret_id: web_secret_id}}
      old/: {type: kv}
      old/a: {id: "${saved:web_secretid}"}
      """
    )
    #expect(
      found == [
        ".vault-migrations/schema.yaml:5:3: old/a refers to ${saved:web_secretid}, but no action saves anything as "
          + "web_secretid where it is declared (did you mean ${saved:web_secret_id}?)"
      ]
    )
  }

  @Test func `An action is only named where its environment is`() throws {
    let found = try problems(
      """
      auth/approle: {type: approle}
      auth/approle/role/a/secret-id: {save: {secret_id: web}, environments: [dev]}
      old/: {type: kv}
      old/a: {id: "${saved:web}", environments: [dev]}
      old/b: {id: "${saved:web}"}
      """
    )
    #expect(found.count == 1 && found.first?.contains("old/b refers to ${saved:web}") == true, "\(found)")
  }
}
