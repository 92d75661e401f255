import Catalogue
package import Configuration
import Values

/// The least that a token must be allowed for the tool to do its work in one environment.
///
/// It is about any change of what the schema declares, not only what is pending now: a pipeline's role has the same policy
/// the whole year. What one version does besides, such as moves and tasks by hand, is in it as long as that version is
/// pending or the newest.
package struct NeededPolicy: Sendable {
  package enum Purpose: String, Sendable, CaseIterable {
    /// `plan`, `status`, `drift`: nothing is written.
    case plan
    /// `sync`, `apply`, `rollback`, `release`, `repair`, `unlock`.
    case sync
  }

  /// One `path` block.
  package struct Rule: Sendable, Hashable {
    /// As the policy has it: what lies in another namespace begins with its name.
    package let path: String
    package var capabilities: Set<String>
    package var reasons: Set<String>

    /// In the order in which people write them.
    package var sortedCapabilities: [String] {
      ["create", "read", "update", "delete", "list", "sudo"].filter(capabilities.contains)
    }
  }

  /// Sorted by path.
  package let rules: [Rule]

  /// Collects what a project needs.
  ///
  /// - Parameters:
  ///   - purpose: What is to be done.
  ///   - project: What is declared.
  ///   - environment: Where.
  ///   - version: The applied version, as far as this repository knows.
  /// - Throws: ``Problem`` for migrations that do not follow from each other.
  package init(
    for purpose: Purpose,
    of project: Project,
    in environment: Environment,
    applied version: Int
  ) throws {
    let name = environment.name
    let schema = project.schema.content(in: name)
    let fold = try Fold(project.migrations, environment: name)
    let tasks = project.migrations.filter { $0.version >= version }.flatMap(\.tasks).filter {
      $0.scope.includes(name)
    }
    var mounts = fold.mounts
    for case (let path, .value(let was)) in tasks.map({ ($0.path, $0.was) }) where path.contentPrefix != nil {
      mounts.insert(path, declared: was)
    }
    mounts.insert(contentsOf: schema.mounts)
    var needs = NeedCollector(purpose: purpose, catalogue: project.catalogue, mounts: mounts)
    for content in [fold, schema] {
      for (path, value) in content.resources { needs.addResource(path, value) }
      for (path, value) in content.actions {
        needs.addAction(path, value, content.terms[path] ?? ActionTerms())
      }
    }
    for task in tasks { needs.add(task) }
    needs.addOwn(project.settings, environment, schema.paths.union(fold.paths))
    rules = needs.rules
  }

  /// As HCL, each block below the reasons for it.
  package var text: String {
    rules.map { rule in
      "# " + rule.reasons.sorted().joined(separator: "; ") + "\n"
        + HCL.block(
          "path",
          label: rule.path,
          ["capabilities": .array(rule.sortedCapabilities.map(Value.string))]
        )
    }.joined(separator: "\n")
  }
}

/// Gathers rules, path by path.
struct NeedCollector {
  let purpose: NeededPolicy.Purpose
  let catalogue: Catalogue
  let mounts: MountTable
  private var found: [String: NeededPolicy.Rule] = [:]
  private var namespaces: Set<String> = [""]

  init(purpose: NeededPolicy.Purpose, catalogue: Catalogue, mounts: MountTable) {
    self.purpose = purpose
    self.catalogue = catalogue
    self.mounts = mounts
  }

  /// What was gathered; a folder that is also a secret can be listed, although its own rule hides that of the mount.
  var rules: [NeededPolicy.Rule] {
    let lists = found.values.filter { $0.capabilities.contains("list") && $0.path.hasSuffix("*") }
    return found.values.map { rule in
      guard !rule.path.hasSuffix("*"), lists.contains(where: { rule.path.hasPrefix($0.path.dropLast()) }),
        found.keys.contains(where: { $0.hasPrefix(rule.path + "/") })
      else { return rule }
      var rule = rule
      rule.capabilities.insert("list")
      return rule
    }.sorted { $0.path < $1.path }
  }

