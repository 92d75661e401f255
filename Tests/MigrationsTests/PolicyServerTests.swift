@testable import Migrations
import TestSupport
import Testing
import Values

/// Policies are read and judged as a real server does.
@Suite struct PolicyServerTests {
  /// Random policies on random paths: what `sys/capabilities` answers is what is computed.
  @Test func decidesAsTheServerDoes() async throws {
    try await BaoServer.with { server in
      var generator = SeededGenerator(seed: 20_261_123)
      var compared = 0
      var granting = 0
      for round in 0..<60 {
        var rules: [PolicyText.Rule] = []
        var names: [String] = []
        for number in 0...generator.below(2) {
          let text = RandomPolicy.text(&generator)
          let name = "p\(round)-\(number)"
          try server.write("sys/policies/acl/\(name)", ["policy": .string(text)])
          rules += try PolicyText(text).rules
          names.append(name)
        }
        let made = try server.request(
          "POST",
          "auth/token/create",
          JSON.text(["policies": .array(names.map(Value.string)), "no_default_policy": true])
        )
        let token = BaoServer.field("client_token", in: made.body)
        let paths = Set((0..<80).map { _ in RandomPolicy.path(&generator) }).sorted()
        let asked = JSON.text(["token": .string(token), "paths": .array(paths.map(Value.string))])
        let answer = try server.request("POST", "sys/capabilities", asked)
        let data = try JSON.parse(Array(answer.body.utf8))["data"]
        let judge = PolicyRules(rules)
        for path in paths {
          let told = Set(data?[path]?.array?.compactMap(\.string) ?? [])
          #expect(judge.capabilities(on: path) == told, "\(path) in \(rules.map(\.path)), round \(round)")
          compared += 1
          if told != ["deny"] { granting += 1 }
        }
      }
      #expect(compared > 3_000)
      #expect(granting > compared / 5, "most answers would say nothing")
    }
  }

  /// What the server refuses is refused, and the other way round; texts are damaged at random.
  @Test func readsWhatTheServerTakes() async throws {
    try await BaoServer.with { server in
      var generator = SeededGenerator(seed: 7)
      var refused = 0
      var texts = PolicySamples.all
      for _ in 0..<400 {
        var bytes = Array(generator.pick(PolicySamples.damageable).utf8)
        RandomPolicy.damage(&bytes, &generator)
        texts.append(String(decoding: bytes, as: UTF8.self))
      }
      for text in texts where !text.trimmingWhitespace.isEmpty {
        let status = try server.request("POST", "sys/policies/acl/t", JSON.text(["policy": .string(text)]))
          .status
        let isRead: Bool
        do throws(PolicyTextError) {
          _ = try PolicyText(text)
          isRead = true
        } catch {
          isRead = false
        }
        #expect(isRead == (status < 300), "\(status): \(text)")
        if status >= 300 { refused += 1 }
      }
      #expect(refused > 80 && refused < texts.count - 60, "\(refused) of \(texts.count)")
    }
  }

  /// A rule that is called unreachable decides nowhere, and one that is not decides somewhere.
  @Test func provesWhatIsUnreachable() throws {
    var generator = SeededGenerator(seed: 99)
    var unreachable = 0
    for _ in 0..<20_000 {
      let (one, other) = (
        PolicyPattern(RandomPolicy.pattern(&generator)), PolicyPattern(RandomPolicy.pattern(&generator))
      )
      guard one != other, one.kind != .exact || other.kind != .exact else { continue }
      #expect(one.yields(to: other) != other.yields(to: one), "one of two comes first")
      guard other.covers(one) else { continue }
      if one.yields(to: other) { unreachable += 1 }
      for _ in 0..<40 {
        let path = Array(RandomPolicy.path(&generator).utf8)
        if one.matches(path) { #expect(other.matches(path)) }
      }
    }
    #expect(unreachable > 15)
  }
}

extension BaoServer {
  fileprivate func write(_ path: String, _ body: Value) throws {
    let answer = try request("POST", path, JSON.text(body))
    guard answer.status < 300 else { throw FixtureError("\(path): \(answer)") }
  }
}

/// Policies and paths of few segments, so that they meet often.
enum RandomPolicy {
  private static let words = ["a", "b", "ab", "kv", "c"]
  private static let capabilities = ["create", "read", "update", "delete", "list", "sudo", "patch", "scan"]

  static func text(_ generator: inout SeededGenerator) -> String {
    (0...generator.below(5)).map { _ in
      let granted = generator.below(8) == 0 ? ["deny"] : generator.some(of: capabilities)
      let list = granted.map { "\"\($0)\"" }.joined(separator: ", ")
      return "path \"\(pattern(&generator))\" {\n  capabilities = [\(list)]\n}\n"
    }.joined()
  }

