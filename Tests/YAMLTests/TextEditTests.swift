import TestSupport
import Testing
import Values
import YAML

/// A change in a text is about the lines that it must be about, and about no other.
@Suite struct TextEditTests {
  private static let text = """
    # Ours.
    desired_state:
      auth/approle: {type: approle}   # logins

      # The web's role.
      "auth/approle/role/web":
        token_ttl: 20m     # short
        token_policies: [a,
          b]
        # why we allow this
        secret_id_num_uses: 5
      # The policy.
      sys/policies/acl/web:
        policy: |
          path "x" {}
          # inside

      last:
    # The end.

    """

  private func edited(_ body: (inout TextEdit) throws -> Void) throws -> String {
    var edit = try TextEdit(Array(Self.text.utf8), file: "f")
    try body(&edit)
    return String(decoding: edit.bytes, as: UTF8.self)
  }

  @Test func `a value is replaced where it stands`() throws {
    let role = ["desired_state", "auth/approle/role/web"]
    #expect(
      try edited { try $0.set(role + ["token_ttl"], to: 60) }
        == Self.text.replacing("token_ttl: 20m ", with: "token_ttl: 60")
        .replacing("60    # short", with: "60     # short")
    )
    #expect(
      try edited { try $0.set(role + ["token_policies"], to: ["c"]) }
        == Self.text.replacing("[a,\n      b]", with: "[c]")
    )
    #expect(
      try edited { try $0.set(["desired_state", "sys/policies/acl/web", "policy"], to: "# none") }
        == Self.text.replacing("|\n      path \"x\" {}\n      # inside\n", with: "\"# none\"\n")
    )
    #expect(
      try edited { try $0.set(["desired_state", "auth/approle", "description"], to: "d") }
        == Self.text.replacing("{type: approle}   # logins", with: "\n    description: d\n    type: approle")
        .replacing("approle: \n", with: "approle:\n")
    )
  }

  @Test func `a key is added behind the others`() throws {
    #expect(
      try edited { try $0.set(["desired_state", "auth/approle/role/web", "x"], to: ["inner": 1]) }
        == Self.text.replacing("num_uses: 5\n", with: "num_uses: 5\n    x:\n      inner: 1\n")
    )
    #expect(
      try edited { try $0.set(["desired_state", "last", "x"], to: true) }
        == Self.text.replacing("last:\n", with: "last:\n    x: true\n")
    )
  }

  @Test func `a key goes with its value, and what is said beside it stays`() throws {
    #expect(
      try edited { try $0.remove(["desired_state", "sys/policies/acl/web"]) }
        == Self.text.replacing(
          "  sys/policies/acl/web:\n    policy: |\n      path \"x\" {}\n      # inside\n",
          with: ""
        )
    )
    let windows = Self.text.replacing("\n", with: "\r\n")
    var edit = try TextEdit(Array(windows.utf8), file: "f")
    try edit.set(["desired_state", "auth/approle/role/web", "token_ttl"], to: 60)
    #expect(
      String(decoding: edit.bytes, as: UTF8.self)
        == windows.replacing("token_ttl: 20m ", with: "token_ttl: 60").replacing(
          "60    # short",
          with: "60     # short"
        )
    )
  }

  @Test func `what cannot be changed alone is left as it was`() throws {
    var edit = try TextEdit(Array("a: &x {b: 1}\nc: *x\n".utf8), file: "f")
    #expect(throws: YAMLError.self) { try edit.set(["a", "b"], to: 2) }
    #expect(throws: YAMLError.self) { try edit.remove(["a", "nothing", "here"]) }
    #expect(String(decoding: edit.bytes, as: UTF8.self) == "a: &x {b: 1}\nc: *x\n")
  }

  @Test func `whatever the document, a key that is added takes lines of its own`() throws {
    var generator = SeededGenerator(seed: 21)
    var made = 0
    for _ in 0..<300 {
      let text = generator.document()
      guard let root = try YAML.parse(text, file: "f").document, let first = root.mapping?.first else {
        continue
      }
      let isBlock = first.value.mapping != nil && !text.line(first.value.location).hasPrefix("{")
      guard isBlock, !text.line(first.value.location).hasPrefix("&") else { continue }
      var edit = try TextEdit(Array(text.utf8), file: "f")
      do throws(YAMLError) { try edit.set([first.key, "added"], to: ["k": "v"]) } catch { continue }
      made += 1
      let old = text.split(separator: "\n", omittingEmptySubsequences: false)
      let new = String(decoding: edit.bytes, as: UTF8.self).split(
        separator: "\n",
        omittingEmptySubsequences: false
      )
      let start = zip(old, new).prefix { $0 == $1 }.count
      #expect(new.count == old.count + 2, "\(text)")
      #expect(old.dropFirst(start) == new.dropFirst(start + 2), "\(text)")
    }
    #expect(made > 10, "\(made)")
  }

  @Test func `whatever the document, only the change's own lines change`() throws {
    var generator = SeededGenerator(seed: 20)
    var made = 0
    var tried = 0
    for _ in 0..<600 {
      let text = generator.document()
      guard let root = try YAML.parse(text, file: "f").document, root.mapping != nil else { continue }
      var (keys, node, own) = ([String](), root, 0..<0)
      var end = text.split(separator: "\n", omittingEmptySubsequences: false).count
      repeat {
        let pairs = node.mapping ?? []
        let index = generator.below(pairs.count)
        end = index + 1 < pairs.count ? pairs[index + 1].keyLocation.line - 1 : end
        // The lines of a map that goes with its only key are its own, and what is written on one line is one.
        let isOneLine = own.isEmpty ? false : text.line(node.location).hasPrefix("{")
        if own.isEmpty || pairs.count > 1 && !isOneLine { own = pairs[index].keyLocation.line - 1..<end }
        keys.append(pairs[index].key)
        node = pairs[index].value
      } while node.mapping?.isEmpty == false && generator.below(3) > 0
      let value: Value? =
        generator.below(2) == 0 ? nil : generator.pick([1, "text", ["a", "b"], ["k": "line\nline\n"]])
      tried += 1
      var edit = try TextEdit(Array(text.utf8), file: "f")
      do throws(YAMLError) {
        if let value { try edit.set(keys, to: value) } else { try edit.remove(keys) }
      } catch {
        #expect(String(decoding: edit.bytes, as: UTF8.self) == text)
        continue
      }
      made += 1
      let after = String(decoding: edit.bytes, as: UTF8.self)
      #expect(
        try YAML.parse(after, file: "f").document?.value == root.value.with(keys[...], value),
        "\(text)"
      )
      let old = text.split(separator: "\n", omittingEmptySubsequences: false)
      let new = after.split(separator: "\n", omittingEmptySubsequences: false)
      let start = own.lowerBound
      #expect(old.prefix(start) == new.prefix(start), "\(text)")
      #expect(old.dropFirst(own.upperBound) == new.suffix(old.count - own.upperBound), "\(text)")
    }
    #expect(made > tried / 2, "\(made) of \(tried)")
  }
}

extension String {
  /// What stands at a place, up to the end of its line.
  fileprivate func line(_ place: Values.SourceLocation) -> Substring {
    let lines = split(separator: "\n", omittingEmptySubsequences: false)
    return lines[place.line - 1].dropFirst(place.column - 1)
  }
}

extension Value {
  fileprivate func with(_ keys: ArraySlice<String>, _ value: Value?) -> Value {
    guard let key = keys.first, var members = object else { return self }
    members[key] = keys.count == 1 ? value : members[key]?.with(keys.dropFirst(), value)
    return .object(members)
  }
}
