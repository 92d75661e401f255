import Testing
import Values

@testable import Catalogue

/// What the catalogue says about single endpoints, and what it assumes of those that it does not know.
@Suite struct EndpointTests {
  private func endpoint(_ path: String) -> Endpoint { CatalogueTests.endpoint(path) }

  @Test func `an unknown endpoint is read where it is written`() {
    let endpoint = endpoint("weather/stations/north")
    #expect(!endpoint.isKnown)
    #expect(endpoint.isMerge == nil)
    #expect(endpoint.kind == .resource)
    #expect(endpoint.readPath(for: VaultPath("weather/stations/north")) == .itself)
    #expect(endpoint.isSecret(field: "admin_password"))
    #expect(endpoint.isSecret(field: "settings.api_key"))
    #expect(!endpoint.isSecret(field: "password_policy"))
    #expect(!endpoint.isSecret(field: "token_ttl"))
    #expect(endpoint.isVolatile(field: "last_update_time"))
    #expect(endpoint.isVolatile(field: "supports_signing"))
    #expect(!endpoint.isVolatile(field: "name"))
    #expect(endpoint.resetValue(field: "name") == nil)
  }

  @Test(arguments: [
    "weather/rotate-root", "weather/issue/north", "weather/stations/north/rotate",
    "pki/root/generate/internal",
    "auth/approle/role/web/secret-id", "transit/keys/app/rotate", "ssh/config/ca",
  ])
  func `something done once is an action`(path: String) {
    let endpoint = endpoint(path)
    #expect(endpoint.kind == .action)
    #expect(endpoint.readPath(for: VaultPath(path)) == .nothing)
  }

  @Test(arguments: ["weather/roles/rotate", "weather/stations/issue", "pki/roles/sign", "kv/rotate"])
  func `a name that sounds like an action is only a name`(path: String) {
    #expect(endpoint(path).kind == .resource)
  }

  @Test(
    arguments: [
      ("pki/", .member(of: VaultPath("sys/mounts"), key: "pki/")),
      ("auth/approle", .member(of: VaultPath("sys/auth"), key: "approle/")),
      ("auth/team/oidc/", .member(of: VaultPath("sys/auth"), key: "team/oidc/")),
      ("sys/audit/team/file", .member(of: VaultPath("sys/audit"), key: "team/file/")),
      ("sys/mounts/team/pki/tune", .member(of: VaultPath("sys/mounts"), key: "team/pki/")),
      ("secret/data/app/config", .kvMetadata(VaultPath("secret/metadata/app/config"))),
      ("transit/keys/app/config", .path(VaultPath("transit/keys/app"))),
      ("auth/userpass/users/ann/policies", .path(VaultPath("auth/userpass/users/ann"))),
      ("rabbitmq/config/connection", .nothing),
      ("identity/entity-alias", .nothing),
      ("pki/roles/web", .itself),
    ] as [(String, ReadPlan)]
  )
  func `each endpoint is read where it can be`(path: String, plan: ReadPlan) {
    #expect(endpoint(path).readPath(for: VaultPath(path)) == plan)
  }

  @Test func `reads stay in their namespace`() {
    var mounts = MountTable()
    mounts.insert(path: VaultPath("kv/", in: "team"), type: "kv-v2")
    let path = VaultPath("kv/data/app", in: "team")
    let endpoint = Catalogue.builtIn.endpoint(for: path, mounts: mounts)
    #expect(endpoint.readPath(for: path) == .kvMetadata(VaultPath("kv/metadata/app", in: "team")))
  }

