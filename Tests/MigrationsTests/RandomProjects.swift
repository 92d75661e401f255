import Catalogue
import Migrations
import TestSupport
import Values

/// Values, tasks and schemas that come back with their seed.
extension SeededGenerator {
  private static let texts = [
    "", "web", "1h", "true", "012", "a: b", "# no comment", "  spaces ", "line\nline\n", "größe", "日本 😀",
    "${REGION}",
    "x-${DB_PASSWORD:-none}", "$${literal}", "{{identity.entity.id}}", "it's \"quoted\"", "\\d+", "- dash",
    "null", "~",
    "absent", "sha256:aa", String(repeating: "long ", count: 30),
    "path \"a\" {\n  capabilities = [\"read\"]\n}\n",
  ]

  private static let keys = [
    "ttl", "kind", "policies", "data", "a.b", "with space", "key:", "version", "name", "path", "write",
    "größe", "1", "yes",
  ]

  mutating func fieldValue(depth: Int = 0) -> Value {
    switch below(depth > 2 ? 6 : 8) {
    case 0: .bool(below(2) == 0)
    case 1: .number(Number(text: pick(["0", "-17", "3600", "1.10", "1e3", "12345678901234567890"])))
    case 2...5: .string(pick(Self.texts))
    case 6: .array((0..<below(4)).map { _ in fieldValue(depth: depth + 1) })
    default: fields(depth: depth + 1)
    }
  }

  /// A map of fields, as a resource holds it.
  mutating func fields(depth: Int = 0) -> Value {
    .object(
      Dictionary(
        (0..<below(5)).map { _ in (pick(Self.keys), fieldValue(depth: depth)) },
        uniquingKeysWith: { $1 }
      )
    )
  }

  mutating func task() -> Task {
    let paths = [
      "a/", "auth/x", "auth/t/o/", "a/roles/Web", "s/data/größe", "pki/root/generate/internal#2", "x/.git",
      "x/y.yaml",
    ]
    let path = VaultPath(pick(paths), in: pick(["", "", "team", "team/sub"]))
    let scope: Scope =
      switch below(3) {
      case 0: .all
      case 1: .only(Set(["dev"] + some(of: ["prod", "eu"])))
      default: .except(Set(["prod"] + some(of: ["dev", "eu"])))
      }
    let was: Task.Was = below(2) == 0 ? .absent : .value(fields())
    let approvals = below(3) == 0 ? ["prod": approval()] : [:]
    switch below(4) {
    case 0 where below(3) == 0: return Task(path: path, action: .write(fields()), scope: scope, once: true)
    case 0: return Task(path: path, action: .write(fields()), was: was, scope: scope, approvals: approvals)
    case 1:
      let inside = Dictionary(uniqueKeysWithValues: some(of: ["a/x", "a/y z"]).map { ($0, fields()) })
      return Task(
        path: path,
        action: .delete,
        was: was,
        wasInside: inside,
        scope: scope,
        approvals: approvals
      )
    case 2:
      let to = VaultPath(pick(["b/", "b/c/"]), in: path.namespace)
      return Task(path: to, action: .move(from: to.with(path: "a/")), scope: scope)
    default: return Task(path: path, action: .run(fields()), scope: scope, terms: terms())
    }
  }

  private mutating func terms() -> ActionTerms {
    var terms = ActionTerms()
    for (field, target) in zip(some(of: ["secret_id", "größe"]), ["web_id", "s/data/x#größe"]) {
      terms.save[field] = SaveTarget(target)
    }
    switch below(3) {
    case 0: break
    case 1: terms.unless = ActionTerms.Condition(path: "a/roles/Web")
    default: terms.unless = ActionTerms.Condition(path: "a/", field: ("x", fields()))
    }
    terms.atMostOnce = below(2) == 0
    return terms
  }

  private mutating func approval() -> Approval {
    let tallies: [Tally] = [.exactly(below(9)), .moreThan(Tally.limit), .unknown]
    let losses =
      below(2) == 0
      ? nil
      : Dictionary(uniqueKeysWithValues: some(of: ["roles", "static roles"]).map { ($0, pick(tallies)) })
    return Approval(reason: pick(Self.texts.filter { !$0.isEmpty }), losses: losses)
  }

