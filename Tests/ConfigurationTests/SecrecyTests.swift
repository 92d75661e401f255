import Configuration
import TestSupport
import Testing
import Values

/// What came from outside `config.yaml` is secret, wherever it goes.
@Suite struct SecrecyTests {
  private let world = World(
    """
    variables:
      literal: localhost
      direct: "${TOKEN}"
      built: "https://${literal}/${direct}"
      nested: {deep: ["${built}", "${literal}"]}
      region: "eu-${REGION}"
      from_file: "${file:key}"
      with_default: "${NOT_SET:-open}"
    plain: [REGION]
    """,
    process: ["TOKEN": "hunter2", "REGION": "west"],
    files: ["key": "k3y"]
  )

  @Test(
    arguments: [
      ("${TOKEN}", secret("hunter2")), ("${REGION}", "west"), ("${literal}", "localhost"),
      ("${direct}", secret("hunter2")),
      ("${built}", secret("https://localhost/hunter2")), ("${region}", "eu-west"),
      ("${file:key}", secret("k3y")),
      ("${from_file}", secret("k3y")), ("${with_default}", "open"),
      ("${nested}", ["deep": [secret("https://localhost/hunter2"), "localhost"]]),
      ("a ${TOKEN} b", secret("a hunter2 b")), ("a ${REGION} b", "a west b"),
    ] as [(String, Value)]
  )
  func `Secrecy follows a value through every variable and text`(text: String, expected: Value) throws {
    #expect(try world.resolve(.string(text)) == expected)
  }

  @Test func `The secrets that were met can be searched for`() throws {
    let resolver = try world.resolver()
    _ = try resolver.resolve(["${literal}", "${REGION}"])
    #expect(resolver.secrets.isEmpty)
    _ = try resolver.resolve(["${nested}", "${file:key}"])
    #expect(
      resolver.secrets.isSuperset(of: [Secret("hunter2"), Secret("https://localhost/hunter2"), Secret("k3y")])
    )
  }

  @Test func `No way of printing shows a secret`() throws {
    let value = try world.resolve(["field": ["${TOKEN}", "x${TOKEN}"]])
    var dumped = ""
    dump(value, to: &dumped)
    let shown = [
      "\(value)", String(describing: value), String(reflecting: value), dumped, JSON.text(value),
      JSON.text(value, pretty: true), "\(Secret("hunter2"))", String(reflecting: Secret("hunter2")),
      "\([Secret("hunter2")])", "\(["k": Secret("hunter2")])", "\(Optional(Secret("hunter2")) as Any)",
      "\(Mirror(reflecting: Secret("hunter2")).children.map { "\($0)" })",
    ]
    for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
  }

  @Test func `No error tells a secret`() throws {
    let world = World(
      "variables: {list: [\"${TOKEN}\"], loop: \"${TOKEN}${loop}\"}",
      process: ["TOKEN": "hunter2"]
    )
    for text in ["${TOKEN}${list}", "${TOKEN}${NONE}", "${TOKEN}${file:none}", "${loop}", "${TOKEN}${"] {
      let found = try world.complaints(.string(text))
      #expect(found.count == 1 && !found[0].contains("hunter2"), "\(found)")
    }
  }

  @Test func `Equal secrets are equal values, so that a change can be seen`() throws {
    #expect(try world.resolve("${TOKEN}") == world.resolve("${direct}"))
    #expect(try world.resolve("${TOKEN}") != world.resolve("${file:key}"))
    #expect(secret("a") != "a", "a text that looks alike is no secret")
  }
}
