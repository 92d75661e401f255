package import Catalogue
package import Values
package import VaultClient

/// Reads what is at paths, in as few requests as give the answer, and in the form in which it is recorded.
package struct LiveReader {
  let client: VaultClient
  let catalogue: Catalogue
  /// Values that must not be stored or shown, wherever a server repeats them.
  private let secrets: Set<Secret>
  /// The declared fields that hold secrets, by path: whatever a server answers for them is one.
  private let secretFields: [VaultPath: Set<String>]
  /// How objects are shared: of those, only what is ours is read.
  private let manages: [VaultPath: Manage]
  private let verdicts = FieldVerdicts()

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
  /// anything but absence. Where most is expected to be absent, `doubtful` says so, and lists are asked first.
  package func read(
    _ paths: some Collection<VaultPath>,
    mounts: MountTable,
    doubting doubtful: Set<VaultPath> = [],
    noting note: (VaultPath, Value) -> Void = { _, _ in }
  ) throws -> [VaultPath: Value] {
    let survey = survey(paths, mounts: mounts, doubting: doubtful, noting: note)
    if let failure = survey.failures.min(by: { $0.key < $1.key }) { throw failure.value }
    return survey.found
  }

  /// What was found at several paths, and what could not be looked at.
  package struct Survey {
    package var found: [VaultPath: Value] = [:]
    package var failures: [VaultPath: VaultError] = [:]
  }

  /// The same, but what cannot be read does not hide the rest.
  package func survey(
    _ paths: some Collection<VaultPath>,
    mounts: MountTable,
    doubting doubtful: Set<VaultPath> = [],
    noting note: (VaultPath, Value) -> Void = { _, _ in }
  ) -> Survey {
    var batch = ReadBatch(reader: self, mounts: mounts)
    for path in paths.sorted() { batch.add(path) }
    batch.group(doubting: doubtful)
    return batch.survey(noting: note)
  }

  /// The members of a list by key; a token that may not read the list is asked to read each of them.
  func entries(
    of list: VaultPath,
    _ keys: [String],
    _ answer: Result<VaultResponse, VaultError>
  ) throws(VaultError) -> [String: Value] {
    guard case .failure(let error) = answer, error.kind == .denied else {
      return try data(of: answer)?.object ?? [:]
    }
    let answers = client.perform(keys.map { VaultRequest(.read, list.member($0)) })
    var entries: [String: Value] = [:]
    for (key, answer) in zip(keys, answers) { entries[key] = try data(of: answer) }
    return entries
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

  /// What a path answers, fields that change by themselves included; `nil` for nothing.
  ///
  /// Throws ``VaultError`` for anything but absence.
  func content(_ path: VaultPath, mounts: MountTable) throws -> Value? {
    if path.mountName != nil { return try read([path], mounts: mounts)[path] }
    let data = try data(of: client.perform([VaultRequest(.read, path)])[0])
    let isVersioned = catalogue.endpoint(for: path, mounts: mounts).kind == .kvData
    let content = isVersioned ? data?["data"] : data
    return content == .null ? nil : content
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

  func data(of answer: Result<VaultResponse, VaultError>) throws(VaultError) -> Value? {
    switch answer {
    case .success(let response): return response.data
    case .failure(let error):
      if Self.absence.contains(error.kind) { return nil }
      throw error
    }
  }

  /// What a server answered, in the form in which it is recorded.
  func recordable(_ value: Value, at path: VaultPath, _ mounts: MountTable) -> Value {
    recordable(value, at: path, catalogue.endpoint(for: path, mounts: mounts))
  }

  func recordable(_ value: Value, at path: VaultPath, _ endpoint: Endpoint) -> Value {
    guard case .object(var members) = manages[path]?.restrict(value, endpoint) ?? value else { return value }
    let declared = (secretFields[path] ?? []).map { [$0, endpoint.shape.renamed[$0] ?? $0] }.joined()
    func isSecret(_ text: String, _ keys: [String]) -> Bool {
      !text.isEmpty
        && (keys.contains { declared.contains($0) }
          || verdicts.verdict(on: keys.joined(separator: "."), endpoint).isSecret || repeatsSecret(text))
    }
    for (field, member) in members {
      switch member {
      case _ where verdicts.verdict(on: field, endpoint).isVolatile: members[field] = nil
      case .string(let text): if isSecret(text, [field]) { members[field] = .secret(Secret(text)) }
      case .array, .object:
        // Nearly none holds a secret, so it is copied only then.
        var holdsSecret = false
        member.forEachLeaf { leaf, keys in
          if case .string(let text) = leaf, isSecret(text, [field] + keys) { holdsSecret = true }
        }
        guard holdsSecret else { continue }
        members[field] = member.mapLeaves { leaf, keys in
          guard case .string(let text) = leaf, isSecret(text, [field] + keys) else { return leaf }
          return .secret(Secret(text))
        }
      case .null, .bool, .number, .secret: continue
      }
    }
    return .object(members)
  }

  private func repeatsSecret(_ text: String) -> Bool {
    secrets.contains { secret in
      // Short values, such as a number or "true", stand everywhere by chance.
      secret.exposed { $0.utf8.count >= 6 && text.contains($0) }
    }
  }

  /// A deleted or destroyed newest version counts as absent.
  static func secretVersion(_ metadata: Value) -> Value? {
    guard let version = metadata["current_version"]?.integer, version > 0 else { return nil }
    let newest = metadata["versions"]?[String(version)]
    let isGone = newest?["destroyed"] == true || !(newest?["deletion_time"]?.string ?? "").isEmpty
    return isGone ? nil : ["current_version": .number(Number(version))]
  }

  static func parameters(_ query: String) -> [(name: String, value: String)] {
    query.split(separator: "&").map { part in
      let pair = part.split(separator: "=", maxSplits: 1)
      return (String(pair[0]), pair.count > 1 ? String(pair[1]) : "")
    }
  }
}

extension VaultPath {
  /// What a list such as `sys/mounts` names `apps/`, as a path of its own.
  func member(_ key: String) -> VaultPath {
    with(path: "\(path)/\(key.hasSuffix("/") ? String(key.dropLast()) : key)")
  }
}