  private mutating func add(
    _ path: VaultPath,
    _ capabilities: Set<String>,
    _ reason: String,
    sudo: Bool = false
  ) {
    guard !capabilities.isEmpty else { return }
    let text = path.namespace.isEmpty ? path.path : "\(path.namespace)/\(path.path)"
    var rule = found[text] ?? NeededPolicy.Rule(path: text, capabilities: [], reasons: [])
    rule.capabilities.formUnion(capabilities)
    if sudo || needsSudo(path) { rule.capabilities.insert("sudo") }
    rule.reasons.insert(reason)
    found[text] = rule
  }

  private func needsSudo(_ path: VaultPath) -> Bool {
    path.path.hasPrefix("sys/") && catalogue.endpoint(for: path, mounts: mounts).needsSudo
  }

  private var writes: Bool { purpose == .sync }

  // MARK: - What is declared

  mutating func addResource(_ path: VaultPath, _ value: Value) {
    namespaces.insert(path.namespace)
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    if path.isMount || path.isAuthMethod {
      addMount(path, endpoint)
    } else {
      addReading(path, endpoint)
      if writes { addWriting(path, endpoint) }
    }
    addLosses(path, endpoint)
    addGiven(value, in: path.namespace)
  }

  private mutating func addMount(_ path: VaultPath, _ endpoint: Endpoint) {
    let name = (path.mountName ?? path.path).dropLast()
    let list = path.isMount ? "sys/mounts" : "sys/auth"
    add(path.with(path: list), ["read"], path.isMount ? "what is mounted" : "which auth methods there are")
    guard writes else { return }
    let base = path.with(path: "\(list)/\(name)")
    add(base, ["update", "delete"], "\(path)", sudo: endpoint.needsSudo)
    add(base.with(path: base.path + "/tune"), ["update"], "settings of \(path)", sudo: endpoint.needsSudo)
    guard path.isMount, endpoint.countPlans(for: path).contains(where: { $0.noun == "leases" }) else {
      return
    }
    add(
      base.with(path: "sys/leases/revoke-prefix/\(name)"),
      ["update"],
      "ends the leases of \(path) before it goes"
    )
  }

  private mutating func addReading(_ path: VaultPath, _ endpoint: Endpoint) {
    switch endpoint.readPath(for: path) {
    case .nothing: return
    case .itself: add(path, ["read"], "\(path)")
    case .path(let other): add(other, ["read"], "shows \(path)")
    case .kvMetadata(let other): add(other, ["read"], "the version of \(path)")
    case .member(let list, _): add(list, ["read"], "lists \(path)")
    case .named(let list, _): add(list, ["list"], "the id of \(path)")
    }
  }

  private mutating func addWriting(_ path: VaultPath, _ endpoint: Endpoint) {
    var capabilities: Set<String> = ["update"]
    if endpoint.tellsCreation || !endpoint.isKnown { capabilities.insert("create") }
    let isKept = endpoint.deleteIsRefused || endpoint.goesOnlyWithMount || endpoint.isBuiltIn(path)
    if let byID = endpoint.lookedUpPath(for: path, id: "+") {
      add(byID, isKept ? ["update"] : ["update", "delete"], "\(path), by its id")
      if let first = endpoint.lookedUpPath(for: path, id: nil) { add(first, ["update"], "makes \(path)") }
      if path.path.hasPrefix("identity/entity-alias/") {
        add(path.with(path: "identity/entity/id/+"), ["read"], "whose \(path) is")
      }
      return
    }
    if !isKept { capabilities.insert("delete") }
    // Where nothing is recorded yet, the secret that is there is compared.
    if endpoint.kind == .kvData { capabilities.insert("read") }
    add(path, capabilities, "\(path)", sudo: endpoint.needsSudo)
  }

  /// What a deletion, or an action, would destroy is counted.
  private mutating func addLosses(_ path: VaultPath, _ endpoint: Endpoint) {
    guard endpoint.loses != nil else { return }
    for plan in endpoint.countPlans(for: path)
    where !catalogue.endpoint(for: plan.path, mounts: mounts).isOpen {
      let listed = plan.isTree ? plan.path.with(path: plan.path.path + "*") : plan.path
      add(listed, ["list"], "counts the \(plan.noun) that go with \(path)")
    }
  }

