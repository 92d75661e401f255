import Migrations
import TestSupport
import Testing
import Values

/// Mistakes in the schema, each told with place and remedy.
@Suite struct SchemaErrorTests {
  @Test func `A path declared twice names both places, also in another spelling`() throws {
    #expect(
      try complaints(about: "auth/x: {type: approle}\nauth/x/: {type: approle}") == [
        "schema.yaml:3:3: auth/x is declared twice; the other place is schema.yaml:2:3 (keep one of the two)"
      ]
    )
  }

  @Test func `Two names that the server writes in one way are one`() throws {
    #expect(
      try complaints(about: "sys/policies/acl/Web: {policy: a}\nsys/policies/acl/web: {policy: b}") == [
        "schema.yaml:3:3: sys/policies/acl/web and sys/policies/acl/Web are one to the server, "
          + "which writes names in lower case; the other place is schema.yaml:2:3 (keep one of the two)"
      ]
    )
    let methods = "auth/A: {type: approle}\nauth/a: {type: approle}\nauth/A/role/x: {}\nauth/a/role/x: {}"
    #expect(try schema(methods).values.count == 4)
    #expect(try schema("s/: {type: kv-v2}\ns/data/App: {data: {}}\ns/data/app: {data: {}}").values.count == 3)
  }

  @Test func `A path declared in two files names both files`() throws {
    let found = try complaints {
      try readSchema([
        ("schema/a.yaml", "desired_state: {sys/policies/acl/web: {policy: x}}"),
        ("schema/b.yaml", "# other\ndesired_state:\n  sys/policies/acl/web: {policies: [x]}"),
      ])
    }
    #expect(
      found == [
        "schema/b.yaml:3:3: sys/policies/acl/web is declared twice; the other place is schema/a.yaml:1:17 "
          + "(keep one of the two)"
      ]
    )
  }

  @Test(arguments: [
    ("/a/: {type: kv}", "/a/ starts with a slash (write it as a/)"),
    ("v1/sys/x: {}", "v1/sys/x starts with v1/ (paths are written without the API version: sys/x)"),
    ("a//b: {}", "a//b has an empty segment (remove the doubled slash)"),
    ("a/../b: {}", "a/../b has a segment \"..\" (write the path without it)"),
    ("\"a/../\u{301}b\": {}", "a/../\u{301}b has a segment \"..\" (write the path without it)"),
    ("a/.: {}", "a/. has a segment \".\" (write the path without it)"),
    ("auth/: {type: x}", "auth/ is not a mount (write auth/NAME for an auth method)"),
    ("\"\": {}", "a path is empty (write the path of a mount, an auth method or an API endpoint)"),
    ("\"a\\tb\": {}", "a path holds a control character (remove it)"),
  ])
  func `A path that no server has is refused`(entry: String, expected: String) throws {
    #expect(try complaints(about: entry) == ["schema.yaml:2:3: \(expected)"])
  }

  @Test(
    arguments: [
      ("a/: {}", "schema.yaml:2:7: a/ has no type (for example \"type: kv-v2\")"),
      ("auth/a: {}", "schema.yaml:2:11: auth/a has no type (for example \"type: approle\")"),
      ("a/: {type: [kv]}", nil),
      ("a/: {description: x, config: {}}", "schema.yaml:2:7: a/ has no type (for example \"type: kv-v2\")"),
      (
        "a/: {type: kv, desription: x}",
        "schema.yaml:2:18: a/ has an unknown key \"desription\" (did you mean \"description\"?)"
      ),
      ("a/: {type: kv, config: 5}", "schema.yaml:2:26: config of a/ must be a map, not a number"),
      ("a/: {type: kv, options: [x]}", "schema.yaml:2:27: options of a/ must be a map, not a list"),
      ("a/: {type: kv, local: 1}", "schema.yaml:2:25: local of a/ must be true or false, not a number"),
      (
        "a/: {type: kv, config: {max_lease_ttl: 1h}, tune: {max_lease_ttl: 1h}}",
        "schema.yaml:2:7: a/ has max_lease_ttl both under config and under tune (keep one of the two; they mean the same)"
      ),
      ("a/: kv", "schema.yaml:2:7: a/ must be a map of fields, not a string"),
      ("a/x: [1]", "schema.yaml:2:8: a/x must be a map of fields, not a list"),
      ("a/x: 5", "schema.yaml:2:8: a/x must be a map of fields, not a number"),
    ] as [(String, String?)]
  )
  func `An entry that makes no sense is refused where it stands`(entry: String, expected: String?) throws {
    let found = try complaints(about: entry)
    #expect(expected.map { found == [$0] } ?? !found.isEmpty, "\(found)")
  }

  @Test(arguments: ["a/x: {b: null}", "a/x: {b: ~}", "a/x: {b: }", "a/x: {c: {b: }}", "a/x: {b: [1, null]}"])
  func `A field without a value is refused, because servers panic on it`(entry: String) throws {
    let found = try complaints(about: entry)
    #expect(found.count == 1)
    #expect(
      found[0].hasSuffix(
        ": b of a/x has no value (remove the field to leave it to the server, or write \"\" for an empty text)"
      ),
      "\(found)"
    )
  }

  @Test(arguments: [
    (
      "a/x:\n  b: \"${OPEN\"",
      "schema.yaml:3:8: a reference that starts with \"${\" has no closing \"}\" (write \"$${\" for a literal \"${\")"
    ),
    (
      "a/x:\n  b: [x, \"${cubby:secret/x#y}\"]",
      "schema.yaml:3:12: references of the kind \"${cubby:…}\" are not supported by this version "
        + "(known kinds: ${NAME}, ${NAME:-default}, ${file:path}, ${accessor:path}, ${id:path}, ${saved:NAME}, ${vault:path#field}; write \"$${\" for a literal \"${\")"
    ),
    (
      "a/x:\n  b: ${vault:secret/x}",
      "schema.yaml:3:8: ${vault:secret/x}: it does not name a field (write ${vault:secret/data/app#password})"
    ),
    (
      "a/x:\n  b: ${saved:a-b}",
      "schema.yaml:3:8: ${saved:a-b}: a saved answer has no such name "
        + "(names hold letters, digits and _, as in save: of an action)"
    ),
    (
      "sys/policies/acl/x:\n  policies:\n    - path: {\"secret/${bad-name}\": {capabilities: [read]}}",
      "schema.yaml:4:16: a reference \"${…}\" does not hold a variable name "
        + "(use letters, digits and _; write \"$${\" for a literal \"${\")"
    ),
    (
      "a/: {type: kv, description: \"${\"}",
      "schema.yaml:2:31: a reference that starts with \"${\" has no closing \"}\" (write \"$${\" for a literal \"${\")"
    ),
  ])
  func `A bad reference is refused where it stands`(entries: String, expected: String) throws {
    #expect(try complaints(about: entries) == [expected])
  }

  @Test(arguments: ["prod", "[]", "[5]", "{prod: true}", ""])
  func `Environments are a list of names`(value: String) throws {
    let found = try complaints(about: "a/x: {b: 1, environments: \(value)}")
    #expect(found.count == 1)
    #expect(
      found[0].hasSuffix(
        ": environments of a/x must be a list of names (for example \"environments: [prod]\")"
      ),
      "\(found)"
    )
  }

  @Test(arguments: [
    (
      "desired_sate: {}",
      "schema.yaml:1:1: the schema has an unknown key \"desired_sate\" (did you mean \"desired_state\"?)"
    ),
    ("desired_state: [a]", "schema.yaml:1:16: desired_state must be a map, not a list"),
    ("- a", "schema.yaml:1:1: the schema must be a map, not a list"),
    ("namespaces: [a]", "schema.yaml:1:13: namespaces must be a map, not a list"),
    ("namespaces: {a: [b]}", "schema.yaml:1:17: namespace a must be a map, not a list"),
    (
      "namespaces: {a/b: {}}",
      "schema.yaml:1:14: \"a/b\" is not a namespace (a nested namespace goes under the namespaces: of its parent)"
    ),
    (
      "namespaces: {a: {desird_state: {}}}",
      "schema.yaml:1:18: namespace a has an unknown key \"desird_state\" (did you mean \"desired_state\"?)"
    ),
  ])
  func `The frame of a schema is checked too`(text: String, expected: String) throws {
    #expect(try complaints { try readSchema([("schema.yaml", text)]) } == [expected])
  }

  @Test func `All mistakes are told in one pass, and end with their own exit status`() throws {
    let error = #expect(throws: Problems.self) {
      try readSchema([
        ("a.yaml", "desired_state: {/x: {}, a/: {}, b/y: {c: }}"), ("b.yaml", "desired_state: {a: ["),
      ])
    }
    #expect(error?.items.count == 4)
    #expect(error?.items.allSatisfy { $0.code == .schemaInvalid && $0.code.exitStatus == 65 } == true)
  }

  @Test func `A missing schema says where it was looked for`() throws {
    var workspace = Workspace()
    workspace.remove("schema.yaml")
    #expect(
      try workspace.problems() == [
        "there is no schema at .vault-migrations/schema.yaml (run init, or set \"schema:\" in config.yaml)"
      ]
    )
  }
}
