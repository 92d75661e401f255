import Configuration
import FoundationEssentials
import Values
import VaultClient

/// Gets a token for a run, in the way that the environment names.
struct LoginStep {
  private let client: VaultClient
  private let environment: Environment
  private let resolver: Resolver
  private let variables: [String: String]
  /// What the shell says, where the environment says nothing.
  private let shell: EnvironmentVariables
  /// The folder of `config.yaml`.
  private let folder: String

  /// Prepares a login; the resolver is the one that leads to servers.
  init(
    client: VaultClient,
    environment: Environment,
    resolver: Resolver,
    _ open: OpenProject,
    _ context: Context
  ) {
    self.client = client
    self.environment = environment
    self.resolver = resolver
    variables = context.environment
    shell = context.connection
    folder = open.folder
  }

  /// Logs in, or takes the token that there is.
  ///
  /// - Throws: ``Problem``, or ``VaultError`` when there is no answer.
  func run() async throws {
    if case .tokenHelper(let program)? = environment.login?.credentials {
      let token = try await TokenHelper(path: absolute(program)).token(variables)
      return client.use(token, in: try namespace)
    }
    if environment.login == nil, shell.token == nil,
      let helper = try TokenHelper.configured(in: shell.commandConfigurations)
    {
      return client.use(try await helper.token(variables))
    }
    try runWithoutHelper()
  }

  private var namespace: String? {
    get throws { try environment.login?.namespace.map { try resolver.text($0, "auth.namespace") } }
  }

  /// The same where no program can be waited for.
  ///
  /// - Throws: ``Problem``, or ``VaultError`` when there is no answer.
  func runWithoutHelper() throws {
    guard let login = environment.login else { return try useOwnToken() }
    let namespace = try namespace
    switch login.credentials {
    case .token(let text): client.use(try resolver.secret(text, "token"), in: namespace)
    case .tokenFile(let file): try useTokenFile(absolute(file), in: namespace)
    case .tokenHelper:
      throw Problem(
        .configurationInvalid,
        "the login of \(environment.name) asks a program, which is done for the chosen environment alone",
        at: login.location,
        hint: "give it a login of its own, or put what is needed into a variable"
      )
    case .appRole, .jwt, .password, .certificate:
      do {
        // Later in the run it presents what is there then: another file, another answer of the pipeline.
        let present = try presentation(of: login, namespace)
        let again = {
          var next = try present()
          next.namespace = namespace
          return next
        }
        try client.login(try again(), again: again)
      } catch let error as VaultError {
        throw LoginRefusal(login: login, environment: environment, namespace: namespace).problem(error)
      }
    }
  }

  // MARK: - Tokens

  private func useOwnToken() throws {
    if let token = shell.token { return client.use(token) }
    try useTokenFile(shell.tokenFile, in: nil)
  }

  private func useTokenFile(_ file: String?, in namespace: String?) throws {
    guard let file, let token = try TokenFile.read(file) else {
      // What the shell says is not asked where several environments are.
      let isAlone = shell.tokenFile != nil || variables["HOME"] == nil
      throw Problem(
        .permissionDenied,
        "there is no token for the server",
        hint: isAlone
          ? "log in with \"bao login\" or \"vault login\", export VAULT_TOKEN, or configure \"auth:\" in config.yaml"
          : "VAULT_TOKEN does not say which environment it is for: configure \"auth:\" of \(environment.name) in config.yaml"
      )
    }
    client.use(token, in: namespace)
  }

  // MARK: - Credentials

  /// What is presented, made anew each time.
  private func presentation(
    of login: Environment.Login,
    _ namespace: String?
  ) throws -> () throws -> VaultLogin {
    let mount = login.mount
    switch login.credentials {
    case .appRole(let roleID, let secretID):
      let role = try resolver.secret(roleID, "role_id")
      let secret = try open(secretID, mount, namespace)
      return { role.exposed { VaultLogin.appRole(mount: mount, roleID: $0, secretID: secret) } }
    case .jwt(let role, let source):
      let role = try role.map { try resolver.text($0, "role") }
      let token = try token(from: source)
      return { VaultLogin.jwt(mount: mount, role: role, jwt: try token()) }
    case .password(let user, let password):
      let user = try resolver.text(user, "username")
      let password = try resolver.secret(password, "password")
      return { VaultLogin.userpass(mount: mount, user: user, password: password) }
    case .certificate(let role):
      guard environment.tls.clientCertificate != nil else {
        throw Problem(
          .configurationInvalid,
          "environment \(environment.name) logs in with a client certificate, and has none",
          at: login.location,
          hint:
            "name its files under tls: client_cert and client_key, or export VAULT_CLIENT_CERT and VAULT_CLIENT_KEY"
        )
      }
      let role = try role.map { try resolver.text($0, "role") }
      return { VaultLogin.certificate(mount: mount, role: role) }
    case .token, .tokenFile, .tokenHelper: preconditionFailure("a token is not presented to an auth method")
    }
  }

  /// The secret id; a wrapped one is opened, once, if it comes from the AppRole's own endpoint.
  private func open(
    _ secretID: Environment.Login.SecretID,
    _ mount: String,
    _ namespace: String?
  ) throws -> Secret {
    switch secretID {
    case .plain(let text): return try resolver.secret(text, "secret_id")
    case .wrapped(let text, let role):
      let wrapped = try resolver.secret(text, "secret_id_wrapped")
      let role = try role.map { try resolver.text($0, "role") }
      let data = try client.unwrap(wrapped, in: namespace) { origin in
        let parts = origin.split(separator: "/").map(String.init)
        let head = "auth/\(mount)/role".split(separator: "/").map(String.init)
        guard parts.count == head.count + 2, parts.starts(with: head) else { return false }
        return (role == nil || parts[head.count] == role?.lowercased() || parts[head.count] == role)
          && ["secret-id", "custom-secret-id"].contains(parts[head.count + 1])
      }
      guard let secret = data?["secret_id"]?.string else {
        throw Problem(
          .permissionDenied,
          "the wrapping token in secret_id_wrapped holds no secret id",
          hint: "wrap the answer of auth/\(mount)/role/NAME/secret-id"
        )
      }
      client.mask(Secret(secret))
      return Secret(secret)
    }
  }

  /// Gives out a signed token; files are read again each time, as those who sign put new ones there.
  private func token(from source: Environment.Login.JWT) throws -> () throws -> Secret {
    switch source {
    case .text(let text):
      let token = try resolver.secret(text, "jwt")
      return { token }
    case .file(let name):
      let file = absolute(name)
      return {
        guard let token = try TokenFile.read(file) else {
          throw Problem(
            .permissionDenied,
            "the file \(file) holds no token to log in with",
            hint: "inside a pod it is mounted by Kubernetes; elsewhere name another under jwt_file"
          )
        }
        return token
      }
    case .gitHub(let audience):
      let request = try GitHubIDToken(
        variables: variables,
        audience: try audience.map { try resolver.text($0, "github_audience") }
      )
      return { try request.token() }
    }
  }

  private func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(folder)/\(path)" }
}
