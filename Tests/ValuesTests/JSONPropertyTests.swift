import Foundation
import TestSupport
import Testing
import Values

/// What holds for every value, tried on thousands; Foundation is the second opinion.
@Suite struct JSONPropertyTests {
  @Test(arguments: 0..<8 as Range<UInt64>)
  func `What is written reads back the same, here and by Foundation`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let value = generator.value()
      for text in [JSON.text(value), JSON.text(value, pretty: true)] {
        let bytes = Array(text.utf8)
        #expect(JSON.bytesExposingSecrets(try JSON.parse(bytes)) == JSON.bytesExposingSecrets(value))
        let other = try JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
        #expect(agrees(value, with: other), "\(text)")
      }
    }
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `What Foundation writes reads the same`(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed &+ 100)
    for _ in 0..<300 {
      let value = generator.value()
      let object = try JSONSerialization.jsonObject(with: Data(JSON.text([value]).utf8))
      let data = try JSONSerialization.data(withJSONObject: object, options: .prettyPrinted)
      #expect(agrees(try JSON.parse(Array(data)), with: object))
    }
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func `Broken texts are refused where Foundation refuses them`(seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ 200)
    for _ in 0..<2_000 {
      var bytes = Array(JSON.text(generator.value(), pretty: generator.below(2) == 0).utf8)
      for _ in 0...generator.below(3) { generator.mutateJSON(&bytes) }
      let isJSON = (try? JSON.parse(bytes)) != nil
      let other = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      guard isJSON != (other != nil) else { continue }
      // Foundation reads other encodings and a comma before a brace too, and refuses numbers beyond its types.
      let text = String(validating: bytes, as: UTF8.self)
      #expect(text == nil || bytes.contains(0) || text?.contains(/,\s*}/) == true || isJSON, "\(text ?? "")")
      #expect(!isJSON || text?.contains(/[0-9]/) == true, "\(text ?? "")")
    }
  }
}

private func agrees(_ value: Value, with other: Any) -> Bool {
  switch (value, other) {
  case (.object(let members), let others as [String: Any]):
    members.count == others.count
      && members.allSatisfy { key, member in others[key].map { agrees(member, with: $0) } ?? false }
  case (.array(let elements), let others as [Any]):
    elements.count == others.count && zip(elements, others).allSatisfy { agrees($0, with: $1) }
  case (.string(let text), let other as String): Array(text.utf8) == Array(other.utf8)
  case (.bool(let flag), let other as Bool): flag == other
  case (.number(let number), let other as NSNumber): Double(number.text) == other.doubleValue
  case (.null, is NSNull): true
  default: false
  }
}
