import Resources
import TestSupport
import Testing
import Values

@testable import Catalogue

/// What a server says about itself, distilled, and what it corrects in the carried table.
@Suite struct SpecificationTests {
  private static func document(_ path: String, _ properties: Value) -> Value {
    [
      "paths": [
        path: ["post": ["requestBody": ["content": ["application/json": ["schema": ["$ref": "#/a/b/R"]]]]]]
      ],
      "components": ["schemas": ["R": ["properties": properties]]],
    ]
  }

  private static func distilled(_ document: Value, _ mounts: [String: String] = [:]) -> Value? {
    var table = MountTable()
    for (path, type) in mounts { table.insert(path: VaultPath(path), type: type) }
    return Specification(document, mounts: table, catalogue: .builtIn).distilled
  }

  @Test func `types are those of the table`() {
    let properties: Value = [
      "a": ["type": "string"], "b": ["type": "integer", "format": "seconds"], "c": ["type": "integer"],
      "d": ["type": "array", "items": ["type": "string"]],
      "e": ["type": "array", "items": ["type": "object"]],
      "f": ["type": "object", "format": "kvpairs"], "g": ["type": "object", "format": "map"],
      "h": ["type": "boolean"], "i": ["type": "number"], "j": [:], "k": 7, "l": ["type": "object"],
      "m": ["type": "string", "enum": ["x", "y"]], "not a name": ["type": "string"],
    ]
    let found = Self.distilled(Self.document("/own/thing/{url_lease_id}", properties), ["own/": "custom"])
    #expect(
      found == [
        "secrets/custom": [
          "thing/{path}": [
            "string": "a m", "duration": "b", "integer": "c", "list": "d", "any": "e j k l", "pairs": "f",
            "map": "g", "boolean": "h", "number": "i", "enum": ["m": ["x", "y"]],
          ]
        ]
      ]
    )
  }

  @Test func `data of users, unknown mounts and paths without fields are left out`() {
    let properties: Value = ["a": ["type": "string"]]
    #expect(Self.distilled(Self.document("/kv/{path}", properties), ["kv/": "kv"]) == [:])
    #expect(Self.distilled(Self.document("/elsewhere/x", properties)) == [:])
    #expect(Self.distilled(Self.document("/sys/x", [:])) == [:])
    #expect(
      Self.distilled(["paths": ["/sys/x": ["post": ["summary": "no schema"]], "": 7, "/sys/y": "z"]]) == [:]
    )
  }

  @Test(arguments: [[:], ["paths": []], "text", ["errors": ["x"]], ["paths": 7]] as [Value])
  func `what is no specification gives nothing`(document: Value) {
    #expect(Self.distilled(document) == nil)
  }

  @Test func `the server at hand corrects the table, and what no server lists stays known`() throws {
    let table = try FieldTable.builtIn.with(server: [
      "auth/approle": ["role/{name}": ["boolean": "bind_secret_id", "string": "brand_new"]],
      "auth/jwt": ["role/{name}": ["string": "user_claim"]], "secrets/custom": ["config": ["list": "hosts"]],
    ])
    let mounts = CatalogueTests.mounts
    func fields(_ path: String) -> KnownFields? {
      var mounts = mounts
      mounts.insert(path: VaultPath("own/"), type: "custom")
      return table.fields(of: Catalogue.builtIn.endpoint(for: VaultPath(path), mounts: mounts))
    }
    #expect(fields("auth/approle/role/web")?.types["brand_new"] == .string)
    #expect(fields("auth/approle/role/web")?.types["secret_id_num_uses"] == .any, "the catalogue names it")
    #expect(fields("auth/approle/role/web")?.types["local_secret_ids"] != nil, "the catalogue names it")
    #expect(
      fields("auth/approle/role/web/period")?.types["token_period"] == .duration,
      "the server is silent"
    )
    #expect(fields("auth/jwt/role/web")?.types["bound_claims"] == .map, "servers have it and do not list it")
    #expect(fields("own/config")?.types["hosts"] == .list)
    #expect(table.isOfServer && !FieldTable.builtIn.isOfServer)
  }

  @Test(arguments: [["a": 1], ["a": ["b": 1]], ["a": ["b": ["strnig": "x"]]], "text", 7] as [Value])
  func `what is not in the form of the table is refused`(distilled: Value) {
    #expect(throws: CatalogueError.self) { try FieldTable.builtIn.with(server: distilled) }
  }

  /// The script and this program distil the same document in the same way.
  @Test func `the carried table says what the server's own document says`() async throws {
    try await FieldServerTests.withMounts { server, mounts in
      let answer = try server.request("GET", "sys/internal/specs/openapi?generic_mount_paths=false")
      let document = try JSON.parse(Array(answer.body.utf8))
      let specification = Specification(document, mounts: mounts, catalogue: .builtIn)
      let distilled = try #require(specification.distilled?.object)
      let bytes = Resources.bytes(at: "fields.yaml") ?? []
      let carried = try CarriedTable.content(of: bytes, file: "fields.yaml")
      var compared = 0
      for (section, templates) in distilled {
        for (template, fields) in templates.object ?? [:]
        where !template.contains("acme/") && !template.hasPrefix("internal/") {
          let (mine, theirs) = (Self.types(fields), Self.types(carried[section]?[template]))
          // Of two schemas with one name, the document gives both paths the same.
          if section == "auth/jwt", template == "role/{name}" { continue }
          for (name, type) in mine where !template.contains("{\(name)}") {
            let other = theirs[name]
            #expect(
              other == type || other == "any",
              "\(section) \(template) \(name): \(type), \(other ?? "none")"
            )
            compared += 1
          }
        }
      }
      #expect(compared > 1000)
      #expect(Set(distilled.keys).isSuperset(of: ["auth/jwt", "secrets/kv-v2", "sys", "identity"]))
    }
  }

  private static func types(_ fields: Value?) -> [String: String] {
    var types: [String: String] = [:]
    for (type, names) in fields?.object ?? [:] where FieldType(rawValue: type) != nil {
      for name in (names.string ?? "").split(separator: " ") { types[String(name)] = type }
    }
    return types
  }
}

