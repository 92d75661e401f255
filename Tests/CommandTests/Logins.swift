import FoundationEssentials
import TestSupport
import Testing
import Values

/// A small project whose configuration names a login, and a server with auth methods; no token is in the variables.
struct Logins {
  var project: Project
  let server: BaoServer
  let address: String

  /// What the tokens of logins may do.
  static let policy =
    #"path \"*\" { capabilities = [\"create\", \"update\", \"patch\", \"read\", \"delete\", \"list\", \"sudo\"] }"#

  static func with(_ body: (Logins) async throws -> Void) async throws {
    try await withSmallProject { project, server in
      try server.allowEverything()
      var project = project
      project.variables["VAULT_TOKEN"] = nil
      try await body(Logins(project: project, server: server, address: server.address))
    }
  }

  /// The same behind a proxy.
  func through(_ proxy: FaultProxy) -> Logins {
    Logins(project: project, server: server, address: proxy.address)
  }

  func with(_ variables: [String: String]) -> Logins {
    Logins(project: project.with(variables), server: server, address: address)
  }

  /// Writes the login, and lines for the environment.
  func configure(_ auth: String, _ lines: String = "") throws {
    try project.write("config.yaml", configuration(address, "auth: \(auth)\n\(lines)"))
  }

  /// Runs `status`, which must log in, and leave no token behind.
  func expectLogin(
    _ auth: String,
    _ lines: String = "",
    at location: Testing.SourceLocation = #_sourceLocation
  )
    async throws
  {
    let before = try server.tokens()
    try configure(auth, lines)
    let outcome = try await project.tool("status", at: location)
    #expect(outcome.output.contains("0001"), sourceLocation: location)
    #expect(outcome.errors == "", sourceLocation: location)
    #expect(try server.tokens().isSubset(of: before), "a token stays", sourceLocation: location)
  }

  /// Runs `status`, which must say in one line what is wrong, and in another what to do.
  func expectRefusal(
    _ auth: String,
    _ lines: String = "",
    says text: String,
    hint: String,
    exits status: Int32 = 77,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    let before = try server.tokens()
    try configure(auth, lines)
    let outcome = try await project.tool("status", exits: status, at: location)
    #expect(outcome.output == "", sourceLocation: location)
    let said = outcome.errors.split(separator: "\n")
    #expect(said.count == 2, "\(outcome.errors)", sourceLocation: location)
    #expect(said.first?.contains(text) == true, "\(outcome.errors)", sourceLocation: location)
    #expect(said.last?.contains(hint) == true, "\(outcome.errors)", sourceLocation: location)
    #expect(try server.tokens().isSubset(of: before), "a token stays", sourceLocation: location)
  }
}

extension BaoServer {
  /// Makes the policy `all`.
  func allowEverything(namespace: String = "") throws {
    try request("POST", "sys/policies/acl/all", #"{"policy": "\#(Logins.policy)"}"#, namespace: namespace)
  }

  /// The accessors of all tokens that live.
  func tokens() throws -> Set<String> { Set(try list("auth/token/accessors")) }

  /// Makes an AppRole with the policy `all`.
  func makeAppRole(_ settings: String = "", namespace: String = "") throws -> (
    roleID: String, secretID: String
  ) {
    try request("POST", "sys/auth/ci", #"{"type": "approle"}"#, namespace: namespace)
    try request(
      "POST",
      "auth/ci/role/deploy",
      #"{"token_policies": ["all"]\#(settings)}"#,
      namespace: namespace
    )
    let role = try request("GET", "auth/ci/role/deploy/role-id", namespace: namespace).body
    return (BaoServer.field("role_id", in: role), try makeSecretID(namespace: namespace))
  }

  func makeSecretID(namespace: String = "") throws -> String {
    let made = try request("POST", "auth/ci/role/deploy/secret-id", namespace: namespace).body
    return BaoServer.field("secret_id", in: made)
  }

  /// Has an answer wrapped.
  func wrap(_ method: String, _ path: String) throws -> String {
    let answer = try RawHTTP.request(
      method,
      "/v1/\(path)",
      port: port,
      headers: [("X-Vault-Token", rootToken), ("X-Vault-Wrap-TTL", "60s")]
    )
    return BaoServer.field("token", in: answer.body)
  }
}
