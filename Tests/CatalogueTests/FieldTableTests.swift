import Testing
import Values

@testable import Catalogue

/// What is known about the fields of every engine, without any server.
@Suite struct FieldTableTests {
  static func fields(_ path: String, mounts: MountTable = CatalogueTests.mounts) -> KnownFields? {
    FieldTable.builtIn.fields(of: Catalogue.builtIn.endpoint(for: VaultPath(path), mounts: mounts))
  }

  @Test func `the built-in table can be read`() throws {
    try FieldTable.builtIn.check()
    #expect(FieldTable.builtIn.count > 250)
    #expect(FieldTable.builtIn.mountSettings.types["max_lease_ttl"] == .lease)
  }

  @Test(arguments: [
    ("auth/approle/role/web", "token_ttl", FieldType.duration),
    ("auth/approle/role/web", "token_policies", .list),
    ("auth/approle/role/web", "secret_id_num_uses", .integer),
    ("auth/userpass/users/ann", "password", .string),
    ("pki/roles/web", "allow_any_name", .boolean),
    ("pki/root/generate/internal#2027", "common_name", .string),
    ("secret/data/app/web/config", "data", .map), ("secret/metadata/app/web", "custom_metadata", .map),
    ("identity/entity/name/ann", "metadata", .pairs), ("sys/policies/acl/web", "policy", .string),
    // Two schemas have one name in the document of the server.
    ("auth/jwt/role/web", "bound_claims", .map), ("auth/jwt/cel/role/web", "cel_program", .map),
    ("auth/oidc/role/web", "user_claim", .string),
    // Missing in the document of the server.
    ("identity/mfa/method/totp", "issuer", .string), ("database/config/app", "allowed_roles", .list),
    // Only in the older of the two.
    ("auth/ldap/config", "userdn", .string), ("auth/radius/config", "host", .string),
    ("ldap/static-role/web", "dn", .string),
    // Only in the catalogue.
    ("auth/jwt/role/web", "groups_claim_delimiter", .any),
    // In the path, and by some in the body again.
    ("pki/roles/web", "name", .any),
  ])
  func `a field has the type that servers tell`(path: String, field: String, type: FieldType) {
    #expect(Self.fields(path)?.types[field] == type)
  }

  @Test func `a role of one kind has no fields of the other`() {
    #expect(Self.fields("auth/jwt/role/web")?.types["cel_program"] == nil)
    #expect(Self.fields("auth/jwt/cel/role/web")?.types["bound_claims"] == nil)
  }

  @Test(arguments: [
    "kv/app/web", "cubbyhole/x", "plugin/config", "pki/no/such/path", "auth/custom/role/web",
    "sys/no/such/path",
  ])
  func `nothing is said about data of users and unknown endpoints`(path: String) {
    #expect(Self.fields(path) == nil)
  }

  @Test func `a mount that is not declared counts only if it has the name of its type`() {
    #expect(Self.fields("pki/roles/web", mounts: MountTable()) != nil)
    #expect(Self.fields("auth/approle/role/web", mounts: MountTable()) != nil)
    #expect(Self.fields("pki-prod/roles/web", mounts: MountTable()) == nil)
    #expect(Self.fields("secret/data/web", mounts: MountTable()) == nil)
  }

  @Test func `the options of a database are open, those of KV are not`() {
    #expect(Self.fields("database/config/app")?.isOpen == true)
    #expect(Self.fields("database/roles/app")?.isOpen == false)
    #expect(FieldTable.mountOptions(ofType: "kv-v2")?.names == ["upgrade", "version"])
    #expect(FieldTable.mountOptions(ofType: "ssh") == nil)
  }

  @Test(arguments: [
    ("a:\n  b: [", "not YAML"), ("a: 1", "needs a map of paths"),
    ("a: {b: {strnig: x}}", "no type is called strnig"),
    ("a: {b: {open: 7}}", "open needs true or false"),
  ])
  func `a table that cannot be used is refused`(text: String, message: String) {
    let error = #expect(throws: CatalogueError.self) {
      try FieldTable(parsing: Array(text.utf8), file: "fields.yaml").check()
    }
    #expect(error?.description.contains(message) == true)
  }
}
