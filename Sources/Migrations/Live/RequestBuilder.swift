import Catalogue
import Values
import VaultClient

/// What is sent for a write or a deletion: the whole declared resource, in the form that its endpoint takes.
struct RequestBuilder {
  let catalogue: Catalogue
  let mounts: MountTable

  /// What a write is based on.
  struct Basis {
    /// What this environment last wrote, secrets as fingerprints; `nil` for a resource that is new here.
    let sent: Value?
    /// What is there now; `nil` for nothing.
    let live: Value?
    /// The fingerprints of this write's secrets, at the same places.
    let fingerprinted: Value
    /// The fingerprints of secrets that the server took earlier in this version.
    let taken: [String: Value]
    /// What the server calls an object whose path it does not know.
    var id: String?
    /// The version that is there, where the server checks that nobody else wrote since.
    var version: Int?
  }

  /// The request of a write, from a value that is resolved, secrets included.
  ///
  /// Throws ``Problem`` for a field that was removed and that nothing can reset.
  func write(_ value: Value, at path: VaultPath, _ basis: Basis) throws(Problem) -> VaultRequest {
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    switch endpoint.kind {
    case .mount, .authMethod:
      let base = mountPath(path)
      if basis.live == nil { return VaultRequest(.write, base, body: value) }
      let tuning = try completed(value, basis.sent, endpoint, path)
      return VaultRequest(.write, base.with(path: base.path + "/tune"), body: tuneBody(tuning))
    case .kvData:
      var members = value.object ?? [:]
      var options = members["options"]?.object ?? [:]
      options["cas"] = .number(Number(basis.version ?? 0))
      members["options"] = .object(options)
      return VaultRequest(.write, path, body: .object(members))
    case .resource, .action:
      // First what was removed, then what need not be repeated: the latter was not removed.
      let whole = try completed(value, basis.sent, endpoint, path)
      let body = withoutUnchangedSecrets(whole, basis, endpoint)
      let target = endpoint.lookedUpPath(for: path, id: basis.id) ?? path
      let checked = withVersion(withoutFirstFields(body, basis, endpoint), basis, endpoint)
      return VaultRequest(.write, target, body: checked)
    }
  }

  /// The request that takes something away; where there is no DELETE, one that writes the defaults of what was declared.
  ///
  /// Throws ``Problem`` if nothing can take it away.
  func delete(_ path: VaultPath, declared: Value, id: String? = nil) throws(Problem) -> VaultRequest {
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    switch endpoint.kind {
    case .mount, .authMethod: return VaultRequest(.delete, mountPath(path))
    case .kvData, .resource, .action:
      guard endpoint.deleteIsRefused else {
        return VaultRequest(.delete, endpoint.lookedUpPath(for: path, id: id) ?? path)
      }
      if endpoint.goesOnlyWithMount { throw Self.goesOnlyWithMount(path) }
      return VaultRequest(.write, path, body: try completed(.object([:]), declared, endpoint, path))
    }
  }

  private static func goesOnlyWithMount(_ path: VaultPath) -> Problem {
    Problem(
      .operationFailed,
      "\(path) cannot be taken away: the server has no DELETE for it, and does not take an empty one",
      path: path.description,
      hint: "keep it in the schema, or remove its whole mount"
    )
  }

  private func mountPath(_ path: VaultPath) -> VaultPath {
    let name = (path.mountName ?? path.path).dropLast()
    return path.with(path: (path.isMount ? "sys/mounts/" : "sys/auth/") + name)
  }

  /// Existing mounts change only through tune, which takes the members of `config` flat.
  private func tuneBody(_ declared: Value) -> Value {
    var members = declared["config"]?.object ?? [:]
    members["description"] = declared["description"]
    members["options"] = declared["options"]
    members["plugin_version"] = declared["plugin_version"]
    return .object(members)
  }

  /// Adds a default for every key that was declared before and is no longer, unless a write replaces everything.
  private func completed(
    _ body: Value,
    _ before: Value?,
    _ endpoint: Endpoint,
    _ path: VaultPath
  ) throws(Problem) -> Value {
    guard let members = body.object, let before = before?.object else { return body }
    let completion = endpoint.completing(members, replacing: before)
    if let field = completion.unresettable.first {
      throw Problem(
        .operationFailed,
        "\(field) was removed from \(path), and nobody knows what would reset it",
        path: path.description,
        hint: "declare the value that \(field) is to have instead of leaving it out"
      )
    }
    return .object(completion.body)
  }

  /// Names the version that the write is based on; servers that show none do not know the parameter either.
  private func withVersion(_ value: Value, _ basis: Basis, _ endpoint: Endpoint) -> Value {
    guard let check = endpoint.checkAndSet, var members = value.object else { return value }
    if let version = basis.version {
      members[check.field] = .number(Number(version))
    } else if let required = check.required, members[required] == true, members[check.field] == nil {
      members[check.field] = -1
    }
    return .object(members)
  }

  /// Leaves out what only the first write may have.
  private func withoutFirstFields(_ value: Value, _ basis: Basis, _ endpoint: Endpoint) -> Value {
    guard basis.live != nil, !endpoint.atCreation.isEmpty, let members = value.object else { return value }
    return .object(members.filter { !endpoint.atCreation.matches($0.key) })
  }

  /// Where left-out fields keep their value, an unchanged write-only secret stays out, so that a password that was rotated
  /// on the server is not overwritten.
  private func withoutUnchangedSecrets(_ value: Value, _ basis: Basis, _ endpoint: Endpoint) -> Value {
    guard basis.live != nil, var members = value.object else { return value }
    for (key, fingerprint) in endpoint.keptSecrets(in: basis.fingerprinted)
    where (basis.taken[key] ?? basis.sent?[key]) == fingerprint {
      members[key] = nil
    }
    return .object(members)
  }
}

extension Endpoint {
  /// The secrets among written fields that never come back and that a write may leave out.
  func keptSecrets(in value: Value) -> [String: Value] {
    guard self.isMerge == true, let members = value.object else { return [:] }
    return members.filter { self.writeOnly.matches($0.key) && isSecret(field: $0.key) }
  }
}