  private mutating func addGiven(_ value: Value, in namespace: String) {
    for object in value.givenObjects(in: namespace) {
      switch object.given.kind {
      case .accessor:
        let list = object.path.isMount ? "sys/mounts" : "sys/auth"
        add(object.path.with(path: list), ["read"], "\(object.given)")
      case .id: add(object.idSource.path, [object.idSource.lists ? "list" : "read"], "\(object.given)")
      case .vault: add(object.path, ["read"], "\(object.given)")
      case .saved: continue
      }
    }
  }

  // MARK: - What is done once

  mutating func addAction(_ path: VaultPath, _ arguments: Value, _ terms: ActionTerms) {
    namespaces.insert(path.namespace)
    let path = path.withoutActionName
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    addLosses(path, endpoint)
    guard writes else { return }
    let capabilities: Set<String> =
      endpoint.tellsCreation || !endpoint.isKnown ? ["create", "update"] : ["update"]
    add(path, capabilities, "runs \(path)", sudo: endpoint.needsSudo)
    if let probe = endpoint.probe(for: path) {
      add(probe.path, [probe.lists ? "list" : "read"], "shows whether \(path) ran")
    }
    for case .secret(let secret, _) in terms.save.values {
      add(VaultPath(secret, in: path.namespace), ["create", "read", "update"], "keeps the answer of \(path)")
    }
    if let condition = terms.unless {
      let other = VaultPath(condition.path, in: path.namespace)
      let isMount = other.mountName != nil
      let read = isMount ? other.with(path: other.isMount ? "sys/mounts" : "sys/auth") : other
      add(read, ["read"], "whether \(path) is needed")
    }
    addGiven(arguments, in: path.namespace)
  }

  /// What a task does that is not a matter of what is declared.
  mutating func add(_ task: Task) {
    switch task.action {
    case .write(let value): addResource(task.path, value)
    case .delete: addResource(task.path, .null)
    case .run(let arguments): addAction(task.path, arguments, task.terms)
    case .move(let from):
      addResource(from, .null)
      addResource(task.path, .null)
      guard writes else { return }
      add(task.path.with(path: "sys/remount"), ["update"], "moves \(from) to \(task.path)")
      add(task.path.with(path: "sys/remount/status/+"), ["read"], "how far the move to \(task.path) is")
    }
  }

  // MARK: - The tool's own

  private static let longRuns = "keeps the login alive in a long run"

  mutating func addOwn(_ settings: Settings, _ environment: Environment, _ paths: Set<VaultPath>) {
    if writes {
      for namespace in namespaces {
        add(VaultPath("sys/capabilities-self", in: namespace), ["update"], "what the token may do")
      }
    }
    if paths.contains(where: { $0.isAuthMethod && $0.namespace.isEmpty }) {
      add(VaultPath("auth/token/lookup-self"), ["read"], "which auth method the token came through")
    }
    if environment.login?.isPresented ?? false {
      add(VaultPath("auth/token/revoke-self"), ["update"], "ends the login")
      add(VaultPath("auth/token/renew-self"), ["update"], Self.longRuns)
      add(VaultPath("auth/token/lookup-self"), ["read"], Self.longRuns)
    }
    addLedger(settings, environment, paths)
  }

  private mutating func addLedger(_ settings: Settings, _ environment: Environment, _ paths: Set<VaultPath>) {
    // Without a ledger the records lie in git.
    guard let mount = settings.ledgerMount(of: environment) else { return }
    let owner = Claims.Owner(project: settings.project, environment: environment.name)
    let rights: Set<String> = writes ? ["create", "read", "update"] : ["read"]
    add(VaultPath("\(mount)/data/\(settings.project)/\(environment.name)/*"), rights, "the ledger's records")
    add(VaultPath("\(mount)/metadata/\(Claims.folder)"), ["list"], "who has what on this server")
    add(VaultPath("\(mount)/data/\(Claims.folder)/*"), ["read"], "who has what on this server")
    guard writes else { return }
    add(VaultPath("\(mount)/data/\(owner.record)"), rights, "what belongs to this environment")
    // A long record has further parts.
    if JSON.text(Claims(owner: owner, paths: paths).value).utf8.count > LedgerStore.limit / 2 {
      add(VaultPath("\(mount)/data/\(owner.record).*"), rights, "what belongs to this environment")
    }
  }
}
