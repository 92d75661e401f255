import Testing
import Values
import YAML

/// What a file means.
@Suite struct YAMLTests {
  private func value(_ text: String) throws -> Value? {
    try YAML.parse(text, file: "t.yaml").document?.value
  }

  @Test func `A document keeps its order and its places`() throws {
    let text = """
      # comment
      zebra: 1
      ant:
        - a: b
          größe: [x, "y"]
      """
    let node = try #require(try YAML.parse(text, file: "schema.yaml").document)
    #expect(node.mapping?.map(\.key) == ["zebra", "ant"])
    #expect(node["ant"]?.location.description == "schema.yaml:4:3")
    let list = try #require(node["ant"]?.sequence?.first?["größe"])
    #expect(list.kind == "a list")
    #expect(list.sequence?.map(\.location.column) == [13, 16])
    #expect(list.sequence?.map(\.isPlain) == [true, false])
    #expect(node.mapping?.last?.keyLocation == SourceLocation(file: "schema.yaml", line: 3, column: 1))
    #expect(node.value == ["zebra": 1, "ant": [["a": "b", "größe": ["x", "y"]]]])
    #expect(node["missing"] == nil)
  }

  @Test(arguments: ["", "# only a comment\n", "---\n", "--- # nothing\n...\n", "\u{FEFF}"])
  func `A file without content has no document`(text: String) throws {
    #expect(try YAML.parse(text, file: "t.yaml").document == nil)
  }

  @Test(
    arguments: [
      ("null", .null), ("~", .null), ("NULL", .null), ("nULL", "nULL"), ("true", true), ("TRUE", true),
      ("False", false), ("tRUE", "tRUE"), ("yes", "yes"), ("nothing", "nothing"), ("'true'", "true"),
      ("!!str true", "true"), ("!!str", ""), ("!!null ''", .null), ("!!bool 'true'", true), ("! a", "a"),
    ] as [(String, Value)]
  )
  func `Words are what YAML 1.2 says`(text: String, expected: Value) throws {
    #expect(try value(text) == expected)
  }

  @Test(arguments: [
    ("0", "0"), ("+5", "5"), ("-5", "-5"), ("007", "7"), ("-0", "-0"), ("0xff", "255"), ("0o17", "15"),
    ("0xFFFFFFFFFFFFFFFFFFFFFFFF", "79228162514264337593543950335"), ("0x3B9ACA00", "1000000000"),
    ("123456789012345678901234567890", "123456789012345678901234567890"), ("1.10", "1.10"), (".5", "0.5"),
    ("-.5", "-0.5"), ("1.", "1.0"), ("1.e5", "1.0e5"), ("1e3", "1e3"), ("+1.5E-3", "1.5E-3"), ("00.5", "0.5"),
    ("!!int '5'", "5"), ("!!float 3", "3"),
  ])
  func `Numbers become JSON numbers of the same value`(text: String, expected: String) throws {
    #expect(try value(text) == .number(Number(text: expected)))
  }

  @Test(arguments: [
    "0o8", "0xg", "0x", "-0xff", "1_000", "1.2.3", "1e", "e3", ".", "-", "+", "- -", "10.0.0.1", "--1",
  ])
  func `What only looks like a number is text`(text: String) throws {
    guard text != "-", text != "- -" else { return }
    #expect(try value(text) == .string(text))
  }

  @Test(arguments: [
    ("yes", "a boolean", "text"), ("Off", "a boolean", "text"), ("N", "a boolean", "text"),
    ("012", "an octal number", "decimal"), ("1_000", "a number", "text"),
    ("190:20:30", "a number to the base 60", "text"), ("0b101", "a binary number", "text"),
    ("-0xff", "a hexadecimal number", "text"), ("2001-12-14", "a timestamp", "text"),
    ("2001-12-14 21:59:43", "a timestamp", "text"),
  ])
  func `What YAML 1.1 reads differently is warned about`(text: String, other: String, here: String) throws {
    let warnings = try YAML.parse("key: \(text)", file: "t.yaml").warnings
    #expect(
      warnings.map(\.description) == [
        "t.yaml:1:6: YAML 1.1 reads this as \(other); here it is \(here); "
          + "quote it if it is text; otherwise write what you mean in full"
      ]
    )
    #expect(try YAML.parse("key: '\(text)'", file: "t.yaml").warnings.isEmpty)
    #expect(try YAML.parse("\(text): key", file: "t.yaml").warnings.isEmpty)
  }

  @Test(arguments: [
    "0", "10", "0.5", "1h", "10.0.0.1", "1:a", "2001-12", "yES", "08", "0xff", "team-1", "12:99",
    "000\u{31A}1",
  ])
  func `What both versions read alike is not warned about`(text: String) throws {
    #expect(try YAML.parse(text, file: "t.yaml").warnings.isEmpty)
  }

  @Test func `Aliases repeat what their latest anchor holds`() throws {
    #expect(
      try value("a: &x [1, &y two]\nb: *x\nc: *y\nd: &x 3\ne: *x\n")
        == ["a": [1, "two"], "b": [1, "two"], "c": "two", "d": 3, "e": 3]
    )
    #expect(try value("a: &x [&x 1, *x]\nb: *x\n") == ["a": [1, 1], "b": 1])
  }

  @Test func `A byte order mark is no part of the text, and places do not count it`() throws {
    let node = try #require(try YAML.parse("\u{FEFF}a: b", file: "t.yaml").document)
    #expect(node.mapping?.first?.keyLocation.column == 1)
    #expect(node.value == ["a": "b"])
  }

  @Test func `An anchor without a value may be an unquoted password`() throws {
    let (document, warnings) = try YAML.parse("password: &hunter2\n", file: "t.yaml")
    #expect(document?.value == ["password": .null])
    #expect(
      warnings.map(\.description) == [
        "t.yaml:1:11: this is an anchor without a value; quote text that starts with an ampersand"
      ]
    )
  }

  @Test func `A hundred levels are fine`() throws {
    let text = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(try value(text) != nil)
  }

  @Test func `Large maps are read in linear time and still checked for duplicates`() throws {
    let lines = (0..<20_000).map { "key\($0): \($0)\n" }.joined()
    #expect(try value(lines)?.object?.count == 20_000)
    #expect(throws: YAMLError.self) { try value(lines + "key19999: 1\n") }
  }
}
