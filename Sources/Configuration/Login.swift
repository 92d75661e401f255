package import Values

extension Environment {
  /// How to get a token; texts may hold references, and paths of files are relative to `config.yaml`.
  package struct Login: Sendable, Hashable {
    package var credentials: Credentials
    /// Where the auth method is mounted below `auth/`, without slashes at its ends; `""` for a token.
    package var mount: String
    /// The namespace of the auth method, from the root; `nil` is the environment's own.
    package var namespace: String?
    /// Where it stands in `config.yaml`.
    package var location: SourceLocation
    /// The settings that must not be written out, for ``LoginReader``.
    var secrets: [SecretText] = []

    package init(
      _ credentials: Credentials,
      mount: String = "",
      namespace: String? = nil,
      at location: SourceLocation
    ) {
      self.credentials = credentials
      self.mount = mount
      self.namespace = namespace
      self.location = location
    }
  }
}

extension Environment.Login {
  /// Whether an auth method gives out the token, which is ours to renew and to revoke then.
  package var isPresented: Bool {
    switch credentials {
    case .token, .tokenFile, .tokenHelper: false
    case .appRole, .jwt, .password, .certificate: true
    }
  }

  /// What is presented.
  package enum Credentials: Sendable, Hashable {
    case token(String)
    case tokenFile(String)
    /// A program that gives out the token when it is called with `get`.
    case tokenHelper(String)
    case appRole(roleID: String, secretID: SecretID)
    /// A signed token of a pipeline or a cluster, for the methods `jwt`, `oidc` and `kubernetes`.
    case jwt(role: String?, JWT)
    /// For `userpass` and what has its shape: `ldap`, `radius`, `okta`.
    case password(user: String, password: String)
    /// The client certificate of the connection.
    case certificate(role: String?)
  }

  package enum SecretID: Sendable, Hashable {
    case plain(String)
    /// The token of a wrapped answer, which can be opened once; the name of the role, if it is to be checked.
    case wrapped(String, role: String?)
  }

  /// Where a signed token comes from.
  package enum JWT: Sendable, Hashable {
    case text(String)
    case file(String)
    /// GitHub Actions is asked for one.
    case gitHub(audience: String?)
  }

  /// A setting that must refer to a secret, as written.
  struct SecretText: Sendable, Hashable {
    let key: String
    let text: String
    let location: SourceLocation
  }
}