  mutating func migration() -> Migration {
    Migration(
      version: 1 + below(20_000),
      name: pick(["initial", "web-role", "true", "0x1", "a"]),
      parent: below(3) == 0 ? nil : "sha256:\(below(100))",
      tasks: (0..<below(6)).map { _ in task() }
    )
  }
}

/// A random desired state that a user could have written, with a way to write it in many orders.
struct RandomSchema {
  static let environments = ["dev", "prod"]

  /// Entries by namespace, then by path.
  private(set) var entries: [String: [String: Value]] = [:]

  /// Whatever may lie in a mount, by the mount; what ends in `!` is an action, whose arguments never change.
  private static let content: [(mount: String, type: String, inside: [String])] = [
    (
      "pki/", "pki",
      ["pki/root/generate/internal!", "pki/root/generate/internal#2027!", "pki/roles/web", "pki/config/urls"]
    ),
    ("secret/", "kv-v2", ["secret/data/app", "secret/data/App.yaml/x"]),
    ("db/", "database", ["db/config/main", "db/roles/reader", "db/roles/writer"]),
    ("auth/approle", "approle", ["auth/approle/role/web", "auth/approle/role/batch"]),
    ("auth/team/jwt/", "jwt", ["auth/team/jwt/config", "auth/team/jwt/role/ci"]),
    ("weird/", "no-such-plugin", ["weird/config", "weird/日本"]),
  ]
  private static let others = [
    "sys/policies/acl/web", "sys/policies/acl/ops", "identity/group/name/admins", "sys/quotas/rate-limit/all",
  ]

  init(_ generator: inout SeededGenerator) {
    entries[""] = Self.state(&generator)
    guard generator.below(2) == 0 else { return }
    entries["team"] = Self.state(&generator)
    if generator.below(2) == 0 { entries["team/sub"] = Self.state(&generator) }
  }

  private static func state(_ generator: inout SeededGenerator) -> [String: Value] {
    var state: [String: Value] = [:]
    for (mount, type, inside) in generator.some(of: content) {
      let scope = scope(within: nil, &generator)
      var members: [String: Value] = ["type": .string(type)]
      if generator.below(2) == 0 { members["config"] = ["max_lease_ttl": .string("\(generator.below(3))h")] }
      state[mount] = limited(.object(members), scope)
      for path in generator.some(of: inside) {
        let isAction = path.hasSuffix("!")
        let value: Value = isAction ? ["common_name": .string(path)] : generator.fields()
        state[path.replacing("!", with: "")] = limited(value, Self.scope(within: scope, &generator))
      }
    }
    for path in generator.some(of: others) {
      let value =
        path.hasPrefix("sys/policies") ? ["policy": .string("# \(generator.below(3))")] : generator.fields()
      state[path] = limited(value, scope(within: nil, &generator))
    }
    return state
  }

  /// What is inside something limited is limited at least as much; `nil` is every environment, named or not.
  private static func scope(within outer: [String]?, _ generator: inout SeededGenerator) -> [String]? {
    if generator.below(3) > 0 { return outer }
    let names = generator.some(of: outer ?? environments)
    return names.isEmpty ? outer : names
  }

  private static func limited(_ value: Value, _ names: [String]?) -> Value {
    guard let names, var members = value.object else { return value }
    members["environments"] = .array(names.map(Value.string))
    return .object(members)
  }

  /// The schema's text, its entries in any order.
  func text(_ generator: inout SeededGenerator) -> String {
    var text = "desired_state:\n" + lines(of: "", indent: "  ", &generator)
    guard entries["team"] != nil else { return text }
    text += "namespaces:\n  team:\n    desired_state:\n" + lines(of: "team", indent: "      ", &generator)
    guard entries["team/sub"] != nil else { return text }
    text += "    namespaces:\n      sub:\n        desired_state:\n"
    return text + lines(of: "team/sub", indent: "          ", &generator)
  }

  private func lines(of namespace: String, indent: String, _ generator: inout SeededGenerator) -> String {
    let shuffled = (entries[namespace] ?? [:]).sorted { $0.key < $1.key }.shuffled(using: &generator)
    return shuffled.map { "\(indent)\(JSON.text(.string($0.key))): \(JSON.text($0.value))\n" }.joined()
  }
}