  static func pattern(_ generator: inout SeededGenerator) -> String {
    var segments = (0...generator.below(4)).map { _ in generator.below(3) == 0 ? "+" : generator.pick(words) }
    switch generator.below(4) {
    case 0: segments.append("*")
    case 1: if segments.last != "+" { segments[segments.count - 1] += "*" }
    case 2: if generator.below(3) == 0 { segments.append("") }
    default: break
    }
    if generator.below(30) == 0 { segments[0] = "a*b" }
    if generator.below(30) == 0 { segments.append("+x") }
    return segments.joined(separator: "/")
  }

  static func path(_ generator: inout SeededGenerator) -> String {
    let segments = (0...generator.below(4)).map { _ in generator.pick(words) }
    return segments.joined(separator: "/") + (generator.below(5) == 0 ? "/" : "")
  }

  /// As slips of the fingers do: single characters that mean something in HCL.
  static func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    guard !bytes.isEmpty else { return }
    let position = generator.below(bytes.count)
    switch generator.below(4) {
    case 0: bytes.remove(at: position)
    case 1: bytes.insert(generator.pick(Array("{}[]\"=,#/* \nax0\\".utf8)), at: position)
    case 2: bytes[position] = generator.pick(Array("{}[]\"=,#/* \nax0\\".utf8))
    default: bytes.removeSubrange(position..<min(bytes.count, position + 1 + generator.below(6)))
    }
  }
}

/// Texts of policies that show one thing each.
enum PolicySamples {
  static let damageable = [
    "path \"a/*\" {\n  capabilities = [\"read\", \"list\"]\n}\npath \"b\" { policy = \"write\" }\n",
    "# one\npath \"a\" {\n  capabilities = [\"read\"] // two\n  /* three */\n}\n",
    "path \"a\" {\n  capabilities = [\"update\"]\n  allowed_parameters = {\n    \"x\" = [\"1\", 2]\n    \"*\" = []\n  }\n}\n",
    "path \"a\" {\n  comment = <<E\nsome } text\nE\n  capabilities = [\"deny\"]\n  required_parameters = [\"q\"]\n}\n",
  ]

  static let all =
    damageable + [
      "{\"path\":{\"a\":{\"capabilities\":[\"read\"]}}}",
      "{\"path\":[{\"a\":{\"capabilities\":[\"read\"]}}]}",
      "{\"path\":{\"a\":{\"capabilities\":[\"wild\"]}}}", "path \"a\" {} path \"a\" {}", "path {}",
      "name = \"x\"",
      "path \"a\" \"b\" {}", "foo = \"x\"", "path \"a\" { bar = 1 }", "path \"a+*\" {}", "path \"a/+/b*\" {}",
      "path \"a\" { capabilities = \"read\" }", "path \"a\" { capabilities = [\"READ\"] }", "path a { }",
      "path \"a\" { capabilities = [\"read\",] }", "path \"a\" { capabilities = [\"read\" \"list\"] }",
      "path \"a\" { capabilities = [\"deny\", \"foo\"] }",
      "path \"a\" { capabilities = [\"foo\", \"deny\"] }",
      "path \"x\\q\" {}", "path \"x\\\\\\\"\\u00e9\\x41\\101\" {}", "Path \"a\" {}", "path 5 {}",
      "path = \"a\"",
      "path = [\"a\"]", "path \"a\" = {}", "path \"a\" { policy = \"x\" }",
      "path \"a\" { \"capabilities\" = [\"read\"] }",
      "path \"a\" { required_parameters = \"a\" }", "path \"a\" { allowed_parameters = { a = \"b\" } }",
      "path \"a\" { allowed_parameters { a = [] } }", "path \"a\" { denied_parameters = { a = [true, 1] } }",
      "path \"a\" { min_wrapping_ttl = \"5s\" max_wrapping_ttl = \"1s\" }",
      "path \"a\" { max_wrapping_ttl = \"1h\" }",
      "path \"a\" { pagination_limit = 5 }", "path \"a\" { pagination_limit = \"x\" }",
      "path \"a\" { list_scan_response_keys_filter_path = \"a\" }",

      "path \"a\" { expiration = \"2099-01-01T00:00:00Z\" capabilities = [\"read\"] }",
      "name = \"x\", path \"a\" {}",
      "path \"{{identity.entity.id}}\" {}", "/* open", "/ x", "path \"a\n\" {}", "path \"${a\n\"b\"}\" {}",
      "path \"a\" { comment = <<-E\n  x\n  E\n}", "path \"a\" { comment = <<E\nx\n}", "# nothing",
      "path \"a\" { capabilities = [\"scan\", \"patch\"] }",
      String(repeating: "path \"a\" { ", count: 3) + "}}}",
    ]
}
