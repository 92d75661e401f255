package import Catalogue
package import Values

/// What is presented to an auth method for a token.
package struct VaultLogin: Sendable {
  /// Where it is sent: `auth/approle/login`.
  package let path: VaultPath
  package let body: [String: Value]

  /// Any method that takes a map of fields.
  package init(path: VaultPath, body: [String: Value]) {
    self.path = path
    self.body = body
  }

  /// An AppRole, by default the one at `auth/approle`.
  package static func appRole(
    mount: String = "approle",
    roleID: String,
    secretID: Secret?,
    namespace: String = ""
  ) -> VaultLogin {
    var body: [String: Value] = ["role_id": .string(roleID)]
    if let secretID { body["secret_id"] = .secret(secretID) }
    return VaultLogin(path: login(mount, namespace), body: body)
  }

  /// A signed token of a pipeline or a cluster, for the `jwt`, `oidc` and `kubernetes` methods.
  package static func jwt(mount: String = "jwt", role: String, jwt: Secret, namespace: String = "")
    -> VaultLogin
  {
    VaultLogin(path: login(mount, namespace), body: ["role": .string(role), "jwt": .secret(jwt)])
  }

  /// A user and a password.
  package static func userpass(
    mount: String = "userpass",
    user: String,
    password: Secret,
    namespace: String = ""
  ) -> VaultLogin {
    let path = login(mount, namespace)
    return VaultLogin(path: path.with(path: "\(path.path)/\(user)"), body: ["password": .secret(password)])
  }

  /// The client certificate of the settings, by default against every role that trusts it.
  package static func certificate(
    mount: String = "cert",
    role: String? = nil,
    namespace: String = ""
  ) -> VaultLogin {
    VaultLogin(path: login(mount, namespace), body: role.map { ["name": .string($0)] } ?? [:])
  }

  private static func login(_ mount: String, _ namespace: String) -> VaultPath {
    VaultPath("auth/\(mount.trimmingSlashes)/login", in: namespace)
  }
}

/// What the server knows about the token in use.
package struct TokenInfo: Sendable {
  /// Seconds left; 0 for one that does not expire.
  package let ttl: Int
  package let policies: [String]
  package let renewable: Bool
  /// `service` or `batch`.
  package let type: String
  package let displayName: String
  package let accessor: String
  package let entityID: String
  /// Where it was made: `auth/token/create`, `auth/approle/login`.
  package let path: String
}

extension VaultClient {
  /// Logs in, and uses the token that it gets from now on.
  ///
  /// - Returns: What the server gave.
  /// - Throws: ``VaultError`` of kind `loginRefused`, or any other.
  @discardableResult
  package func login(_ login: VaultLogin) throws(VaultError) -> VaultAuth {
    for case .secret(let secret) in login.body.values { mask(secret) }
    var request = VaultRequest(.write, login.path, body: .object(login.body))
    request.isLogin = true
    let response = try perform(request)
    guard let auth = response.auth else {
      throw VaultError(
        .refused,
        "\(login.path): the login gave no token; a second factor may be asked for",
        status: response.status,
        path: login.path
      )
    }
    use(auth.clientToken, own: true)
    return auth
  }

  /// Looks at the token in use (`auth/token/lookup-self`).
  ///
  /// - Throws: ``VaultError`` of kind `badToken` when it is no good.
  package func lookupSelf() throws(VaultError) -> TokenInfo {
    let data = try perform(VaultRequest(.read, VaultPath("auth/token/lookup-self"))).data
    return TokenInfo(
      ttl: data?["ttl"]?.integer ?? 0,
      policies: data?["policies"]?.array?.compactMap(\.string) ?? [],
      renewable: data?["renewable"]?.bool ?? false,
      type: data?["type"]?.string ?? "",
      displayName: data?["display_name"]?.string ?? "",
      accessor: data?["accessor"]?.string ?? "",
      entityID: data?["entity_id"]?.string ?? "",
      path: data?["path"]?.string ?? ""
    )
  }

  /// Makes the token of a ``login(_:)`` worthless; a token that was given is left alone.
  ///
  /// - Throws: ``VaultError``; batch tokens, which cannot be revoked, are no error.
  package func revokeSelf() throws(VaultError) {
    guard ownsToken else { return }
    do {
      _ = try perform(VaultRequest(.write, VaultPath("auth/token/revoke-self")))
    } catch {
      // 400 is for batch tokens; a token that is dead already needs no revoking.
      guard error.status == 400 || error.kind == .badToken else { throw error }
    }
    use(nil, own: false)
  }
}
