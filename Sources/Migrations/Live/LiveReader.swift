package import Catalogue
package import Values
package import VaultClient

/// Reads what is at paths, in as few requests as give the answer, and in the form in which it is recorded.
package struct LiveReader {
  private let client: VaultClient
  private let catalogue: Catalogue
  /// Values that must not be stored or shown, wherever a server repeats them.
  private let secrets: Set<Secret>
  /// The declared fields that hold secrets, by path: whatever a server answers for them is one.
  private let secretFields: [VaultPath: Set<String>]
  /// How objects are shared: of those, only what is ours is read.
  private let manages: [VaultPath: Manage]

  package init(
    client: VaultClient,
    catalogue: Catalogue,
    secrets: Set<Secret> = [],
    secretFields: [VaultPath: Set<String>] = [:],
    manages: [VaultPath: Manage] = [:]
  ) {
    self.manages = manages
    self.client = client
    self.catalogue = catalogue
    self.secrets = secrets
    self.secretFields = secretFields
  }

  /// What is at each path; what is absent, or cannot be read at all, is missing from the answer.
  ///
  /// Fields that the server changes by itself are left out, secrets are ``Secret`` leaves; `note` gets each answer as it
  /// came, also that about a secret whose newest version is deleted. Throws ``VaultError`` for
  /// anything but absence.
  package func read(
    _ paths: some Collection<VaultPath>,
    mounts: MountTable,
    noting note: (VaultPath, Value) -> Void = { _, _ in }
  ) throws -> [VaultPath: Value] {
    var lists: [VaultPath: [(path: VaultPath, key: String)]] = [:]
    var singles: [(path: VaultPath, from: VaultPath)] = []
    var named: [VaultPath: [(path: VaultPath, match: [String: String])]] = [:]
    for path in paths.sorted() {
      switch catalogue.endpoint(for: path, mounts: mounts).readPath(for: path) {
      case .itself: singles.append((path, path))
      case .path(let other), .kvMetadata(let other): singles.append((path, other))
      case .member(let list, let key): lists[list, default: []].append((path, key))
      case .named(let list, let match): named[list, default: []].append((path, match))
      case .nothing: continue
      }
    }
    let listed = lists.keys.sorted()
    let tellingNames = named.keys.sorted()
    let answers = client.perform(
      listed.map { VaultRequest(.read, $0) }
        + singles.map { single in
          let query = catalogue.endpoint(for: single.path, mounts: mounts).readQuery
          return VaultRequest(.read, single.from, query: query.map(Self.parameters) ?? [])
        } + tellingNames.map { VaultRequest(.list, $0) }
    )
    var found: [VaultPath: Value] = [:]
    for (list, answer) in zip(listed, answers) {
      guard let entries = try data(of: answer) else { continue }
      for (path, key) in lists[list] ?? [] {
        if let entry = entries[key] { found[path] = recordable(entry, at: path, mounts) }
      }
    }
    for (single, answer) in zip(singles, answers.dropFirst(listed.count)) {
      guard let data = try data(of: answer) else { continue }
      note(single.path, data)
      let endpoint = catalogue.endpoint(for: single.path, mounts: mounts)
      if endpoint.kind == .kvData {
        found[single.path] = Self.secretVersion(data)
      } else {
        found[single.path] = recordable(data, at: single.path, mounts)
      }
    }
    for (list, answer) in zip(tellingNames, answers.suffix(tellingNames.count)) {
      guard let data = try data(of: answer) else { continue }
      for (path, match) in named[list] ?? [] {
        if let entry = IDLookup.find(match, in: data)?.entry {
          found[path] = recordable(entry, at: path, mounts)
        }
      }
    }
    return found
  }

  /// What is sent for an object whose other fields belong to others: their values of now as well, unless a write leaves
  /// them alone anyway.
  func including(_ value: Value, of task: Task, _ endpoint: Endpoint, isThere: Bool) throws -> Value {
    guard case .fields? = task.manage, isThere, endpoint.isMerge != true, case .object(let own) = value else {
      return value
    }
    let request: VaultRequest
    switch endpoint.readPath(for: task.path) {
    case .itself:
      request = VaultRequest(.read, task.path, query: endpoint.readQuery.map(Self.parameters) ?? [])
    case .path(let other): request = VaultRequest(.read, other)
    case .member, .named, .kvMetadata, .nothing: return value
    }
    let live = try data(of: client.perform([request])[0])?.object ?? [:]
    // What a server computes is not for writing.
    let known = FieldTable.builtIn.fields(of: endpoint)?.types
    let others = live.filter { name, value in
      let isOurs = own[name] != nil || task.manage?.owns(name) == true
      if isOurs || value == .null || endpoint.isVolatile(field: name) { return false }
      return known.map { $0[name] != nil } ?? true
    }
    let marked = Value.object(others).marking(secretsOf: endpoint).object ?? [:]
    return .object(marked.merging(own) { $1 })
  }

  /// The ids of objects that servers know by those alone, as far as they are there.
  package func ids(of paths: some Collection<VaultPath>, mounts: MountTable) throws -> [VaultPath: String] {
    var lists: [VaultPath: [(path: VaultPath, match: [String: String])]] = [:]
    for path in paths {
      let plan = catalogue.endpoint(for: path, mounts: mounts).readPath(for: path)
      if case .named(let list, let match) = plan { lists[list, default: []].append((path, match)) }
    }
    let asked = lists.keys.sorted()
    var found: [VaultPath: String] = [:]
    for (list, answer) in zip(asked, client.perform(asked.map { VaultRequest(.list, $0) })) {
      guard let data = try data(of: answer) else { continue }
      for (path, match) in lists[list] ?? [] { found[path] = IDLookup.find(match, in: data)?.id }
    }
    return found
  }

  /// Those aliases that belong to an entity which a login made, and nobody named or gave anything since.
  func ownedByLogins(_ aliases: [VaultPath: Value]) throws -> Set<VaultPath> {
    let owners = aliases.compactMap { path, alias in alias["canonical_id"]?.string.map { (path, $0) } }
    let requests = owners.map { VaultRequest(.read, $0.0.with(path: "identity/entity/id/\($0.1)")) }
    var found: Set<VaultPath> = []
    for ((path, _), answer) in zip(owners, client.perform(requests)) {
      guard let entity = try data(of: answer), entity["name"]?.string?.hasPrefix("entity_") == true else {
        continue
      }
      let given = ["policies", "metadata", "direct_group_ids"].compactMap { entity[$0] }
      if given.allSatisfy(\.isZero) { found.insert(path) }
    }
    return found
  }

  /// The values of KV v2 secrets, for a comparison where no pair is recorded; every leaf is a ``Secret``.
  package func readSecretData(_ paths: [VaultPath]) throws -> [VaultPath: Value] {
    let answers = client.perform(paths.map { VaultRequest(.read, $0) })
    var found: [VaultPath: Value] = [:]
    for (path, answer) in zip(paths, answers) {
      guard let data = try data(of: answer)?["data"], data != .null else { continue }
      found[path] = data
    }
    return found
  }

  /// A digest of what an action's probe shows, which the action changes; `nil` if nothing can show it.
  package func probe(_ path: VaultPath, mounts: MountTable) throws -> String? {
    guard let probe = catalogue.endpoint(for: path, mounts: mounts).probe(for: path.withoutActionName) else {
      return nil
    }
    let answer = client.perform([VaultRequest(probe.lists ? .list : .read, probe.path)])[0]
    let data = try data(of: answer)
    let shown = probe.lists ? data?["keys"] : probe.field.flatMap { data?[$0] } ?? data
    return Fingerprints.digest(of: shown ?? .null)
  }

  // MARK: - Answers

  /// Errors that mean that there is nothing: some objects and singletons that do not exist answer 400, and what has
  /// no GET at all answers 405.
  private static let absence: Set<VaultError.Kind> = [
    .notFound, .noSuchMount, .namespaceNotFound, .refused, .unsupported,
  ]

  private func data(of answer: Result<VaultResponse, VaultError>) throws(VaultError) -> Value? {
    switch answer {
    case .success(let response): return response.data
    case .failure(let error):
      if Self.absence.contains(error.kind) { return nil }
      throw error
    }
  }

  private func recordable(_ value: Value, at path: VaultPath, _ mounts: MountTable) -> Value {
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    guard case .object(let members) = manages[path]?.restrict(value, endpoint) ?? value else { return value }
    let stable = members.filter { !endpoint.isVolatile(field: $0.key) }
    let declared = (secretFields[path] ?? []).map { [$0, endpoint.shape.renamed[$0] ?? $0] }.joined()
    return Value.object(stable).mapLeaves { leaf, keys in
      guard case .string(let text) = leaf, !text.isEmpty else { return leaf }
      let isDeclaredSecret = keys.contains { declared.contains($0) }
      if isDeclaredSecret || endpoint.isSecret(field: keys.joined(separator: ".")) || repeatsSecret(text) {
        return .secret(Secret(text))
      }
      return leaf
    }
  }

  private func repeatsSecret(_ text: String) -> Bool {
    secrets.contains { secret in
      // Short values, such as a number or "true", stand everywhere by chance.
      secret.exposed { $0.utf8.count >= 6 && text.contains($0) }
    }
  }

  /// A deleted or destroyed newest version counts as absent.
  private static func secretVersion(_ metadata: Value) -> Value? {
    guard let version = metadata["current_version"]?.integer, version > 0 else { return nil }
    let newest = metadata["versions"]?[String(version)]
    let isGone = newest?["destroyed"] == true || !(newest?["deletion_time"]?.string ?? "").isEmpty
    return isGone ? nil : ["current_version": .number(Number(version))]
  }

  private static func parameters(_ query: String) -> [(name: String, value: String)] {
    query.split(separator: "&").map { part in
      let pair = part.split(separator: "=", maxSplits: 1)
      return (String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
    }
  }
}
