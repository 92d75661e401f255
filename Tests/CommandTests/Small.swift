import TestSupport

/// A schema that is quickly applied: a policy, a secret from the variable `APP_PASSWORD`, and a role.
enum Small {
  static let state = """
    sys/policies/acl/web:
      policy: path "apps/data/web" { capabilities = ["read"] }
    apps/:
      type: kv-v2
    apps/data/web:
      data: {password: "${APP_PASSWORD}", mode: fast}
    auth/approle:
      type: approle
    auth/approle/role/web:
      token_policies: [web]
      token_ttl: 20m
    """

  /// The paths that its first migration makes, in order.
  static let paths = [
    "apps/", "auth/approle", "sys/policies/acl/web", "auth/approle/role/web", "apps/data/web",
  ]

  /// Makes all of it without the tool; in seconds, the schema's lease time is 1200.
  static func configureByHand(_ server: BaoServer, ttl: Int = 1200) throws {
    let policy = #"{"policy": "path \"apps/data/web\" { capabilities = [\"read\"] }"}"#
    try server.request("POST", "sys/policies/acl/web", policy)
    try server.request("POST", "sys/mounts/apps", #"{"type": "kv", "options": {"version": "2"}}"#)
    // A mount of KV v2 refuses requests until it has prepared its storage.
    for _ in 0..<1000 where try server.request("GET", "apps/config").status != 200 {}
    try server.request("POST", "apps/data/web", #"{"data": {"password": "app-password-1", "mode": "fast"}}"#)
    try server.request("POST", "sys/auth/approle", #"{"type": "approle"}"#)
    try server.request("POST", "auth/approle/role/web", #"{"token_policies": ["web"], "token_ttl": \#(ttl)}"#)
  }
}

/// A project with the small schema on a server of its own, its first migration committed.
func withSmallProject<Result>(
  environment: String = "",
  settings: String = "",
  tokenVariable: String = "VAULT_TOKEN",
  _ body: (Project, BaoServer) async throws -> Result
) async throws -> Result {
  try await withServer(
    Small.state,
    environment: environment,
    settings: settings,
    tokenVariable: tokenVariable
  ) { project, server in
    let project = project.with(["APP_PASSWORD": "app-password-1"])
    try await project.generate("initial")
    return try await body(project, server)
  }
}
