import Configuration
import TestSupport
import Testing
import Values

/// Mistakes in `config.yaml`, each told with place and remedy.
@Suite struct SettingsErrorTests {
  @Test(arguments: [
    (
      minimal("shema: x"),
      "config.yaml:3:1: config.yaml has an unknown key \"shema\" (did you mean \"schema\"?)"
    ),
    (
      "project: p\nenvironments:\n  prod:\n    adress: https://vault:8200",
      "config.yaml:4:5: environment prod has an unknown key \"adress\" (did you mean \"address\"?)"
    ),
    (
      "project: p\nenvironments:\n  prod:\n    tls: {ca_fille: x}",
      "config.yaml:4:11: tls of environment prod has an unknown key \"ca_fille\" (did you mean \"ca_file\"?)"
    ),
    (
      "project: p\nenvironments:\n  prod:\n    auth: {method: token, tokn: x}",
      "config.yaml:4:27: auth of environment prod has an unknown key \"tokn\" (did you mean \"token\"?)"
    ),
    (
      "project: p\nenvironments:\n  prod:\n    zzzzzz: 1",
      "config.yaml:4:5: environment prod has an unknown key \"zzzzzz\" "
        + "(known keys: address, auth, exclusive, namespace, protect, proxy, refresh, server, tls, trusted_hosts, variables)"
    ),
  ])
  func `An unknown key is refused at every level, with the nearest known one`(text: String, expected: String)
    throws
  {
    #expect(try complaints(about: text) == [expected])
  }

  @Test(arguments: [
    ("schema: [a]", "config.yaml:3:9: schema of config.yaml must be a string, not a list"),
    ("migrations: {}", "config.yaml:3:13: migrations of config.yaml must be a string, not a map"),
    ("remote: true", "config.yaml:3:9: remote of config.yaml must be a string, not a boolean"),
    ("plain: [1]", "config.yaml:3:8: plain of config.yaml must be a list of strings, not a list"),
    ("variables: [a]", "config.yaml:3:12: variables must be a map, not a list"),
    (
      "lock_ttl: true",
      "config.yaml:3:11: lock_ttl of config.yaml must be a duration such as 60s or 5m, not a boolean"
    ),
    (
      "lock_ttl: 9223372036854775807",
      "config.yaml:3:11: lock_ttl of config.yaml must be a duration such as 60s or 5m, not a number"
    ),
    (
      "lock_ttl: 20000d20000d",
      "config.yaml:3:11: lock_ttl of config.yaml must be a duration such as 60s or 5m"
    ),
    ("lock_ttl: soon", "config.yaml:3:11: lock_ttl of config.yaml must be a duration such as 60s or 5m"),
    (
      "ledger: 5",
      "config.yaml:3:9: ledger must name a KV v2 mount, or be false (the default is vault-migrations)"
    ),
    (
      "hooks: {post_merge: [prd]}",
      "config.yaml:3:21: hooks.post_merge names \"prd\", which is not under environments (did you mean \"prod\"?)"
    ),
    (
      "version: 2",
      "config.yaml:3:10: config.yaml has a version that this program does not know "
        + "(write \"version: 1\", or install a newer vault-migrations)"
    ),
    (
      "state_branch: main",
      "config.yaml:3:15: state_branch must contain {environment} (the default is vault-migrations/{environment})"
    ),
    (
      "default_environment: prd",
      "config.yaml:3:22: default_environment names \"prd\", which is not under environments (did you mean \"prod\"?)"
    ),
    (
      "default_environment: [dev]",
      "config.yaml:3:22: default_environment of config.yaml must be a string, not a list"
    ),
    (
      "variables: {db-host: x}",
      "config.yaml:3:13: \"db-host\" is not a variable name (use letters, digits and _, not starting with a digit)"
    ),
  ])
  func `A value of the wrong type is refused where it stands`(line: String, expected: String) throws {
    #expect(try complaints(about: minimal(line)) == [expected])
  }

