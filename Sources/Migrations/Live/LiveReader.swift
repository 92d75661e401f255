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
    let survey = survey(paths, mounts: mounts, noting: note)
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
    noting note: (VaultPath, Value) -> Void = { _, _ in }
  ) -> Survey {
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
    var survey = Survey()
    for (list, answer) in zip(listed, answers) {
      let paths = lists[list] ?? []
      do throws(VaultError) {
        let entries = try entries(of: list, paths.map(\.key), answer)
        for (path, key) in paths {
          if let entry = entries[key] { survey.found[path] = recordable(entry, at: path, mounts) }
        }
      } catch {
        for (path, _) in paths { survey.failures[path] = error }
      }
    }
    for (single, answer) in zip(singles, answers.dropFirst(listed.count)) {
      do throws(VaultError) {
        guard let data = try data(of: answer) else { continue }
        note(single.path, data)
        let isData = catalogue.endpoint(for: single.path, mounts: mounts).kind == .kvData
        survey.found[single.path] =
          isData ? Self.secretVersion(data) : recordable(data, at: single.path, mounts)
      } catch {
        survey.failures[single.path] = error
      }
    }
    for (list, answer) in zip(tellingNames, answers.suffix(tellingNames.count)) {
      let paths = named[list] ?? []
      do throws(VaultError) {
        guard let data = try data(of: answer) else { continue }
        for (path, match) in paths {
          if let entry = IDLookup.find(match, in: data)?.entry {
            survey.found[path] = recordable(entry, at: path, mounts)
          }
        }
      } catch {
        for (path, _) in paths { survey.failures[path] = error }
      }
    }
    return survey
  }

  /// The members of a list by key; a token that may not read the list is asked to read each of them.
  private func entries(
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