/// Where nothing is recorded and no entry knows an endpoint, the server's own types tell what is the same.
@Suite struct TypedComparisonTests {
  private static func agrees(_ declared: Value, _ live: Value, as type: String?) throws -> Bool {
    var catalogue = Catalogue.builtIn
    if let type {
      catalogue.serverFields = try FieldTable.builtIn.with(server: [
        "secrets/own": ["config": [type: "field"]]
      ])
    }
    var mounts = MountTable()
    mounts.insert(path: VaultPath("own/"), type: "own")
    let endpoint = catalogue.endpoint(for: VaultPath("own/config"), mounts: mounts)
    return Comparison.agrees(declared: declared, live: live, field: "field", endpoint: endpoint)
  }

  @Test(arguments: [
    ("60m", "3600s", "duration"), ("7d", "604800", "lease"), ("b, a", "a,b", "list"),
    ("1", "true", "boolean"),
    ("T", "true", "boolean"), ("0010", "10", "integer"), ("1.50", "1.5", "number"),
  ])
  func `two spellings of one value are the same by its type`(declared: String, live: String, type: String)
    throws
  {
    #expect(try Self.agrees(.string(declared), .string(live), as: type))
    #expect(try !Self.agrees(.string(declared), .string(live), as: nil))
    #expect(try !Self.agrees(.string(declared), .string(live), as: "string"))
  }

  @Test(arguments: [
    ("1h", "2h", "duration"), ("a,b", "a,c", "list"), ("1", "false", "boolean"), ("1", "2", "integer"),
  ])
  func `another value is another value`(declared: String, live: String, type: String) throws {
    #expect(try !Self.agrees(.string(declared), .string(live), as: type))
  }
}