  @Test(arguments: [
    ("protect: 1", "config.yaml:4:14: protect of environment prod must be true or false, not a number"),
    ("namespace: [a]", "config.yaml:4:16: namespace of environment prod must be a string, not a list"),
    ("tls: ca.pem", "config.yaml:4:10: tls of environment prod must be a map, not a string"),
    (
      "tls: {skip_verify: no}",
      "config.yaml:4:24: skip_verify of tls of environment prod must be true or false, not a string"
    ),
    (
      "auth: {method: aprole}",
      "config.yaml:4:20: method of auth of environment prod must be one of \(methods) (did you mean \"approle\"?)"
    ),
    ("auth: {}", "config.yaml:4:11: auth of environment prod names no method (one of \(methods))"),
    (
      "auth: {method: approle, role_id: x}",
      "config.yaml:4:11: auth of environment prod needs secret_id or secret_id_wrapped "
        + "(auth: {method: approle, role_id: \"${VAULT_ROLE_ID}\", secret_id: \"${VAULT_SECRET_ID}\"})"
    ),
    (
      "auth: {method: jwt, jwt: \"${A}\", jwt_file: b}",
      "config.yaml:4:11: auth of environment prod has more than one of jwt, jwt_file or github_audience "
        + "(keep one of them)"
    ),
    (
      "auth: {method: userpass, username: ann, password: hunter2}",
      "config.yaml:4:55: password of auth of environment prod is a secret, and is written into config.yaml "
        + "(put a reference in its place, for example ${VAULT_PASSWORD}, and export that variable)"
    ),
    (
      "auth: {method: userpass, username: ann, password: \"${word}\"}\n    variables: {word: hunter2}",
      "config.yaml:4:55: password of auth of environment prod is a secret, and refers to nothing but literals "
        + "in config.yaml or variables under plain "
        + "(put a reference in its place, for example ${VAULT_PASSWORD}, and export that variable)"
    ),
    (
      "auth: {method: token, token: hvs.abc}",
      "config.yaml:4:34: token of auth of environment prod is a secret, and is written into config.yaml "
        + "(put a reference in its place, for example ${VAULT_TOKEN}, and export that variable)"
    ),
    (
      "auth: {method: cert, secret_id: \"${S}\"}",
      "config.yaml:4:26: auth of environment prod has an unknown key \"secret_id\" "
        + "(known keys: method, mount, namespace, role)"
    ),
    (
      "tls: {client_key: key.pem}",
      "config.yaml:4:10: tls of environment prod has a client_key without a client_cert "
        + "(both are needed, or one file with both as client_cert)"
    ),
    (
      "server: docker",
      "config.yaml:4:13: server of environment prod must be \"embedded\", without an address "
        + "(write \"address: https://…\" for a server that exists already)"
    ),
    (
      "server: embedded\n    address: https://vault:8200",
      "config.yaml:4:13: server of environment prod must be \"embedded\", without an address "
        + "(write \"address: https://…\" for a server that exists already)"
    ),
  ])
  func `An environment that makes no sense is refused`(line: String, expected: String) throws {
    let found = try complaints(about: "project: p\nenvironments:\n  prod:\n    \(line)")
      .filter { !$0.contains("warning") }
    #expect(found == [expected])
  }

  @Test(arguments: ["Prod", "eu west", "-x", "a/b", "größe", "\"\""])
  func `A bad name of an environment is refused`(name: String) throws {
    let shown = name == "\"\"" ? "" : name
    #expect(
      try complaints(about: "project: p\nenvironments:\n  \(name): {}") == [
        "config.yaml:3:3: \"\(shown)\" is not a name for an environment (use lower-case letters, digits, - and _)"
      ]
    )
  }

  @Test(arguments: ["Payments", "a b", "[a]", "5", "~", "-a"])
  func `A bad name of the project is refused`(name: String) throws {
    #expect(
      try complaints(about: "project: \(name)\nenvironments: {dev: {}}") == [
        "config.yaml:1:10: project must be a name (use lower-case letters, digits, - and _)"
      ]
    )
  }

  @Test func `A missing project is explained`() throws {
    #expect(
      try complaints(about: "environments: {dev: {}}") == [
        "config.yaml:1:1: config.yaml names no project "
          + "(add \"project: NAME\"; it tells repositories that share a server apart)"
      ]
    )
  }

  @Test(arguments: [
    ("project: p", "1:1"), ("project: p\nenvironments: {}", "2:15"), ("project: p\nenvironments:", "2:14"),
  ])
  func `Without environments nothing can be done`(text: String, place: String) throws {
    #expect(
      try complaints(about: text) == [
        "config.yaml:\(place): config.yaml has no environments "
          + "(add for example \"environments: {dev: {server: embedded}}\")"
      ]
    )
  }

  @Test func `A list of environments is one mistake, told once`() throws {
    #expect(
      try complaints(about: "project: p\nenvironments: [dev]") == [
        "config.yaml:2:15: environments must be a map, not a list"
      ]
    )
  }

  @Test(arguments: ["", "# nothing\n", "---\n"])
  func `An empty file is refused`(text: String) throws {
    let found = try complaints(about: text)
    #expect(!found.isEmpty && found.allSatisfy { $0.hasPrefix("config.yaml:1:1: ") }, "\(found)")
  }

  @Test func `All mistakes are told in one pass`() throws {
    let found = try complaints(
      about: """
        version: 9
        project: P
        shema: x
        environments: {dev: {protect: maybe}}
        default_environment: prod
        """
    )
    #expect(found.count == 5, "\(found)")
  }

  @Test func `A key written twice names its place`() throws {
    let found = try complaints(about: "project: p\nenvironments: {dev: {}}\nproject: q")
    #expect(found.count == 1 && found[0].hasPrefix("config.yaml:3:1: "), "\(found)")
  }

  @Test func `Mistakes in configuration end with their own exit status`() throws {
    let error = #expect(throws: Problems.self) { try settings("project: P") }
    #expect(error?.items.allSatisfy { $0.code == .configurationInvalid && $0.code.exitStatus == 78 } == true)
  }
}

/// The ways to log in, as messages list them.
private let methods = "token, approle, jwt, oidc, kubernetes, userpass, ldap, radius, okta, cert"
