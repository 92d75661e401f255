import TestSupport
import Testing
import Values
import YAML
// Wins over the Node of Yams.
import struct YAML.Node
import Yams

/// What holds for every document, tried on thousands of them; Yams is the second opinion.
@Suite struct YAMLPropertyTests {
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `What is written reads back the same, here and by YAML 1.1`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      let value = generator.value()
      let text = YAML.emit(value, keyOrder: ["x", "approle"])
      #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"))
      let (document, warnings) = try YAML.parse(text, file: "t.yaml")
      let node = try #require(document)
      #expect(exact(node.value) == exact(value), "\(text)")
      #expect(warnings.isEmpty, "\(text)")
      let other = try #require(try Yams.compose(yaml: text))
      #expect(agrees(value, with: other), "\(text)")
    }
  }

  @Test func `Every nasty string survives in every place`() throws {
    for text in SeededGenerator.nastyStrings {
      let string = Value.string(text)
      let values: [Value] = [
        string, [string], [string, "b\nc"], ["a": string], .object([text: 1]), .object([text: [1]]),
        .object([text: ["k": string]]), [[["a": [string, ["b": string]]]]],
      ]
      for value in values {
        let yaml = YAML.emit(value)
        #expect(
          exact(try YAML.parse(yaml, file: "t.yaml").document?.value ?? .null) == exact(value),
          "\(yaml)"
        )
        #expect(agrees(value, with: try #require(try Yams.compose(yaml: yaml))), "\(yaml)")
      }
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `Documents of all styles read as Yams reads them`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<400 {
      let text = generator.document()
      let node = try #require(try YAML.parse(text, file: "t.yaml").document)
      let other = try #require(try Yams.compose(yaml: text))
      #expect(agrees(node.value, with: other), "\(text)")
      #expect(agreesOnPlaces(node, with: other), "\(text)")
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `Broken documents give a node or an error, and no node that Yams refuses`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 1_000)
    for _ in 0..<1_500 {
      var bytes = Array(generator.document().utf8)
      for _ in 0...generator.below(3) { generator.mutate(&bytes) }
      let result = Result { () throws(YAMLError) in try YAML.parse(bytes, file: "t.yaml").document }
      guard let text = String(validating: bytes, as: UTF8.self) else {
        #expect(throws: YAMLError.self) { try result.get() }
        continue
      }
      let other = Result { try Yams.compose(yaml: text) }
      switch (result, other) {
      case (.success, .failure(let error)): Issue.record("yams refuses: \(error)\n\(text)")
      case (.failure(let error), .success):
        #expect(isStricter(error), "\(error)\n\(text)")
      case (.success(let node?), .success(let other?)):
        #expect(agreesOnShape(node, with: other), "\(text)")
      default: break
      }
    }
  }

  /// Where we refuse on purpose what Yams takes.
  private func isStricter(_ error: YAMLError) -> Bool {
    [
      "twice", "merge keys", "a key must be text", "a key is missing", "a key cannot have an anchor", "tag",
      "Infinity",
    ].contains { error.message.contains($0) }
  }
}

// MARK: - Comparing with Yams

/// Byte for byte, which `==` on strings is not.
private func exact(_ value: Value) -> [UInt8] {
  JSON.bytesExposingSecrets(value)
}

private func agrees(_ value: Value, with node: Yams.Node) -> Bool {
  switch (value, node) {
  case (.object(let members), .mapping(let mapping)):
    mapping.count == members.count
      && mapping.allSatisfy { key, other in
        guard let text = key.scalar?.string, let member = members[text] else { return false }
        return agrees(member, with: other)
      }
  case (.array(let elements), .sequence(let sequence)):
    elements.count == sequence.count && zip(elements, sequence).allSatisfy { agrees($0, with: $1) }
  case (.string(let text), .scalar): (node.any as? String).map { Array($0.utf8) } == Array(text.utf8)
  // Yams resolves numbers by other rules than JSON has, but their text must be there, without quotes.
  case (.number(let number), .scalar(let scalar)): scalar.string == number.text && scalar.style == .plain
  case (.bool(let flag), .scalar): node.bool == flag
  case (.null, .scalar): node.null != nil
  default: false
  }
}

private func agreesOnPlaces(_ node: Node, with other: Yams.Node) -> Bool {
  guard let mark = other.mark, node.location.line == mark.line, node.location.column == mark.column else {
    return false
  }
  return children(node, other)?.allSatisfy(agreesOnPlaces) ?? true
}

private func agreesOnShape(_ node: Node, with other: Yams.Node) -> Bool {
  switch (node.content, other) {
  case (.scalar(.string(let text)), .scalar(let scalar)): Array(text.utf8) == Array(scalar.string.utf8)
  case (.scalar, .scalar): true
  default: children(node, other)?.allSatisfy(agreesOnShape) ?? false
  }
}

private func children(_ node: Node, _ other: Yams.Node) -> [(Node, with: Yams.Node)]? {
  switch (node.content, other) {
  case (.sequence(let elements), .sequence(let others)) where elements.count == others.count:
    zip(elements, others).map { ($0, with: $1) }
  case (.mapping(let pairs), .mapping(let others)) where pairs.count == others.count:
    zip(pairs, others).map { ($0.value, with: $1.value) }
  default: nil
  }
}
