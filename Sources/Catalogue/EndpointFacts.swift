package import Values

extension Catalogue {
  /// One family as the catalogue's list shows it.
  package struct Entry: Sendable {
    /// `secrets/pki`, `auth/approle`, `sys`, `identity`.
    package let section: String
    /// Relative to the mount, with placeholders.
    package let path: String
    package let endpoint: Endpoint
    /// Whether the project extends or adds it.
    package let isOwn: Bool
  }

  /// Every family, by section and path.
  package var entries: [Entry] {
    source.sorted { $0.key < $1.key }.flatMap { section, entries in
      entries.keys.sorted().compactMap { path in
        guard let endpoint = families[section]?.endpoint(named: "\(section) \(path)") else { return nil }
        let isOwn = ownFamilies.contains(endpoint.family)
        return Entry(section: section, path: path, endpoint: endpoint, isOwn: isOwn)
      }
    }
  }
}

extension Endpoint {
  /// How a write treats fields that it leaves out, in one word.
  package var writeWord: String {
    switch self.isMerge {
    case true?: "merge"
    case false?: "replace"
    case nil: "unknown"
    }
  }

  /// What a path stands for, in words.
  package var kindWord: String {
    switch self.kind {
    case .mount: "mount"
    case .authMethod: "auth method"
    case .resource: "resource"
    case .action: "action"
    case .kvData: "KV secret"
    }
  }

  /// Everything that is known about a path, by name; what nothing is known about is left out.
  ///
  /// - Parameters:
  ///   - path: The path that this is the endpoint of.
  ///   - fields: Its fields, where servers tell them.
  /// - Returns: Texts, lists of names and maps.
  package func facts(for path: VaultPath, fields: KnownFields?) -> [String: Value] {
    var facts: [String: Value] = [
      "kind": .string(kindWord), "order": .number(Number(self.order)), "write": .string(writeWord),
    ]
    func note(_ name: String, _ names: some Collection<String>) {
      if !names.isEmpty { facts[name] = .array(names.sorted().map(Value.string)) }
    }
    func note(_ name: String, _ map: [String: Value]) { if !map.isEmpty { facts[name] = .object(map) } }
    facts["read"] = reading(path)
    note("reads", fieldReads(for: path).mapValues { .string($0.description) })
    note("reset", self.resetValues)
    note("cannot_reset", self.cannotReset.patterns)
    facts["cas"] = self.checkAndSet.map { .string($0.field) }
    note("twins", self.twins.mapValues(Value.string))
    note("write_only", self.writeOnly.patterns)
    note("transient", self.transient.patterns)
    note("at_creation", self.atCreation.patterns)
    note("secret", self.secret.patterns)
    note("not_secret", self.notSecret.patterns)
    note("volatile", self.volatile.patterns)
    note("immutable", self.immutable.mapValues { .string($0.rawValue) })
    note("sequence", self.shape.sequence)
    note("renamed", self.shape.renamed.mapValues(Value.string))
    facts["loses"] = self.loses.map(Value.string)
    facts["delete"] = .string(self.goesOnlyWithMount ? "mount" : self.deleteIsRefused ? "refused" : "allowed")
    facts["deletable_if"] = self.deletableIf.map(Value.string)
    if self.needsSudo { facts["sudo"] = true }
    if self.isOpen { facts["open"] = true }
    note("outside", self.needsOutside)
    note("alone", self.withoutOutside)
    if self.tellsCreation { facts["creates"] = true }
    if self.lowercasesName { facts["lowercase_name"] = true }
    if isBuiltIn(path) { facts["built_in"] = true }
    if !unrepeatableFields.isEmpty { facts["answer_once"] = .array(unrepeatableFields.map(Value.string)) }
    facts["probe"] = probe(for: path).map { .string(($0.lists ? "LIST " : "GET ") + $0.path.description) }
    note("fields", (fields?.types ?? [:]).mapValues { .string($0.rawValue) })
    if fields?.isOpen == true { facts["open"] = true }
    return facts
  }

  private func reading(_ path: VaultPath) -> Value? {
    let query = self.readQuery.map { "?\($0)" } ?? ""
    return switch readPath(for: path) {
    case .itself: .string("GET \(path)\(query)")
    case .path(let other): .string("GET \(other)\(query)")
    case .member(let list, let key): .string("the entry \(key) of GET \(list)")
    case .kvMetadata(let other): .string("GET \(other), in the place of its values")
    case .named(let list, let match):
      .string(
        "the entry of LIST \(list) with "
          + match.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      )
    case .nothing: self.kind == .action ? nil : .string("cannot be read back")
    }
  }
}
