import Testing
import Values

@testable import Catalogue

@Suite struct MountTableTests {
  @Test func `the longest prefix wins`() {
    var mounts = MountTable()
    mounts.insert(path: VaultPath("team/"), type: "kv")
    mounts.insert(path: VaultPath("team/pki/"), type: "pki")
    mounts.insert(path: VaultPath("auth/team/oidc/"), type: "oidc")
    #expect(mounts.mount(holding: VaultPath("team/pki/roles/web"))?.type == "pki")
    #expect(mounts.mount(holding: VaultPath("team/pkix/roles/web"))?.type == "kv")
    #expect(mounts.mount(holding: VaultPath("auth/team/oidc/role/web"))?.prefix == "auth/team/oidc/")
    #expect(mounts.mount(holding: VaultPath("other/roles/web")) == nil)
  }

  @Test func `a namespace has mounts of its own`() {
    var mounts = MountTable()
    mounts.insert(path: VaultPath("pki/", in: "team"), type: "pki")
    #expect(mounts.mount(holding: VaultPath("pki/roles/web", in: "team"))?.type == "pki")
    #expect(mounts.mount(holding: VaultPath("pki/roles/web")) == nil)
    #expect(mounts.mount(holding: VaultPath("sys/policies/acl/web", in: "team"))?.type == "system")
  }

  @Test func `only what every server has is known from the start`() {
    let mounts = MountTable()
    #expect(mounts.mount(holding: VaultPath("identity/entity/name/ann"))?.type == "identity")
    #expect(mounts.mount(holding: VaultPath("cubbyhole/mine"))?.type == "cubbyhole")
    #expect(mounts.mount(holding: VaultPath("auth/token/roles/ci"))?.type == "token")
    #expect(mounts.mount(holding: VaultPath("secret/data/app")) == nil)
  }

  @Test func `a resource is not a mount`() {
    var mounts = MountTable()
    mounts.insert(path: VaultPath("pki/roles/web"), type: "pki")
    #expect(mounts == MountTable())
  }

  @Test(
    arguments: [
      (["type": "kv-v2"], "kv-v2"),
      (["type": "kv", "options": ["version": "2"]], "kv-v2"),
      (["type": "kv", "options": ["version": 2]], "kv-v2"),
      (["type": "kv", "options": ["version": "1"]], "kv"),
      (["type": "kv", "options": .null], "kv"),
      (["type": "kv-v1"], "kv"),
      (["type": "ns_identity"], "identity"),
      (["type": "pki"], "pki"),
      (["description": "no type"], nil),
    ] as [(Value, String?)]
  )
  func `declared and listed mounts have the same type`(declared: Value, type: String?) {
    #expect(MountTable.type(from: declared) == type)
  }

  @Test(arguments: [
    ("pki/roles/web", "secrets/pki roles/{name}"),
    ("pki-prod/roles/web", "secrets/pki roles/{name}"),
    ("pki_int/roles/web", "secrets/pki roles/{name}"),
    ("auth/approle/role/web", "auth/approle role/{role_name}"),
    ("auth/oidc/config", "auth/jwt config"),
    ("secret/data/app", "secrets/kv-v2 data/{path}"),
    ("kv/data/app", "secrets/kv-v2 data/{path}"),
    ("kv/app", "secrets/kv {path}"),
  ])
  func `the type of an unknown mount is guessed from its name`(path: String, family: String) {
    let endpoint = Catalogue.builtIn.endpoint(for: VaultPath(path), mounts: MountTable())
    #expect(endpoint.family == family)
    #expect(endpoint.isGuess)
  }
}
