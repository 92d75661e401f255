package import Values
package import YAML

/// Reads `config.yaml`; unknown keys and wrong types are errors with their place.
package struct SettingsReader {
  private let diagnostics = Diagnostics(.configurationInvalid)
  private let file: String

  private init(file: String) {
    self.file = file
  }

  /// Reads the text of a `config.yaml`.
  ///
  /// - Parameters:
  ///   - bytes: The file's content.
  ///   - file: The name shown in messages.
  /// - Returns: The settings and the warnings found on the way.
  /// - Throws: ``Problems``.
  package static func read(
    _ bytes: [UInt8],
    file: String
  ) throws(Problems) -> (settings: Settings, warnings: [Problem]) {
    let reader = SettingsReader(file: file)
    let settings = reader.read(bytes)
    let warnings = try reader.diagnostics.finish()
    guard let settings else {
      throw Problems(items: [
        Problem(.configurationInvalid, "the configuration is empty", at: SourceLocation(file: file))
      ])
    }
    return (settings, warnings)
  }

  private func read(_ bytes: [UInt8]) -> Settings? {
    guard let root = diagnostics.parse(bytes, file: file) else { return nil }
    guard var map = MapReader(root, "config.yaml", diagnostics) else { return nil }
    if let version = map.node("version"), version.value.integer != 1 {
      diagnostics.error(
        "config.yaml has a version that this program does not know",
        at: version.location,
        hint: "write \"version: 1\", or install a newer vault-migrations"
      )
    }
    var settings = Settings(file: file, project: "")
    if let project = identifier("project", &map) {
      settings.project = project
    } else if !diagnostics.hasErrors {
      diagnostics.error(
        "config.yaml names no project",
        at: root.location,
        hint: "add \"project: NAME\"; it tells repositories that share a server apart"
      )
    }
    if let schema = map.string("schema") { settings.schema = schema }
    if let migrations = map.string("migrations") { settings.migrations = migrations }
    readGit(&map, &settings)
    readLedger(&map, &settings)
    if let ttl = map.seconds("lock_ttl") { settings.lockTTL = max(ttl, 10) }
    settings.variables = variables(&map)
    settings.plain = Set(map.strings("plain") ?? [])
    settings.notSecret = NotSecretReader.read(from: &map, diagnostics)
    settings.allowed = Set(map.strings("allowed") ?? [])
    settings.exclusive = globs("exclusive", &map)
    settings.catalogue = map.node("catalogue")
    settings.environments = environments(&map)
    LoginReader.refuseLiterals(in: settings, diagnostics)
    HookSettings.read(&map, &settings, diagnostics)
    NotifySettings.read(&map, &settings, diagnostics)
    if let name = map.string("default_environment") {
      settings.defaultEnvironment = name
      if settings.environments[name] == nil {
        diagnostics.error(
          "default_environment names \"\(name)\", which is not under environments",
          at: map.node("default_environment")?.location,
          hint: Suggestion.hint(for: name, among: settings.environments.keys.sorted())
        )
      }
    }
    map.finish()
    return settings
  }

  private func readGit(_ map: inout MapReader, _ settings: inout Settings) {
    if let node = map.node("state_branch") {
      let template = node.value.string ?? ""
      if template.contains("{environment}"), !template.hasPrefix("/"), !template.contains("..") {
        settings.stateBranchTemplate = template
      } else {
        diagnostics.error(
          "state_branch must contain {environment}",
          at: node.location,
          hint: "the default is vault-migrations/{environment}"
        )
      }
    }
    if let remote = map.string("remote") { settings.remote = remote.isEmpty ? nil : remote }
  }

  private func readLedger(_ map: inout MapReader, _ settings: inout Settings) {
    guard let node = map.node("ledger") else { return }
    if node.value == .bool(false) {
      settings.ledger = nil
    } else if let segments = node.value.string?.split(separator: "/"), !segments.isEmpty {
      settings.ledger = segments.joined(separator: "/")
    } else {
      diagnostics.error(
        "ledger must name a KV v2 mount, or be false",
        at: node.location,
        hint: "the default is vault-migrations"
      )
    }
  }

  private func variables(_ map: inout MapReader) -> [String: Value] {
    guard let node = map.node("variables"), var reader = MapReader(node, "variables", diagnostics) else {
      return [:]
    }
    var variables: [String: Value] = [:]
    for pair in reader.all() {
      if !Template.isName(pair.key) {
        diagnostics.error(
          "\"\(pair.key)\" is not a variable name",
          at: pair.keyLocation,
          hint: "use letters, digits and _, not starting with a digit"
        )
      }
      if pair.value.value.holdsNull {
        diagnostics.error(
          "the variable \(pair.key) has no value, or holds one that has none",
          at: pair.value.location,
          hint: "write \"\" for an empty text; servers do not understand null"
        )
      }
      variables[pair.key] = pair.value.value
    }
    return variables
  }

  private func environments(_ map: inout MapReader) -> [String: Environment] {
    let node = map.node("environments") ?? Node(.mapping([]), at: map.location)
    guard var reader = MapReader(node, "environments", diagnostics) else { return [:] }
    let pairs = reader.all()
    if pairs.isEmpty {
      diagnostics.error(
        "config.yaml has no environments",
        at: node.location,
        hint: "add for example \"environments: {dev: {server: embedded}}\""
      )
    }
    var environments: [String: Environment] = [:]
    for pair in pairs {
      guard Self.isIdentifier(pair.key) else {
        diagnostics.error(
          "\"\(pair.key)\" is not a name for an environment",
          at: pair.keyLocation,
          hint: "use lower-case letters, digits, - and _"
        )
        continue
      }
      environments[pair.key] = environment(named: pair.key, pair.value)
    }
    return environments
  }

  private func environment(named name: String, _ node: Node) -> Environment {
    var environment = Environment(name: name)
    guard var map = MapReader(node, "environment \(name)", diagnostics) else { return environment }
    let address = map.string("address")
    environment.server = .remote(address: address)
    if let server = map.node("server") {
      if server.value.string == "embedded", address == nil {
        environment.server = .embedded
      } else {
        diagnostics.error(
          "server of environment \(name) must be \"embedded\", without an address",
          at: server.location,
          hint: "write \"address: https://…\" for a server that exists already"
        )
      }
    }
    environment.namespace = map.string("namespace")
    environment.isProtected = map.bool("protect") ?? false
    environment.refreshesByHand = map.choice("refresh", of: Refresh.self) == .manual
    environment.exclusive = globs("exclusive", &map)
    environment.variables = variables(&map)
    if let auth = map.node("auth") { environment.login = LoginReader.read(auth, of: name, diagnostics) }
    if let tls = map.node("tls") { environment.tls = TLSReader.read(tls, of: name, diagnostics) }
    environment.proxy = map.string("proxy")
    environment.trustedHosts = Set(map.strings("trusted_hosts") ?? [])
    map.finish()
    return environment
  }

  /// Patterns of paths, written as paths are.
  private func globs(_ key: String, _ map: inout MapReader) -> [String] {
    guard let node = map.node(key) else { return [] }
    let globs = node.value.array?.compactMap(\.string) ?? []
    if globs.isEmpty || globs.count != node.value.array?.count || globs.contains(where: Self.isNoGlob) {
      diagnostics.error(
        "\(key) must be a list of paths, with * for any text",
        at: node.location,
        hint: "for example \"\(key): [auth/approle/role/*, sys/policies/acl/*]\""
      )
    }
    return globs
  }

  private static func isNoGlob(_ text: String) -> Bool {
    text.isEmpty || text.hasPrefix("/") || text.hasPrefix("v1/")
  }

  private func identifier(_ key: String, _ map: inout MapReader) -> String? {
    guard let node = map.node(key) else { return nil }
    if let text = node.value.string, Self.isIdentifier(text) { return text }
    diagnostics.error(
      "\(key) must be a name",
      at: node.location,
      hint: "use lower-case letters, digits, - and _"
    )
    return nil
  }

  private static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.utf8.first, first != UInt8(ascii: "-") else { return false }
    return text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }
}

extension Diagnostics {
  /// Parses a YAML file; a syntax error or warning becomes a diagnostic.
  ///
  /// - Returns: `nil` after an error, and for a file without content.
  package func parse(_ bytes: [UInt8], file: String) -> Node? {
    do {
      let (document, warnings) = try YAML.parse(bytes, file: file)
      for item in warnings { warning(item.message, at: item.location, hint: item.hint) }
      return document
    } catch {
      self.error(error.message, at: error.location, hint: error.hint)
      return nil
    }
  }
}

/// The values of `refresh:`.
private enum Refresh: String, CaseIterable {
  case automatic, manual
}