  @Test func `some reads ask for more`() {
    #expect(endpoint("sys/config/ui/headers/x-frame").readQuery == "multivalue=true")
    let role = VaultPath("auth/approle/role/web")
    #expect(
      endpoint(role.path).fieldReads(for: role) == ["role_id": VaultPath("auth/approle/role/web/role-id")]
    )
  }

  @Test(
    arguments: [
      ("pki/root/generate/internal", Probe(path: VaultPath("pki/issuers"), lists: true, field: nil)),
      ("ssh/config/ca", Probe(path: VaultPath("ssh/config/ca"), lists: false, field: "public_key")),
      (
        "transit/keys/app/rotate",
        Probe(path: VaultPath("transit/keys/app"), lists: false, field: "latest_version")
      ),
      (
        "auth/approle/role/web/secret-id",
        Probe(path: VaultPath("auth/approle/role/web/secret-id"), lists: true, field: nil)
      ),
      (
        "database/rotate-role/app#2027",
        Probe(path: VaultPath("database/static-creds/app"), lists: false, field: "last_vault_rotation")
      ),
      ("database/rotate-root/app", nil),
    ] as [(String, Probe?)]
  )
  func `an action has a probe where the server shows that it was done`(path: String, probe: Probe?) {
    #expect(endpoint(path).probe(for: VaultPath(path)) == probe)
  }

  @Test(
    arguments: [
      ("auth/approle/role/web/secret-id#2", ["secret_id"]), ("pki/root/generate/internal", []),
      ("pki/root/generate/exported#2", ["private_key"]),
      ("pki/intermediate/generate/exported", ["csr", "private_key"]), ("pki/issue/web", ["private_key"]),
      ("pki/roles/web", []),
    ] as [(String, [String])]
  )
  func `an action says which of its answers cannot be had again`(path: String, fields: [String]) {
    #expect(endpoint(path).unrepeatableFields == fields)
  }

  @Test func `a repeated action is sent without its tag`() {
    let path = VaultPath("pki/root/generate/internal#2027")
    #expect(endpoint(path.path).requestPath(for: path) == VaultPath("pki/root/generate/internal"))
    let secret = VaultPath("kv/issue#2027")
    #expect(endpoint(secret.path).requestPath(for: secret) == secret)
  }

  @Test(arguments: [
    "database/config/app#password", "auth/oidc/config#oidc_client_secret",
    "auth/kubernetes/config#token_reviewer_jwt",
    "kubernetes/config#service_account_jwt", "auth/ldap/config#bindpass", "ldap/config#client_tls_key",
    "auth/radius/config#secret", "auth/userpass/users/ann#password", "identity/mfa/method/duo/1#secret_key",
    "identity/mfa/method/duo/1#integration_key", "identity/mfa/method/okta/1#api_token",
    "ssh/config/ca#private_key",
    "identity/mfa/method/pingid/1#settings_file_base64", "totp/keys/ann#url",
    "rabbitmq/config/connection#password",
    "identity/oidc/client/app#client_secret", "secret/data/app#data", "secret/data/app#data.user",
    "kv/app#user",
    "cubbyhole/mine#anything", "auth/approle/role/web#role_id", "pki/config/ca#pem_bundle",
    "database/config/app#connection_details.password",
  ])
  func `the known secrets are secret`(place: String) {
    let parts = place.split(separator: "#").map(String.init)
    #expect(endpoint(parts[0]).isSecret(field: parts[1]))
  }

  @Test(arguments: [
    "database/config/app#password_policy", "auth/approle/role/web#token_ttl", "identity/oidc/client/app#key",
    "auth/approle/role/web#secret_id_ttl", "auth/kubernetes/config#disable_local_ca_jwt",
    "pki/roles/web#key_type",
    "identity/oidc/client/app#client_credentials", "auth/oidc/config#oidc_client_id",
    "secret/data/app#versions",
    "database/config/app#username",
  ])
  func `what only sounds like a secret is shown`(place: String) {
    let parts = place.split(separator: "#").map(String.init)
    #expect(!endpoint(parts[0]).isSecret(field: parts[1]))
  }

  /// Each of these is accepted by a server only after the one before it.
  @Test(arguments: [
    ["sys/namespaces/team", "pki/", "pki/config/urls"],
    ["pki/", "pki/root/generate/internal", "pki/config/issuers", "pki/roles/web"],
    ["pki/config/cluster", "pki/config/acme"],
    ["pki/roles/web", "pki/config/acme"],
    ["ssh/", "ssh/roles/otp", "ssh/config/zeroaddress"],
    ["transit/", "transit/keys/app", "transit/keys/app/config"],
    ["database/config/app", "database/roles/app"],
    ["database/config/app", "database/static-roles/app"],
    ["auth/approle", "auth/approle/role/web", "auth/approle/role/web/secret-id"],
    ["auth/approle", "identity/entity/name/ann", "identity/group/name/ops", "identity/group-alias"],
    ["identity/entity/name/ann", "identity/entity-alias"],
    ["identity/oidc/key/app", "identity/oidc/client/app"],
    ["identity/oidc/key/app", "identity/oidc/role/app"],
    ["identity/oidc/scope/app", "identity/oidc/provider/app"],
    ["identity/oidc/assignment/app", "identity/oidc/client/app", "identity/oidc/provider/app"],
    ["identity/mfa/method/totp", "identity/mfa/login-enforcement/all"],
    ["pki/", "sys/quotas/rate-limit/pki"],
    ["sys/policies/password/strong", "database/config/app"],
    ["sys/plugins/catalog/secret/weather", "weather/"],
    ["secret/", "secret/config", "secret/metadata/app", "secret/data/app"],
  ])
  func `things come after what they need`(paths: [String]) {
    let orders = paths.map { endpoint($0).order }
    #expect(orders == orders.sorted())
    #expect(Set(orders).count == orders.count)
  }

  @Test func `singletons have no delete, and destructive deletions say what is lost`() {
    for path in ["auth/jwt/config", "pki/config/urls", "sys/quotas/config", "rabbitmq/config/lease"] {
      #expect(endpoint(path).deleteIsRefused, "\(path)")
    }
    #expect(!endpoint("pki/roles/web").deleteIsRefused)
    #expect(endpoint("pki/").loses == "all data under it")
    for path in [
      "auth/approle", "transit/keys/app", "sys/namespaces/team", "secret/metadata/app", "pki/issuer/1",
    ] {
      #expect(endpoint(path).loses != nil, "\(path)")
    }
    #expect(endpoint("pki/roles/web").loses == nil)
  }

  @Test func `what every server has from the start is known`() {
    for path in [
      "sys/policies/acl/default", "sys/policies/acl/root", "identity/oidc/key/default", "sys/", "auth/token",
    ] {
      #expect(endpoint(path).isBuiltIn(VaultPath(path)), "\(path)")
    }
    #expect(!endpoint("sys/policies/acl/web").isBuiltIn(VaultPath("sys/policies/acl/web")))
    #expect(!endpoint("pki/roles/default").isBuiltIn(VaultPath("pki/roles/default")))
  }

  @Test func `what is fixed at creation is known, and how a change ends`() {
    #expect(endpoint("auth/approle/role/web").mutability(field: "local_secret_ids") == .refused)
    #expect(endpoint("transit/keys/app").mutability(field: "type") == .ignored)
    #expect(endpoint("transit/keys/app/config").mutability(field: "deletion_allowed") == nil)
    let changes = endpoint("transit/keys/app").immutableChanges(
      from: ["type": "aes256-gcm96", "derived": false],
      to: ["type": "ed25519"]
    )
    #expect(changes == [ImmutableChange(name: "type", mutability: .ignored)])
  }
}
