import Configuration
import TestSupport
import Testing
import Values

/// What the keys of `config.yaml` mean.
@Suite struct SettingsTests {
  @Test func `Every key is read`() throws {
    let settings = try settings(
      """
      version: 1
      project: payments
      schema: schema
      migrations: versions
      state_branch: state/{environment}/vault
      remote: upstream
      ledger: tools/ledger/
      lock_ttl: 1m30s
      default_environment: prod
      environments:
        dev:
          server: embedded
        prod:
          address: https://vault.example.com:8200
          namespace: platform
          auth: {method: approle, role_id: "${VAULT_ROLE_ID}", secret_id: "${VAULT_SECRET_ID}"}
          tls:
            ca_file: ca.pem
            ca_path: certificates
            client_cert: client.pem
            client_key: client.key
            server_name: vault.internal
            skip_verify: true
          trusted_hosts: [vault-1.example.com, "vault-2.example.com:8200"]
          variables: {db_host: db.prod.internal}
          protect: true
      variables: {db_host: localhost, names: [a, b], port: 5432}
      plain: [REGION]
      """
    )
    #expect(settings.project == "payments")
    #expect(settings.schema == "schema")
    #expect(settings.migrations == "versions")
    #expect(settings.stateBranch(of: "prod") == "state/prod/vault")
    #expect(settings.remote == "upstream")
    #expect(settings.ledger == "tools/ledger")
    #expect(settings.lockTTL == 90)
    #expect(settings.defaultEnvironment == "prod")
    #expect(settings.variables == ["db_host": "localhost", "names": ["a", "b"], "port": 5432])
    #expect(settings.plain == ["REGION"])

    let dev = try #require(settings.environments["dev"])
    #expect(dev.server == .embedded)
    #expect(dev.login == nil)
    #expect(!dev.isProtected)
    let prod = try #require(settings.environments["prod"])
    #expect(prod.server == .remote(address: "https://vault.example.com:8200"))
    #expect(prod.namespace == "platform")
    #expect(
      prod.login?.credentials
        == .appRole(roleID: "${VAULT_ROLE_ID}", secretID: .plain("${VAULT_SECRET_ID}"))
    )
    #expect(prod.login?.mount == "approle")
    var tls = Environment(name: "").tls
    tls.caFile = "ca.pem"
    tls.caDirectory = "certificates"
    tls.clientCertificate = "client.pem"
    tls.clientKey = "client.key"
    tls.serverName = "vault.internal"
    tls.skipVerify = true
    #expect(prod.tls == tls)
    #expect(prod.variables == ["db_host": "db.prod.internal"])
    #expect(prod.trustedHosts == ["vault-1.example.com", "vault-2.example.com:8200"])
    #expect(prod.isProtected)
  }

  @Test func `What is left out has its documented default`() throws {
    let settings = try settings(minimal())
    #expect(settings.schema == "schema.yaml")
    #expect(settings.migrations == "migrations")
    #expect(settings.stateBranch(of: "dev") == "vault-migrations/dev")
    #expect(settings.remote == "origin")
    #expect(settings.ledger == "vault-migrations")
    #expect(settings.lockTTL == 60)
    #expect(settings.defaultEnvironment == nil)
    #expect(settings.plain.isEmpty)
    #expect(settings.environments["prod"]?.server == .remote(address: nil))
  }

  @Test func `An empty remote keeps everything local`() throws {
    #expect(try settings(minimal("remote: \"\"")).remote == nil)
  }

  @Test(
    arguments: [
      ("{method: token}", "", nil), ("{method: token, token: \"${T}\"}", "", .token("${T}")),
      ("{method: token, token_file: /run/token}", "", .tokenFile("/run/token")),
      ("{method: token, token_helper: /bin/helper}", "", .tokenHelper("/bin/helper")),
      (
        "{method: approle, mount: team/ci/, role_id: r, secret_id: \"${S}\"}", "team/ci",
        .appRole(roleID: "r", secretID: .plain("${S}"))
      ),
      (
        "{method: approle, role_id: r, secret_id_wrapped: \"${W}\", role: web}", "approle",
        .appRole(roleID: "r", secretID: .wrapped("${W}", role: "web"))
      ),
      (
        "{method: jwt, role: deploy, jwt: \"${T}\"}", "jwt", .jwt(role: "deploy", .text("${T}"))
      ), ("{method: oidc, jwt_file: token}", "oidc", .jwt(role: nil, .file("token"))),
      (
        "{method: jwt, role: deploy, github_audience: https://vault}", "jwt",
        .jwt(role: "deploy", .gitHub(audience: "https://vault"))
      ), ("{method: jwt, github_audience: \"\"}", "jwt", .jwt(role: nil, .gitHub(audience: nil))),
      (
        "{method: kubernetes, role: deploy}", "kubernetes",
        .jwt(role: "deploy", .file("/var/run/secrets/kubernetes.io/serviceaccount/token"))
      ),
      (
        "{method: ldap, username: ann, password: \"${P}\"}", "ldap",
        .password(user: "ann", password: "${P}")
      ), ("{method: cert, role: web, mount: tls}", "tls", .certificate(role: "web")),
    ] as [(String, String, Environment.Login.Credentials?)]
  )
  func `Every way to log in is read`(
    auth: String,
    mount: String,
    expected: Environment.Login.Credentials?
  ) throws {
    let settings = try settings("project: p\nenvironments: {prod: {auth: \(auth)}}")
    #expect(settings.environments["prod"]?.login?.credentials == expected)
    #expect(settings.environments["prod"]?.login?.mount ?? "" == mount)
  }

  @Test(arguments: [
    ("60", 60), ("60s", 60), ("5m", 300), ("1h30m", 5_400), ("1d", 86_400), ("1s", 10), ("0", 10), ("-5", 10),
  ])
  func `A lock's time is seconds or a duration, and never too short to be renewed`(text: String, seconds: Int)
    throws
  {
    #expect(try settings(minimal("lock_ttl: \(text)")).lockTTL == seconds)
  }

  @Test(arguments: ["ledger", "/ledger", "ledger/", "//ledger//"])
  func `Slashes around the ledger's mount mean nothing`(text: String) throws {
    #expect(try settings(minimal("ledger: \(text)")).ledger == "ledger")
  }

  @Test func `One name alone counts as a list`() throws {
    #expect(try settings(minimal("plain: REGION")).plain == ["REGION"])
  }
}

/// Which environment a command works with.
@Suite struct EnvironmentChoiceTests {
  @Test func `The named one, else the default, else the only one`() throws {
    #expect(try settings(minimal()).environment("prod").name == "prod")
    #expect(try settings(minimal("default_environment: prod")).environment(nil).name == "prod")
    #expect(try settings("project: p\nenvironments: {only: {}}").environment(nil).name == "only")
  }

  @Test func `Without a default among several, the choices are named`() throws {
    let settings = try settings(minimal())
    #expect(
      try complaints { try settings.environment(nil) } == [
        "no environment was chosen and config.yaml names no default_environment (pass --env with one of: dev, prod)"
      ]
    )
  }

  @Test func `A mistyped one gets a suggestion`() throws {
    let settings = try settings(minimal())
    #expect(
      try complaints { try settings.environment("prd") } == [
        "config.yaml:1:1: there is no environment \"prd\" (did you mean \"prod\"?)"
      ]
    )
    #expect(
      try complaints { try settings.environment("staging") } == [
        "config.yaml:1:1: there is no environment \"staging\" (known keys: dev, prod)"
      ]
    )
  }
}
