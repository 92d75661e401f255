import Testing
import Values

/// What users and scripts see of an error.
@Suite struct ProblemTests {
  @Test func `Every kind of error has a name and the documented exit status`() {
    let statuses = Dictionary(
      uniqueKeysWithValues: Problem.Code.allCases.map { ($0.rawValue, $0.exitStatus) }
    )
    #expect(
      statuses == [
        "operation-failed": 1, "world-changed": 3, "usage": 64, "schema-invalid": 65, "migration-invalid": 65,
        "unreachable": 69, "locked": 75, "permission-denied": 77, "configuration-invalid": 78,
      ]
    )
  }

  @Test func `A place is shown as editors read it, and starts at 1`() {
    #expect("\(SourceLocation(file: "schema.yaml", line: 12, column: 3))" == "schema.yaml:12:3")
    #expect("\(SourceLocation(file: "chain"))" == "chain:1:1")
  }

  @Test func `Warnings alone stop nothing; one error brings all of them along`() throws {
    let warning = Problem(.schemaInvalid, "odd", isWarning: true)
    try Problems.check([])
    try Problems.check([warning, warning])
    let error = #expect(throws: Problems.self) {
      try Problems.check([warning, Problem(.schemaInvalid, "wrong"), warning])
    }
    #expect(error?.items.map(\.message) == ["odd", "wrong", "odd"])
  }
}

/// The tree that everything shares.
@Suite struct ValueTests {
  @Test func `Every leaf is visited once, with its path`() {
    let value: Value = ["a": [1, ["b": "x"]], "c": .null, "d": [:], "e": []]
    var seen: [String: Value] = [:]
    let mapped = value.mapLeaves { leaf, path in
      seen[path.joined(separator: "/")] = leaf
      return leaf == "x" ? "y" : leaf
    }
    #expect(seen == ["a/0": 1, "a/1/b": "x", "c": .null])
    #expect(mapped == ["a": [1, ["b": "y"]], "c": .null, "d": [:], "e": []])
  }

  @Test(
    arguments: [
      (.null, true), ("", true), ([], true), ([:], true), (false, false), (0, false), ([.null], false),
    ] as [(Value, Bool)]
  )
  func `Only what servers do not tell from nothing is empty`(value: Value, isEmpty: Bool) {
    #expect(value.isEmpty == isEmpty)
  }

  @Test func `A secret anywhere inside is found`() {
    #expect(Value.object(["a": [["b": .secret(Secret("x"))]]]).holdsSecret)
    #expect(!Value.object(["a": [["b": "x"]]]).holdsSecret)
  }
}
