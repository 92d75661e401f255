import Configuration
import Testing
import Values

/// `VAULT_ADDR` and its kin.
@Suite struct EnvironmentVariablesTests {
  private static let names = [
    "ADDR", "NAMESPACE", "CACERT", "CACERT_BYTES", "PROXY_ADDR", "CAPATH", "CLIENT_CERT", "CLIENT_KEY",
    "TLS_SERVER_NAME",
  ]

  private static func exported(_ prefix: String) -> [String: String] {
    var variables = Dictionary(uniqueKeysWithValues: names.map { (prefix + $0, "of \($0)") })
    variables[prefix + "SKIP_VERIFY"] = "true"
    return variables
  }

  @Test(arguments: ["VAULT_", "BAO_"])
  func `They fill what an environment leaves open, under either name`(prefix: String) {
    let filled = EnvironmentVariables(Self.exported(prefix)).filling(Environment(name: "prod"))
    #expect(filled.server == .remote(address: "of ADDR"))
    #expect(filled.namespace == "of NAMESPACE")
    #expect(filled.tls.caFile == "of CACERT")
    #expect(filled.tls.caText == "of CACERT_BYTES")
    #expect(filled.proxy == "of PROXY_ADDR")
    #expect(filled.tls.caDirectory == "of CAPATH")
    #expect(filled.tls.clientCertificate == "of CLIENT_CERT")
    #expect(filled.tls.clientKey == "of CLIENT_KEY")
    #expect(filled.tls.serverName == "of TLS_SERVER_NAME")
    #expect(filled.tls.skipVerify)
  }

  @Test func `They never override what the environment says`() {
    var environment = Environment(name: "prod")
    environment.server = .remote(address: "https://vault.example.com")
    environment.namespace = "platform"
    environment.tls.caFile = "ca.pem"
    let filled = EnvironmentVariables(Self.exported("VAULT_")).filling(environment)
    #expect(filled.server == environment.server)
    #expect(filled.namespace == "platform")
    #expect(filled.tls == environment.tls, "half of one and half of the other would be neither")
  }

  @Test func `They fill nothing of an embedded server`() {
    var environment = Environment(name: "dev")
    environment.server = .embedded
    let filled = EnvironmentVariables(Self.exported("VAULT_")).filling(environment)
    #expect(filled.server == .embedded)
    #expect(filled.namespace == nil)
    #expect(filled.tls == environment.tls)
  }

  @Test func `The name of Vault comes before that of OpenBao, and an empty variable counts as unset`() {
    let both = EnvironmentVariables(["VAULT_ADDR": "vault", "BAO_ADDR": "bao"])
    #expect(both["ADDR"] == "vault")
    #expect(EnvironmentVariables(["VAULT_ADDR": "", "BAO_ADDR": "bao"])["ADDR"] == "bao")
    #expect(EnvironmentVariables(["VAULT_ADDR": ""])["ADDR"] == nil)
  }

  @Test(arguments: [
    ("1", true), ("t", true), ("TRUE", true), ("0", false), ("false", false), ("yes", false), ("", false),
  ])
  func `Only a clear yes turns verification off`(text: String, skips: Bool) {
    let filled = EnvironmentVariables(["VAULT_SKIP_VERIFY": text]).filling(Environment(name: "prod"))
    #expect(filled.tls.skipVerify == skips)
  }

  @Test func `A token is a secret, and its file lies in the home folder`() {
    let variables = EnvironmentVariables(["BAO_TOKEN": "s.hunter2", "HOME": "/home/ada"])
    #expect(variables.token == Secret("s.hunter2"))
    #expect(variables.tokenFile == "/home/ada/.vault-token")
    #expect(EnvironmentVariables([:]).token == nil)
    #expect(EnvironmentVariables([:]).tokenFile == nil)
  }
}
