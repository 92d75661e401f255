import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values

/// Entries that stand for many, and what environments add.
@Suite struct ForEachTests {
  private static let role = """
    desired_state:
      auth/approle/role/${each.key}:
        for_each: ${teams}
        token_policies: ["${each.value.policy}"]
        token_ttl: ${each.value.ttl}

    """

  private func workspace(_ schema: String, _ variables: String, prod: String = "{}") -> Workspace {
    var workspace = Workspace(schema)
    workspace["config.yaml"] = """
      project: p
      environments: {dev: {}, prod: \(prod)}
      variables: \(variables)

      """
    return workspace
  }

  @Test func `A map makes an entry of each member, and types stay what they are`() throws {
    let workspace = workspace(Self.role, "{teams: {a: {policy: pa, ttl: 600}, b: {policy: pb, ttl: 1h}}}")
    #expect(
      try workspace.project().schema.values == [
        "auth/approle/role/a": ["token_policies": ["pa"], "token_ttl": 600],
        "auth/approle/role/b": ["token_policies": ["pb"], "token_ttl": "1h"],
      ]
    )
  }

  @Test func `Lists of names and of maps work, also as a whole value, in keys and inside other references`()
    throws
  {
    let workspace = workspace(
      """
      desired_state:
        identity/group/name/${each.key}:
          for_each: ${more}
          policies: ${each.value.policies}
          metadata: {"of-${each.key}": "$${each.key} ${each.value.n}"}
        kv/${each.value}:
          for_each: [x, y]
          password: ${PASSWORD_${each.key}}
          id: ${id:identity/group/name/${each.key}}

      """,
      "{more: \"${groups}\", groups: [{name: a, n: 1, policies: [p, q]}]}"
    )
    #expect(
      try workspace.project().schema.values == [
        "identity/group/name/a": ["policies": ["p", "q"], "metadata": ["of-a": "$${each.key} 1"]],
        "kv/x": ["password": "${PASSWORD_x}", "id": "${id:identity/group/name/x}"],
        "kv/y": ["password": "${PASSWORD_y}", "id": "${id:identity/group/name/y}"],
      ]
    )
  }

  @Test func `Where lists differ, one migration serves all, and a changed list asks for another`() throws {
    var workspace = workspace(
      "desired_state: {\"sys/x/${each.key}\": {for_each: \"${teams}\", ttl: \"${each.value.ttl}\"}}\n",
      "{teams: {a: {ttl: 1}, b: {ttl: 1}}}",
      prod: "{variables: {teams: {a: {ttl: 1}, b: {ttl: 2}, c: {ttl: 1}}}}"
    )
    let migration = try #require(try workspace.generate())
    #expect(
      Set(migration.tasks) == [
        .write("sys/x/a", ["ttl": 1]), .write("sys/x/b", ["ttl": 1], scope: .except(["prod"])),
        .write("sys/x/b", ["ttl": 2], scope: .only(["prod"])),
        .write("sys/x/c", ["ttl": 1], scope: .only(["prod"])),
      ]
    )
    #expect(try workspace.problems() == [])
    // Somebody who joins later has the lists that are for all.
    #expect(try Fold([migration], environment: "").resources.count == 2)
    workspace["config.yaml"] = workspace["config.yaml"].replacing(
      "a: {ttl: 1}, b: {ttl: 1}",
      with: "b: {ttl: 1}"
    )
    #expect(
      try workspace.problems().first?.contains("do not give the schema for environment dev: sys/x/a") == true
    )
    let next = try #require(try workspace.generate())
    #expect(next.tasks == [.delete("sys/x/a", was: ["ttl": 1], scope: .except(["prod"]))])
    #expect(try workspace.problems() == [])
  }

  @Test(arguments: [
    (
      "\"a/${each.key}\": {for_each: \"${TEAMS}\"}",
      "2:31: for_each needs a variable that config.yaml spells out"
    ),
    ("\"a/${each.key}\": {for_each: \"${teems}\"}", "did you mean ${teams}?"),
    ("\"a/${each.key}\": {for_each: \"${secret}\"}", "it has none called SECRET"),
    ("\"a/${each.key}\": {for_each: \"${number}\"}", "the variable number is a number"),
    ("\"a/${each.key}\": {for_each: \"${file:x}\"}", "must be a list, a map, or one variable"),
    ("\"a/${each.key}\": {for_each: \"${onlyprod}\"}", "which environment dev does not have"),
    (
      "a/b: {for_each: \"${teams}\"}", "2:3: a/b has for_each, which would make every object at this one path"
    ),
    ("\"a/${each.key}\": {x: 1}", "2:3: a/${each.key} holds a reference"),
    (
      "a/b: {x: \"${each.key}\"}",
      "2:12: \"${each.key}\" stands for an element of for_each, and there is none"
    ),
    ("\"a/${each.key}\": {for_each: \"${teams}\", x: \"${each.name}\"}", "${each.name} is not known"),
    ("\"a/${each.key}\": {for_each: \"${maps}\", x: \"${each.value.polices}\"}", "did you mean policies?"),
    (
      "\"a/${each.key}\": {for_each: \"${maps}\", x: \"-${each.value.policies}\"}",
      "cannot become part of a text"
    ),
    ("\"a/${each.key}\": {for_each: \"${nameless}\"}", "a map that has neither key nor name"),
    ("\"a/${each.key}\": {for_each: [x, x]}", "for_each has the element \"x\" twice in one environment"),
    (
      "\"a/${each.key}\": {for_each: [{key: x, n: 1}, {key: x, n: 2}]}",
      "for_each gives a/x twice in one environment"
    ),
    (
      "a/x: {}\n  \"a/${each.key}\": {for_each: [x]}",
      "3:3: a/x is declared twice; the other place is .vault-migrations/schema.yaml:2:3"
    ),
    ("\"a/${each.key}\": {for_each: [\"..\"]}", "has a segment \"..\""),
    ("\"a/${each.key}\": {for_each: \"${referring}\"}", "holds a reference, and a path cannot"),
  ])
  func `What cannot be meant is told with its place`(entry: String, expected: String) throws {
    let workspace = workspace(
      "desired_state:\n  \(entry)\n",
      "{teams: [a], number: 5, secret: \"${SECRET}\", maps: [{name: a, policies: [p]}], nameless: [{n: 1}], referring: [\"${X}\"]}",
      prod: "{variables: {onlyprod: [a]}}"
    )
    let found = try workspace.problems()
    #expect(
      found.contains { $0.contains(expected) && $0.hasPrefix(".vault-migrations/schema.yaml:") },
      "\(found)"
    )
  }

  @Test func `An overlay adds for its environment, and the migration serves all`() throws {
    var workspace = Workspace("desired_state: {sys/x/a: {v: 1}}\n")
    workspace["overlays/prod.yaml"] = """
      desired_state: {sys/x/b: {v: 1}}
      namespaces: {team: {desired_state: {sys/x/c: {v: 1}}}}

      """
    workspace["overlays/dev.yaml"] = "desired_state: {sys/x/b: {v: 2}}\n"
    let migration = try #require(try workspace.generate())
    #expect(Set(migration.tasks.map(\.scope)) == [.all, .only(["prod"]), .only(["dev"])])
    #expect(try workspace.problems() == [])
    let schema = try workspace.project().schema
    #expect(schema.content(in: "prod").paths.count == 4, "the namespace too")
    #expect(schema.content(in: "dev").resources[VaultPath("sys/x/b")] == ["v": 2])
    #expect(schema.content(in: "").paths.count == 1)
  }

  @Test(arguments: [
    (
      "overlays/prod.yaml", "desired_state: {sys/x/a: {v: 2}}",
      "overlays/prod.yaml:1:17: sys/x/a is declared twice; the other place is .vault-migrations/schema.yaml:1:17"
    ),
    (
      "overlays/prod.yaml", "desired_state: {sys/x/b: {environments: [dev]}}",
      "sys/x/b is limited to dev, but stands in the overlay of prod"
    ),
    (
      "overlays/prd.yaml", "desired_state: {}",
      "the environment \"prd\", which config.yaml does not have (did you mean \"prod\"?)"
    ),
    ("overlays/prod.yaml", "desired: {}", "overlays/prod.yaml:1:1: the overlay has an unknown key"),
    (
      "overlays/prod.yaml", "namespaces: {n: {environments: [dev], desired_state: {}}}",
      "namespace n is limited to dev, but stands in the overlay of prod"
    ),
  ])
  func `An overlay that contradicts is refused with both places`(name: String, text: String, expected: String)
    throws
  {
    var workspace = Workspace("desired_state: {sys/x/a: {v: 1}}\n")
    workspace[name] = text + "\n"
    let found = try workspace.problems()
    #expect(found.contains { $0.contains(expected) }, "\(found)")
  }

  @Test func `A namespace limited to environments takes all in it along`() throws {
    let schema = try readSchema([
      ("a.yaml", "namespaces: {n: {environments: [prod], desired_state: {sys/x/a: {v: 1}}}}")
    ])
    #expect(schema.content(in: "prod").paths.count == 2)
    #expect(schema.content(in: "dev").paths.isEmpty)
  }
}
