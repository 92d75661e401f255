package import Catalogue
package import Values

/// What is presented to an auth method for a token.
package struct VaultLogin: Sendable {
  /// Where it is sent: `auth/approle/login`.
  package let path: VaultPath
  package let body: [String: Value]
  /// The auth method's namespace, from the root; `nil` is the client's own.
  package var namespace: String?

  /// Any method that takes a map of fields.
  package init(path: VaultPath, body: [String: Value]) {
    self.path = path
    self.body = body
  }

  /// An AppRole, by default the one at `auth/approle`.
  package static func appRole(mount: String = "approle", roleID: String, secretID: Secret?) -> VaultLogin {
    var body: [String: Value] = ["role_id": .string(roleID)]
    if let secretID { body["secret_id"] = .secret(secretID) }
    return VaultLogin(path: login(mount), body: body)
  }

  /// A signed token of a pipeline or a cluster, for the `jwt`, `oidc` and `kubernetes` methods.
  package static func jwt(mount: String = "jwt", role: String?, jwt: Secret) -> VaultLogin {
    var body: [String: Value] = ["jwt": .secret(jwt)]
    if let role { body["role"] = .string(role) }
    return VaultLogin(path: login(mount), body: body)
  }

  /// A user and a password, for `userpass` and methods of its shape.
  package static func userpass(mount: String = "userpass", user: String, password: Secret) -> VaultLogin {
    let path = login(mount)
    return VaultLogin(path: path.with(path: "\(path.path)/\(user)"), body: ["password": .secret(password)])
  }

  /// The client certificate of the settings, by default against every role that trusts it.
  package static func certificate(mount: String = "cert", role: String? = nil) -> VaultLogin {
    VaultLogin(path: login(mount), body: role.map { ["name": .string($0)] } ?? [:])
  }

  private static func login(_ mount: String) -> VaultPath {
    VaultPath("auth/\(mount.trimmingSlashes)/login")
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
  /// What the auth method says of who logged in.
  package let meta: [String: String]
}

extension VaultClient {
  /// Logs in, and uses the token that it gets from now on.
  ///
  /// - Parameters:
  ///   - login: What to present.
  ///   - again: Makes a login to follow this one when its token cannot be renewed; `nil` if there is none.
  /// - Returns: What the server gave.
  /// - Throws: ``VaultError`` of kind `loginRefused`, or any other.
  @discardableResult
  package func login(
    _ login: VaultLogin,
    again: (() throws -> VaultLogin)? = nil
  ) throws(VaultError) -> VaultAuth {
    for case .secret(let secret) in login.body.values { mask(secret) }
    var request = VaultRequest(.write, login.path, body: .object(login.body))
    request.isLogin = true
    request.rootedNamespace = login.namespace
    let response = try perform(request)
    guard let auth = response.auth, !auth.clientToken.isEmpty else {
      throw VaultError(
        .refused,
        "\(login.path): the login gave no token; a second factor may be asked for",
        status: response.status,
        path: login.path
      )
    }
    use(auth.clientToken, own: true, in: login.namespace)
    life.begin(auth, again: again)
    return auth
  }

  /// Looks at the token in use (`auth/token/lookup-self`).
  ///
  /// - Throws: ``VaultError`` of kind `badToken` when it is no good.
  package func lookupSelf() throws(VaultError) -> TokenInfo {
    let data = try perform(aboutToken(.read, "lookup-self")).data
    return TokenInfo(
      ttl: data?["ttl"]?.integer ?? 0,
      policies: data?["policies"]?.array?.compactMap(\.string) ?? [],
      renewable: data?["renewable"]?.bool ?? false,
      type: data?["type"]?.string ?? "",
      displayName: data?["display_name"]?.string ?? "",
      accessor: data?["accessor"]?.string ?? "",
      entityID: data?["entity_id"]?.string ?? "",
      path: data?["path"]?.string ?? "",
      meta: (data?["meta"]?.object ?? [:]).compactMapValues(\.string)
    )
  }

  /// A question about the token in use, or an order about it, where the token comes from.
  func aboutToken(_ operation: VaultRequest.Operation, _ what: String) -> VaultRequest {
    var request = VaultRequest(operation, VaultPath("auth/token/\(what)"))
    request.rootedNamespace = tokenNamespace
    return request
  }

  /// Makes the token of a ``login(_:)`` worthless; a token that was given is left alone.
  ///
  /// - Throws: ``VaultError``; batch tokens, which cannot be revoked, are no error.
  package func revokeSelf() throws(VaultError) {
    guard ownsToken else { return }
    // Nothing but this is asked for any more: a token that is due for renewal is not renewed for it.
    life.end()
    // A batch token cannot be revoked: it is not kept anywhere.
    if !isBatchToken {
      do {
        _ = try perform(aboutToken(.write, "revoke-self"))
      } catch {
        // 400 is for batch tokens of servers that do not say so; one that is dead already needs no revoking.
        guard error.status == 400 || error.kind == .badToken else { throw error }
      }
    }
    use(nil, own: false)
  }
}
