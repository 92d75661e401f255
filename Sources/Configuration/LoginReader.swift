import Values
import YAML

/// Reads `auth:` of an environment.
struct LoginReader {
  /// The auth methods that are known, by the names that servers give them.
  private enum Method: String, CaseIterable {
    case token, approle, jwt, oidc, kubernetes, userpass, ldap, radius, okta, cert
  }

  /// Where Kubernetes puts the token of a pod's service account.
  private static let serviceAccountToken = "/var/run/secrets/kubernetes.io/serviceaccount/token"

  private let environment: String
  private let diagnostics: Diagnostics
  private let location: SourceLocation
  private var map: MapReader
  private var secrets: [Environment.Login.SecretText] = []

  /// Reads one login.
  ///
  /// - Returns: `nil` after an error, which is in `diagnostics`.
  static func read(_ node: Node, of environment: String, _ diagnostics: Diagnostics) -> Environment.Login? {
    guard let map = MapReader(node, "auth of environment \(environment)", diagnostics) else { return nil }
    var reader = LoginReader(
      environment: environment,
      diagnostics: diagnostics,
      location: node.location,
      map: map
    )
    return reader.login()
  }

  private init(
    environment: String,
    diagnostics: Diagnostics,
    location: SourceLocation,
    map: MapReader
  ) {
    self.environment = environment
    self.diagnostics = diagnostics
    self.location = location
    self.map = map
  }

  private mutating func login() -> Environment.Login? {
    // Which keys there may be depends on the method: without one nothing more is said.
    guard let method = method() else { return nil }
    let mount = method == .token ? "" : map.string("mount") ?? method.rawValue
    let namespace = map.string("namespace")
    let credentials = credentials(method)
    map.finish()
    guard let credentials else { return nil }
    var login = Environment.Login(
      credentials,
      mount: mount.split(separator: "/").joined(separator: "/"),
      namespace: namespace,
      at: location
    )
    login.secrets = secrets
    return login
  }

  private mutating func method() -> Method? {
    let names = Method.allCases.map(\.rawValue)
    guard let node = map.node("method"), node.value != .null else {
      diagnostics.error(
        "auth of environment \(environment) names no method",
        at: location,
        hint: "one of \(names.joined(separator: ", "))"
      )
      return nil
    }
    let name = node.value.string ?? ""
    if let method = Method(rawValue: name) { return method }
    diagnostics.error(
      "method of auth of environment \(environment) must be one of \(names.joined(separator: ", "))",
      at: node.location,
      hint: Suggestion.nearest(to: name, among: names).map { "did you mean \"\($0)\"?" }
    )
    return nil
  }

  private mutating func credentials(_ method: Method) -> Environment.Login.Credentials? {
    switch method {
    case .token: token()
    case .approle: appRole()
    case .jwt, .oidc: jwt()
    case .kubernetes: kubernetes()
    case .userpass, .ldap, .radius, .okta: password(method)
    case .cert: .certificate(role: map.string("role"))
    }
  }

  private mutating func token() -> Environment.Login.Credentials? {
    let token = secret("token")
    let file = map.string("token_file")
    let helper = map.string("token_helper")
    // The user's own token, as without "auth:".
    if token == nil, file == nil, helper == nil { return nil }
    return exactlyOne(
      [token.map { .token($0) }, file.map { .tokenFile($0) }, helper.map { .tokenHelper($0) }],
      of: "token, token_file or token_helper",
      "auth: {method: token, token: \"${DEPLOY_TOKEN}\"}; without auth: the variable VAULT_TOKEN and ~/.vault-token count"
    )
  }

  private mutating func appRole() -> Environment.Login.Credentials? {
    let roleID = map.string("role_id")
    let plain = secret("secret_id")
    let wrapped = secret("secret_id_wrapped")
    let role = wrapped == nil ? nil : map.string("role")
    let hint = "auth: {method: approle, role_id: \"${VAULT_ROLE_ID}\", secret_id: \"${VAULT_SECRET_ID}\"}"
    guard let roleID else {
      missing("role_id and secret_id", hint)
      return nil
    }
    return exactlyOne(
      [
        plain.map { .appRole(roleID: roleID, secretID: .plain($0)) },
        wrapped.map { .appRole(roleID: roleID, secretID: .wrapped($0, role: role)) },
      ],
      of: "secret_id or secret_id_wrapped",
      hint
    )
  }

  private mutating func jwt() -> Environment.Login.Credentials? {
    let role = map.string("role")
    let text = secret("jwt")
    let file = map.string("jwt_file")
    let audience = map.string("github_audience")
    return exactlyOne(
      [
        text.map { .jwt(role: role, .text($0)) }, file.map { .jwt(role: role, .file($0)) },
        audience.map { .jwt(role: role, .gitHub(audience: $0.isEmpty ? nil : $0)) },
      ],
      of: "jwt, jwt_file or github_audience",
      "auth: {method: jwt, role: deploy, jwt: \"${VAULT_ID_TOKEN}\"}"
    )
  }

  private mutating func kubernetes() -> Environment.Login.Credentials? {
    let file = map.string("jwt_file") ?? Self.serviceAccountToken
    guard let role = map.string("role") else {
      missing("role", "auth: {method: kubernetes, role: deploy}")
      return nil
    }
    return .jwt(role: role, .file(file))
  }

  private mutating func password(_ method: Method) -> Environment.Login.Credentials? {
    let user = map.string("username")
    let password = secret("password")
    guard let user, let password else {
      missing(
        "username and password",
        "auth: {method: \(method.rawValue), username: deploy, password: \"${DEPLOY_PASSWORD}\"}"
      )
      return nil
    }
    return .password(user: user, password: password)
  }

  // MARK: - Parts

  private mutating func secret(_ key: String) -> String? {
    guard let text = map.string(key) else { return nil }
    secrets.append(
      Environment.Login.SecretText(key: key, text: text, location: map.node(key)?.location ?? location)
    )
    return text
  }

  private func exactlyOne(
    _ found: [Environment.Login.Credentials?],
    of keys: String,
    _ hint: String
  ) -> Environment.Login.Credentials? {
    let found = found.compactMap(\.self)
    if found.count > 1 {
      diagnostics.error(
        "auth of environment \(environment) has more than one of \(keys)",
        at: location,
        hint: "keep one of them"
      )
    } else if found.isEmpty {
      missing(keys, hint)
    }
    return found.first
  }

  private func missing(_ what: String, _ hint: String) {
    diagnostics.error("auth of environment \(environment) needs \(what)", at: location, hint: hint)
  }

  // MARK: - Secrets

  /// A secret that is written into `config.yaml` is in git for ever.
  static func refuseLiterals(in settings: Settings, _ diagnostics: Diagnostics) {
    for environment in settings.environments.values.sorted(by: { $0.name < $1.name }) {
      let resolver = Resolver(settings: settings, environment: environment, processVariables: [:]) { _ in [] }
      for secret in environment.login?.secrets ?? [] where !resolver.isSensitive(.string(secret.text)) {
        let what = "\(secret.key) of auth of environment \(environment.name)"
        let references = (try? Template(secret.text))?.references ?? []
        diagnostics.error(
          references.isEmpty
            ? "\(what) is a secret, and is written into config.yaml"
            : "\(what) is a secret, and refers to nothing but literals in config.yaml or variables under plain",
          at: secret.location,
          hint:
            "put a reference in its place, for example ${VAULT_\(secret.key.uppercased())}, and export that variable"
        )
      }
    }
  }
}
