import Testing
import Values

@testable import Catalogue

/// The catalogue as it is compiled in, and what it says about the paths of every engine.
@Suite struct CatalogueTests {
  static let mounts: MountTable = {
    var mounts = MountTable()
    for type in ["approle", "cert", "jwt", "kerberos", "kubernetes", "ldap", "oidc", "radius", "userpass"] {
      mounts.insert(path: VaultPath("auth/\(type)"), type: type)
    }
    for type in ["database", "kubernetes", "ldap", "pki", "rabbitmq", "ssh", "totp", "transit", "kv"] {
      mounts.insert(path: VaultPath("\(type)/"), type: type)
    }
    mounts.insert(path: VaultPath("secret/"), type: "kv-v2")
    return mounts
  }()

  static func endpoint(_ path: String) -> Endpoint {
    Catalogue.builtIn.endpoint(for: VaultPath(path), mounts: mounts)
  }

  @Test func `the built-in catalogue can be read and covers every engine`() throws {
    #expect(Catalogue.builtIn.count > 140)
    #expect(Catalogue.builtIn.familyNames.contains("secrets/pki roles/{name}"))
    #expect(Catalogue.builtIn.familyNames.contains("identity oidc/provider/{name}"))
  }

  /// One path of each family whose fields were measured.
  @Test(arguments: [
    "auth/approle/role/web", "auth/cert/certs/web", "auth/cert/config", "auth/jwt/cel/role/web",
    "auth/jwt/config",
    "auth/jwt/role/web", "auth/kerberos/config/ldap", "auth/kerberos/groups/ops", "auth/kubernetes/config",
    "auth/kubernetes/role/web", "auth/ldap/config", "auth/ldap/groups/ops", "auth/ldap/users/ann",
    "auth/oidc/config", "auth/radius/config", "auth/radius/users/ann", "auth/token/roles/ci",
    "auth/userpass/users/ann", "auth/userpass/users/ann/policies", "database/config/app",
    "database/roles/app",
    "identity/entity-alias/id/1", "identity/entity/id/1", "identity/entity/name/ann",
    "identity/group-alias/id/1",
    "identity/group/id/1", "identity/group/name/ops", "identity/mfa/login-enforcement/all",
    "identity/mfa/method/duo/1", "identity/mfa/method/okta/1", "identity/mfa/method/totp/1",
    "identity/oidc/assignment/all", "identity/oidc/client/app", "identity/oidc/config",
    "identity/oidc/key/app",
    "identity/oidc/provider/app", "identity/oidc/role/app", "identity/oidc/scope/app", "kubernetes/config",
    "kubernetes/roles/web", "ldap/config", "ldap/role/app", "pki/cel/roles/web", "pki/config/acme",
    "pki/config/auto-tidy", "pki/config/cluster", "pki/config/crl", "pki/config/issuers", "pki/config/urls",
    "pki/issuer/default", "pki/roles/web", "rabbitmq/config/lease", "rabbitmq/roles/app", "secret/config",
    "secret/metadata/app/config", "ssh/config/zeroaddress", "ssh/roles/ops", "sys/auth/approle/tune",
    "sys/config/auditing/request-headers/x-trace", "sys/config/cors", "sys/config/ui/headers/x-frame",
    "sys/mounts/team/pki/tune", "sys/namespaces/team", "sys/policies/acl/web", "sys/policies/password/strong",
    "sys/quotas/config", "sys/quotas/rate-limit/all", "sys/rotate/config", "totp/keys/ann",
    "transit/cache-config", "transit/config/keys", "transit/keys/app", "transit/keys/app/config",
  ])
  func `every measured family has an entry`(path: String) {
    let endpoint = Self.endpoint(path)
    #expect(endpoint.isKnown)
    #expect(!endpoint.isGuess)
    #expect(endpoint.isMerge != nil)
  }

  @Test(arguments: [
    ("pki/roles/web", "secrets/pki roles/{name}"),
    ("auth/oidc/role/web", "auth/jwt role/{name}"),
    ("secret/data/app/config", "secrets/kv-v2 data/{path}"),
    ("kv/app/config", "secrets/kv {path}"),
    ("cubbyhole/mine", "secrets/cubbyhole {path}"),
    ("sys/mounts/team/pki/tune", "sys mounts/{path}/tune"),
    ("sys/mounts/tune", "sys mounts/{path}"),
    ("auth/userpass/users/ann/policies", "auth/userpass users/{username}/policies"),
    ("pki/root/generate/internal#2027", "secrets/pki root/generate/{type}"),
    ("ssh/config/ca#2", "secrets/ssh config/ca"),
    ("pki/", "mount"),
    ("auth/approle", "auth method"),
    ("auth/team/oidc/", "auth method"),
  ])
  func `a path finds its family`(path: String, family: String) {
    #expect(Self.endpoint(path).family == family)
  }

  @Test func `placeholders are bound`() {
    #expect(Self.endpoint("sys/mounts/team/pki/tune").bindings == ["path": "team/pki"])
    #expect(Self.endpoint("auth/approle/role/web").bindings == ["role_name": "web"])
  }
}
