import Catalogue
import TestSupport
import Testing
import Values

@testable import Migrations

/// What `catalogue:` of config.yaml adds to the built-in table, and how mistakes in it are told.
@Suite struct ProjectCatalogueTests {
  /// A project whose configuration has these lines below `catalogue:`, the first of which is line 4.
  private static func workspace(_ catalogue: String, _ schema: String = "desired_state: {}") -> Workspace {
    var workspace = Workspace(schema)
    let lines = catalogue.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }
    workspace["config.yaml"] = "project: p\nenvironments: {dev: {}}\ncatalogue:\n" + lines.joined()
    return workspace
  }

  private static let file = ".vault-migrations/config.yaml"

  @Test(arguments: [
    ("secretz: {}", "4:3: catalogue has an unknown key \"secretz\" (did you mean \"secrets\"?)"),
    ("secrets: [pki]", "4:12: catalogue.secrets must be a map, not a list"),
    ("secrets:\n  pki: 7", "5:10: catalogue.secrets.pki must be a map, not a number"),
    (
      "secrets:\n  own:\n    \"roles/{name}\": {wirte: merge}",
      "6:24: catalogue entry secrets/own roles/{name}: the key wirte is unknown"
    ),
    (
      "auth:\n  own:\n    config:\n      order: 40\n      write: sometimes",
      "8:9: catalogue entry auth/own config: write is sometimes, and may be merge or replace"
    ),
    (
      "system:\n  own/{name}:\n    probe: {list: a, field: b, thing: c}",
      "6:7: catalogue entry sys own/{name} / probe: the key field is unknown"
    ),
    (
      "identity:\n  own/{name}: {like: [nothing]}",
      "5:18: catalogue entry identity own/{name}: no shared entry is called nothing"
    ),
    ("identity:\n  own/{name}: 7", "5:5: catalogue entry identity own/{name}: needs a map, and has a number"),
    ("identity:\n  /own: {}", "5:5: \"/own\" is not a path inside a mount"),
  ])
  func `a mistake is told with its place`(catalogue: String, message: String) throws {
    let found = try Self.workspace(catalogue).problems()
    #expect(found.count == 1)
    #expect(found.first?.hasPrefix("\(Self.file):\(message)") == true, "\(found)")
  }

  @Test func `a key of an entry takes the place of the built-in one`() throws {
    let catalogue = try Self.workspace(
      """
      secrets:
        pki:
          "roles/{role}": {write: merge, reset: {ttl: 60}, sequence: [ou]}
        kv-v1:
          apps/{name}: {secret: [pin]}
      auth:
        oidc:
          config: {secret: [jwks_ca_pem], delete: null}
      sys:
        own/{name}: {reset: {level: info}}
      """
    ).project().catalogue
    var mounts = MountTable()
    mounts.insert(path: VaultPath("pki/"), type: "pki")
    mounts.insert(path: VaultPath("old/"), type: "kv")
    mounts.insert(path: VaultPath("auth/oidc"), type: "oidc")
    func endpoint(_ path: String) -> Endpoint { catalogue.endpoint(for: VaultPath(path), mounts: mounts) }
    let builtIn = Catalogue.builtIn.endpoint(for: VaultPath("pki/roles/web"), mounts: mounts)
    #expect(endpoint("pki/roles/web").isMerge == true && builtIn.isMerge == false)
    #expect(endpoint("pki/roles/web").resetValue(field: "ttl") == 60)
    #expect(endpoint("pki/roles/web").order == builtIn.order)
    #expect(endpoint("old/apps/x").isSecret(field: "pin") && !endpoint("old/apps/x").isSecret(field: "note"))
    #expect(endpoint("old/other").isSecret(field: "note"))
    // What was secret stays so.
    #expect(endpoint("auth/oidc/config").isSecret(field: "oidc_client_secret"))
    #expect(endpoint("auth/oidc/config").isSecret(field: "jwks_ca_pem"))
    #expect(endpoint("sys/own/x").isKnown && endpoint("sys/own/x").resetValue(field: "level") == "info")
  }

  @Test func `offline checks go by the project's own entries`() throws {
    let schema = "desired_state:\n  sys/own/x: {level: a, pass_key: literal}\n"
    var plain = Self.workspace("{}", schema)
    try plain.generate()
    #expect(try plain.problems().isEmpty)
    let own = Self.workspace("sys:\n  own/{name}: {secret: [pass_key]}", schema)
    #expect(try own.problems().contains { $0.contains("pass_key of sys/own/x is a secret") })
  }
}
