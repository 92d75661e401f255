import Testing
import YAML

/// What a user reads when a file is wrong: the whole text, and never a value of the file.
@Suite struct YAMLErrorTests {
  @Test(arguments: [
    (
      "a: 1\nb: 2\na: 3\n",
      "t.yaml:3:1: the key 'a' is in this map twice; the first is in line 1, column 1; remove one of them"
    ),
    (
      "a: &x {b: 1}\nc:\n  <<: *x\n",
      "t.yaml:3:3: merge keys (<<) are not part of YAML 1.2; "
        + "write the keys out, or give the whole value by an alias"
    ),
    (
      "password: !hunter2\n",
      "t.yaml:1:11: this has an unknown tag, or one that does not fit; "
        + "quote text that starts with an exclamation mark"
    ),
    (
      "a: !!int hunter2\n",
      "t.yaml:1:4: this value is not what its tag !!int says; remove the tag, or quote the text"
    ),
    (
      "a: !!map [1]\n",
      "t.yaml:1:4: this has an unknown tag, or one that does not fit; "
        + "quote text that starts with an exclamation mark"
    ),
    (
      "password: *hunter2\n",
      "t.yaml:1:11: this alias has no anchor before it; quote text that starts with an asterisk"
    ),
    ("a: &x [1, *x]\n", "t.yaml:1:11: this alias stands inside what it refers to"),
    ("[a]: 1\n", "t.yaml:1:1: a key must be text, not a list, a map or an alias"),
    ("? # no key\n: 1\n", "t.yaml:1:2: a key is missing here"),
    ("a: .inf\n", "t.yaml:1:4: infinity and not-a-number have no place in JSON; quote it if it is text"),
    ("a: 1\n---\nb: 2\n", "t.yaml:2:1: a second document starts here; keep one document in a file"),
    (
      "a: b\n  ä\u{7}",
      "t.yaml:2:4: there is a control character here; write it as an escape such as \\u0007 in double quotes"
    ),
    (
      "a:\n\t- hunter2\n",
      "t.yaml:2:1: this is not YAML: found character that cannot start any token while scanning for the next "
        + "token; indent with spaces, not tabs, and quote text that starts with @, %, or a backtick"
    ),
    (
      "a: hunter2: b\n",
      "t.yaml:1:11: this is not YAML: mapping values are not allowed in this context; "
        + "quote text that contains a colon followed by a space, and check the indentation"
    ),
    (
      "a: [1,\nb: 2\n",
      "t.yaml:3:1: this is not YAML: did not find expected ',' or ']' while parsing a flow sequence that starts "
        + "in line 1"
    ),
    (
      "a: 1\nb: 'hunter2\n",
      "t.yaml:3:1: this is not YAML: found unexpected end of stream while scanning a quoted scalar that starts in "
        + "line 2"
    ),
  ])
  func `Errors say where, what and what to do`(text: String, expected: String) {
    let error = #expect(throws: YAMLError.self) { try YAML.parse(text, file: "t.yaml") }
    #expect(error?.description == expected)
  }

  @Test func `Bytes that are not UTF-8 are refused at their place`() {
    let error = #expect(throws: YAMLError.self) {
      try YAML.parse(Array("a: ü\nb: ".utf8) + [0xFF], file: "t.yaml")
    }
    #expect(error?.description == "t.yaml:2:4: this is not valid UTF-8; save the file as UTF-8")
    let utf16: [UInt8] = [0xFF, 0xFE, 0x61, 0x00]
    #expect(throws: YAMLError.self) { try YAML.parse(utf16, file: "t.yaml") }
  }

  @Test(arguments: [101, 100_000])
  func `Deep nesting is refused before it costs anything`(depth: Int) {
    for unit in ["[", "- ", "{a: "] {
      let text = String(repeating: unit, count: depth) + "1"
      let error = #expect(throws: YAMLError.self) { try YAML.parse(text, file: "t.yaml") }
      #expect(error?.message == "lists and maps are nested more than 100 levels deep here", "\(unit)")
    }
  }

  @Test func `Aliases cannot nest deeper than lists and maps can`() {
    let lines = (1...60).map { "- &a\($0) [[*a\($0 - 1)]]\n" }.joined()
    let error = #expect(throws: YAMLError.self) { try YAML.parse("- &a0 1\n" + lines, file: "t.yaml") }
    #expect(
      error?.description == "t.yaml:51:10: lists and maps are nested more than 100 levels deep here"
    )
  }

  @Test func `Aliases of aliases of aliases are refused`() {
    let lines = (1...9).map { level in
      "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
    }
    let error = #expect(throws: YAMLError.self) {
      try YAML.parse("a0: &a0 lol\n" + lines.joined(), file: "t.yaml")
    }
    #expect(error?.message == "the aliases up to here expand to too many values")
  }

  @Test(arguments: ["", "k: ", "? "])
  func `A long text cannot be repeated without measure`(lead: String) {
    let long = String(repeating: "x", count: 1_000_000)
    let text = "- &a\n  \(lead)\(long)\n" + String(repeating: "- *a\n", count: 50)
    let error = #expect(throws: YAMLError.self) { try YAML.parse(text, file: "t.yaml") }
    #expect(error?.message == "the aliases up to here expand to too many values")
  }

  @Test func `A hexadecimal number of a megabyte is refused`() {
    let text = "0x" + String(repeating: "f", count: 1_000_000)
    #expect(throws: YAMLError.self) { try YAML.parse(text, file: "t.yaml") }
  }
}
