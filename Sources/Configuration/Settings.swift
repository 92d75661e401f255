package import Values
package import YAML

/// What `config.yaml` says: the project, its environments, variables and rules (DESIGN section 4).
package struct Settings: Sendable {
  /// Where `config.yaml` was read from, as shown to users.
  package var file: String
  package var project: String
  /// The schema's file or folder, beside `config.yaml`.
  package var schema = "schema.yaml"
  package var migrations = "migrations"
  package var stateBranchTemplate = "vault-migrations/{environment}"
  /// The git remote that holds the state branches; `nil` keeps everything local.
  package var remote: String? = "origin"
  /// The mount of the ledger, without slashes at its ends; `nil` keeps its records in git.
  package var ledger: String? = "vault-migrations"
  /// Seconds after which a dead run's lock is taken over.
  package var lockTTL = 60
  package var defaultEnvironment: String?
  package var environments: [String: Environment] = [:]
  package var variables: [String: Value] = [:]
  /// Process variables that are not secret.
  package var plain: Set<String> = []
  /// Literals that look like credentials and are none, each `PATH#FIELD` with `*` for any text.
  package var notSecret: [String] = []
  /// Process variables, and files as `file:PATH`, that a pull request may be the first to refer to.
  package var allowed: Set<String> = []
  /// Globs of paths under which nothing may be that nobody declared.
  package var exclusive: [String] = []

  /// Whether anything is exclusive in some environment.
  package var hasExclusive: Bool {
    !exclusive.isEmpty || environments.values.contains { !$0.exclusive.isEmpty }
  }

  package var hooks = Hooks()
  /// Who is told what happened.
  package var notifications: [Notification] = []
  /// What the project knows about endpoints besides the built-in catalogue, as written.
  package var catalogue: Node?

  /// Who applies what arrives on a branch, without a pipeline.
  package struct Hooks: Hashable, Sendable {
    package var branch = "main"
    /// The environments that follow a merge or a pull in somebody's work tree.
    package var postMerge: [String] = []
    /// The environments that follow a push to a repository that hosts itself.
    package var postReceive: [String] = []
  }

  package init(file: String, project: String) {
    self.file = file
    self.project = project
  }

  /// The branch that records an environment's state.
  package func stateBranch(of environment: String) -> String {
    stateBranchTemplate.replacing("{environment}", with: environment)
  }

  /// The mount of an environment's ledger; a private server always has one of its own.
  package func ledgerMount(of environment: Environment) -> String? {
    ledger ?? (environment.server == .embedded ? "vault-migrations" : nil)
  }

  /// The chosen environment.
  ///
  /// - Parameter name: `nil` takes `default_environment`, else the only one there is.
  /// - Returns: The environment as configured.
  /// - Throws: ``Problem`` if there is no such environment or none can be chosen.
  package func environment(_ name: String?) throws(Problem) -> Environment {
    let names = environments.keys.sorted()
    let chosen = name ?? defaultEnvironment ?? (names.count == 1 ? names[0] : nil)
    guard let chosen else {
      throw Problem(
        .usage,
        "no environment was chosen and config.yaml names no default_environment",
        hint: "pass --env with one of: \(names.joined(separator: ", "))"
      )
    }
    guard let environment = environments[chosen] else {
      throw Problem(
        .usage,
        "there is no environment \"\(chosen)\"",
        at: SourceLocation(file: file),
        hint: Suggestion.hint(for: chosen, among: names)
      )
    }
    return environment
  }
}

/// One server that the schema is applied to.
package struct Environment: Sendable {
  package enum Server: Sendable, Hashable {
    /// A private server beside the repository.
    case embedded
    /// `nil` leaves the address to `VAULT_ADDR`.
    case remote(address: String?)
  }

  package var name: String
  package var server: Server = .remote(address: nil)
  package var namespace: String?
  package var login: Login?
  package var tls = TLS()
  /// A proxy for everything but loopback, perhaps with references; `nil` leaves it to variables.
  package var proxy: String?
  /// Hosts, or `host:port`, that a standby may point to and that get the token then.
  package var trustedHosts: Set<String> = []
  package var variables: [String: Value] = [:]
  /// Destructive tasks need an approval for this environment in the migration.
  package var isProtected = false
  /// Whether changed variables and secrets are written again only when a run is told to.
  package var refreshesByHand = false
  /// Globs of paths as for the whole project, for this environment alone.
  package var exclusive: [String] = []

  package init(name: String) {
    self.name = name
  }
}

extension Environment {
  /// TLS settings; file names are relative to `config.yaml`.
  package struct TLS: Sendable, Hashable {
    package var caFile: String?
    /// Authorities as PEM text.
    package var caText: String?
    package var caDirectory: String?
    package var clientCertificate: String?
    package var clientKey: String?
    package var serverName: String?
    package var skipVerify = false
  }
}
