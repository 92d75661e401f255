import Testing
import Values

/// Reading and writing JSON as servers speak it.
@Suite struct JSONTests {
  @Test func `An answer of a server becomes a value`() throws {
    let text =
      #"{"data": {"ttl": 3600, "rate": 1.10, "keys": ["a", "b/"], "none": null, "on": true, "": {}}}"#
    #expect(
      try JSON.parse(Array(text.utf8)) == [
        "data": [
          "ttl": 3600, "rate": .number(Number(text: "1.10")), "keys": ["a", "b/"], "none": .null, "on": true,
          "": [:],
        ]
      ]
    )
  }

  @Test(arguments: ["0", "-0", "1.10", "123456789012345678901234567890", "1E+9", "-2.5e-7", "1e400"])
  func `Numbers keep their text`(text: String) throws {
    #expect(try JSON.parse(Array(text.utf8)) == .number(Number(text: text)))
    #expect(JSON.text(try JSON.parse(Array(" [ \(text) ] ".utf8))) == "[\(text)]")
  }

  @Test(arguments: [
    (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u00e9\u0000""#, "é\0"), (#""\ud83d\ude00""#, "😀"),
    (#""a\uD83D\uDE00b ü""#, "a😀b ü"), (#""\uFFFF""#, "\u{FFFF}"), (#""\udbff\udfff""#, "\u{10FFFF}"),
  ])
  func `Escapes are understood`(text: String, expected: String) throws {
    #expect(try JSON.parse(Array(text.utf8)) == .string(expected))
  }

  @Test func `The last of several members with one name stays`() throws {
    #expect(try JSON.parse(Array(#"{"a": 1, "b": 2, "a": 3}"#.utf8)) == ["a": 3, "b": 2])
  }

  @Test(arguments: [
    ("", "This is not JSON: it ends too early, at byte 0."),
    ("{\"a\": [1, ", "This is not JSON: it ends too early, at byte 10."),
    ("\"hunter2", "This is not JSON: it ends too early, at byte 8."),
    ("\"\\ud83", "This is not JSON: it ends too early, at byte 6."),
    ("hunter2", "This is not JSON: a value is missing, at byte 0."),
    ("[nul1]", "This is not JSON: an unknown word is here, at byte 4."),
    ("{} {}", "This is not JSON: there is something after the end, at byte 3."),
    ("[1,]", "This is not JSON: a value is missing, at byte 3."),
    ("[1 2]", "This is not JSON: a comma or ] is missing, at byte 3."),
    ("{\"a\" 1}", "This is not JSON: a colon is missing, at byte 5."),
    ("{a: 1}", "This is not JSON: a name in quotes is missing, at byte 1."),
    ("{\"a\": 1 \"b\"}", "This is not JSON: a comma or } is missing, at byte 8."),
    ("[01]", "This is not JSON: a comma or ] is missing, at byte 2."),
    ("[1.]", "This is not JSON: a digit is missing, at byte 3."),
    ("[-]", "This is not JSON: a digit is missing, at byte 2."),
    ("[1e+]", "This is not JSON: a digit is missing, at byte 4."),
    ("[+1]", "This is not JSON: a value is missing, at byte 1."),
    ("[.5]", "This is not JSON: a value is missing, at byte 1."),
    ("\"\\x\"", "This is not JSON: an unknown escape is in a string, at byte 2."),
    ("\"\\u00g0\"", "This is not JSON: four hexadecimal digits are missing, at byte 5."),
    ("\"\\ud800\"", "This is not JSON: half of a surrogate pair is in a string, at byte 7."),
    ("\"\\ude00\\ud83d\"", "This is not JSON: half of a surrogate pair is in a string, at byte 13."),
    ("\"a\nb\"", "This is not JSON: a control character is in a string, at byte 2."),
    ("\"\\n\u{1}\"", "This is not JSON: a control character is in a string, at byte 3."),
  ])
  func `Errors say what is wrong and where, and repeat nothing`(text: String, expected: String) {
    let error = #expect(throws: JSONError.self) { try JSON.parse(Array(text.utf8)) }
    #expect(error?.description == expected)
  }

  @Test(arguments: [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82]] as [[UInt8]])
  func `Strings that are not UTF-8 are refused`(bytes: [UInt8]) {
    for start in ["\"", "\"\\n", "\"ü"] {
      #expect(throws: JSONError.self) { try JSON.parse(Array(start.utf8) + bytes + Array("\"".utf8)) }
    }
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `Nesting is bounded`(open: String) throws {
    let close = open == "[" ? "]" : "}"
    func nested(_ depth: Int) -> [UInt8] {
      Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
    }
    _ = try JSON.parse(nested(511))
    let error = #expect(throws: JSONError.self) { try JSON.parse(nested(100_000)) }
    #expect(error?.message == "it is nested more than 512 levels deep")
  }

  @Test func `Keys are sorted by their scalars, so equal values give equal text`() {
    let value: Value = ["b": 1, "a": [true, .null, "x"], "B": [:], "é": [], "\u{FFFD}": 1, "😀": 2]
    #expect(JSON.text(value) == #"{"B":{},"a":[true,null,"x"],"b":1,"é":[],"\#u{FFFD}":1,"😀":2}"#)
  }

  @Test func `Pretty text has a member to a line`() {
    let value: Value = ["a": [1, ["b": "c"]], "d": [], "e": [:]]
    #expect(
      JSON.text(value, pretty: true) == """
        {
          "a": [
            1,
            {
              "b": "c"
            }
          ],
          "d": [],
          "e": {}
        }
        """
    )
  }

  @Test func `Control characters and quotes are escaped`() {
    #expect(JSON.text("\"\\/\n\r\t\u{1}\u{1F}\u{7F}ü") == "\"\\\"\\\\/\\n\\r\\t\\u0001\\u001f\u{7F}ü\"")
  }

  @Test func `Secrets are shown only where asked for by name`() {
    let value: Value = ["password": .secret(Secret("hunter\"2"))]
    #expect(JSON.text(value) == #"{"password":"(sensitive)"}"#)
    #expect(JSON.text(value, pretty: true).contains("(sensitive)"))
    #expect(JSON.bytesExposingSecrets(value) == Array(#"{"password":"hunter\"2"}"#.utf8))
  }
}
