import Testing
import Values
import YAML

/// The canonical form, as files in a repository show it.
@Suite struct YAMLEmitterTests {
  @Test func `A migration reads as if written by hand`() {
    let value: Value = [
      "description": "Add the web role",
      "tasks": [
        [
          "write": ["token_policies": ["web", "read-only"], "token_ttl": "1h", "secret_id_num_uses": 0],
          "path": "x/y",
        ],
        [
          "write": ["policy": "path \"kv/*\" {\n  capabilities = [\"read\"]\n}\n"],
          "path": "sys/policies/acl/web",
        ],
        ["path": "pki/", "delete": true, "options": [:], "list": []],
      ],
    ]
    let expected = """
      # Generated.
      #
      # Review it.
      description: Add the web role
      tasks:
        - path: x/y
          write:
            secret_id_num_uses: 0
            token_policies: [web, read-only]
            token_ttl: 1h
        - path: sys/policies/acl/web
          write:
            policy: |
              path "kv/*" {
                capabilities = ["read"]
              }
        - path: pki/
          delete: true
          list: []
          options: {}

      """
    #expect(YAML.emit(value, keyOrder: ["path"], comment: "Generated.\n\nReview it.") == expected)
  }

  @Test(arguments: [
    ("1h", "1h"), ("", "\"\""), ("yes", "\"yes\""), ("012", "\"012\""), ("1.0", "\"1.0\""), ("~", "\"~\""),
    ("2001-12-14", "\"2001-12-14\""), ("10.0.0.1", "10.0.0.1"), ("${DB}", "${DB}"), ("a: b", "\"a: b\""),
    ("http://host:80/a#b", "http://host:80/a#b"), ("@team", "\"@team\""), ("C:\\x", "C:\\x"), ("ü 日", "ü 日"),
    ("a\u{202E}b", "\"a\\u202Eb\""), ("a\u{E0041}b", "\"a\\U000E0041b\""), ("tab\there", "\"tab\\there\""),
    ("a\r\nb", "\"a\\r\\nb\""),
  ])
  func `Strings are quoted only where a reader could take them for something else`(
    text: String,
    expected: String
  ) {
    #expect(YAML.emit(["k": .string(text)]) == "k: \(expected)\n")
  }

  @Test func `Keys are sorted by their scalars, after those that are named`() {
    let value: Value = ["b": 1, "B": 2, "a": ["z": 1, "path": 2], "é": 3, "😀": 4, "\u{FFFD}": 5]
    #expect(
      YAML.emit(value, keyOrder: ["path", "b", "b"]) == """
        b: 1
        B: 2
        a:
          path: 2
          z: 1
        é: 3
        \u{FFFD}: 5
        😀: 4

        """
    )
  }

  @Test func `A list stays on its line up to column 100`() {
    let fits = Value.array([
      .string(String(repeating: "a", count: 50)), .string(String(repeating: "b", count: 43)),
    ])
    #expect(YAML.emit(["k": fits]).utf8.count == 101)
    #expect(YAML.emit(["ke": fits]).hasPrefix("ke:\n  - aaa"))
    #expect(YAML.emit([["a": 1], [1, [2]], []]) == "- a: 1\n- - 1\n  - [2]\n- []\n")
    #expect(YAML.emit(["k": ["a,b", "c:d", "e f", "${X}"]]) == "k: [\"a,b\", \"c:d\", e f, \"${X}\"]\n")
  }

  @Test(
    arguments: [
      (.null, "null\n"), ([:], "{}\n"), ([], "[]\n"), ("a", "a\n"), (1, "1\n"), ("a\nb", "|-\n  a\n  b\n"),
      ([1, .null], "[1, null]\n"),
    ] as [(Value, String)]
  )
  func `Any value can be the whole document`(value: Value, expected: String) {
    #expect(YAML.emit(value) == expected)
  }

  @Test func `Secrets are never written`() {
    let value: Value = ["a": .secret(Secret("hunter2")), "b": [.secret(Secret("hunter2"))]]
    #expect(YAML.emit(value) == "a: (sensitive)\nb: [(sensitive)]\n")
  }

  @Test func `A comment cannot smuggle in content`() throws {
    let text = YAML.emit(["a": 1], comment: "one\r\ntwo\rb: 2\u{85}c: 3\u{2028}d: 4\u{7}")
    #expect(try YAML.parse(text, file: "t.yaml").document?.value == ["a": 1])
  }
}
