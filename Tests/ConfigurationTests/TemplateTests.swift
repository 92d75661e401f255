import Configuration
import Testing

/// How `${…}` is read.
@Suite struct TemplateTests {
  @Test(
    arguments: [
      ("plain", [.literal("plain")]), ("", [.literal("")]), ("$", [.literal("$")]),
      ("a$b {c}", [.literal("a$b {c}")]),
      ("${A}", [.reference(.variable("A", fallback: nil))]),
      ("${_a9}", [.reference(.variable("_a9", fallback: nil))]),
      ("${A:-x}", [.reference(.variable("A", fallback: "x"))]),
      ("${A:-}", [.reference(.variable("A", fallback: ""))]),
      ("${A:-http://h:1/:-x}", [.reference(.variable("A", fallback: "http://h:1/:-x"))]),
      ("${file:secrets/key.pem}", [.reference(.file("secrets/key.pem"))]),
      ("${file:a:-b}", [.reference(.file("a:-b"))]),
      (
        "x${A}y${B}z",
        [
          .literal("x"), .reference(.variable("A", fallback: nil)), .literal("y"),
          .reference(.variable("B", fallback: nil)), .literal("z"),
        ]
      ),
      ("${A}${A}", [.reference(.variable("A", fallback: nil)), .reference(.variable("A", fallback: nil))]),
      ("${accessor:auth/approle}", [.reference(.given(.init(.accessor, of: "auth/approle")))]),
      (
        "{{identity.entity.aliases.${accessor:auth/x}.name}}",
        [
          .literal("{{identity.entity.aliases."), .reference(.given(.init(.accessor, of: "auth/x"))),
          .literal(".name}}"),
        ]
      ),
      (
        "${id:identity/entity/name/Jo Doe}",
        [.reference(.given(.init(.id, of: "identity/entity/name/Jo Doe")))]
      ),
      ("${id:a:-b}", [.reference(.given(.init(.id, of: "a:-b")))]),
      ("$${A}", [.literal("${A}")]), ("$$${A}", [.literal("$${A}")]),
      ("$${A}-${B}", [.literal("${A}-"), .reference(.variable("B", fallback: nil))]),
      (
        "{{identity.entity.id}} ${A}",
        [.literal("{{identity.entity.id}} "), .reference(.variable("A", fallback: nil))]
      ),
    ] as [(String, [Template.Segment])]
  )
  func `Every form of a reference is understood`(text: String, expected: [Template.Segment]) throws {
    #expect(try Template(text).segments == expected)
  }

  @Test(arguments: [
    ("${A", "a reference that starts with \"${\" has no closing \"}\"", "write \"$${\" for a literal \"${\""),
    (
      "a ${", "a reference that starts with \"${\" has no closing \"}\"", "write \"$${\" for a literal \"${\""
    ),
    (
      "${cubby:secret/data/x#field}",
      "references of the kind \"${cubby:…}\" are not supported by this version",
      "known kinds: ${NAME}, ${NAME:-default}, ${file:path}, ${accessor:path}, ${id:path}, ${saved:NAME}, ${vault:path#field}; write \"$${\" for a literal \"${\""
    ),
    (
      "${id:}",
      "references of the kind \"${id:…}\" are not supported by this version",
      "known kinds: ${NAME}, ${NAME:-default}, ${file:path}, ${accessor:path}, ${id:path}, ${saved:NAME}, ${vault:path#field}; write \"$${\" for a literal \"${\""
    ),
    (
      "${file:}", "references of the kind \"${file:…}\" are not supported by this version",
      "known kinds: ${NAME}, ${NAME:-default}, ${file:path}, ${accessor:path}, ${id:path}, ${saved:NAME}, ${vault:path#field}; write \"$${\" for a literal \"${\""
    ),
    (
      "${}", "a reference \"${…}\" does not hold a variable name",
      "use letters, digits and _; write \"$${\" for a literal \"${\""
    ),
    (
      "${hunter 2}", "a reference \"${…}\" does not hold a variable name",
      "use letters, digits and _; write \"$${\" for a literal \"${\""
    ),
    (
      "${1A}", "a reference \"${…}\" does not hold a variable name",
      "use letters, digits and _; write \"$${\" for a literal \"${\""
    ),
  ])
  func `A bad reference is explained, without repeating text that could be secret`(
    text: String,
    message: String,
    hint: String
  ) {
    let error = #expect(throws: Template.SyntaxError.self) { try Template(text) }
    #expect(error?.message == message)
    #expect(error?.hint == hint)
  }

  @Test func `The references of a text are listed`() throws {
    #expect(
      try Template("a ${B} $${C} ${file:d}").references.map(\.description) == ["${B}", "${file:d}"]
    )
  }
}
