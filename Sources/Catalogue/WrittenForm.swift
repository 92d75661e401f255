package import Values

extension Endpoint {
  /// What a person would write to get what a server answers: under the names that fields are written by, without what
  /// the server computes, and without what every new object has.
  ///
  /// - Parameters:
  ///   - live: The answer, as it is recorded.
  ///   - known: The fields that can be written; `nil` where nobody knows.
  /// - Returns: The fields to declare; secrets stay ``Secret`` leaves.
  package func writtenForm(of live: [String: Value], known: KnownFields?) -> [String: Value] {
    switch self.kind {
    case .mount, .authMethod: return mountForm(live)
    case .kvData, .action: return live
    case .resource: break
    }
    if self.shape.exact { return live }
    var written: [String: Value] = [:]
    for (name, value) in writable(in: unnested(live), known) {
      let value = asWritten(value, name, known?.types[name])
      if !isUntouched(value, name) { written[name] = value }
    }
    return written
  }

  /// Whether a field has what it has on a new object.
  private func isUntouched(_ value: Value, _ field: String) -> Bool {
    guard let untouched = untouchedValue(field: field) else { return value.isZero }
    return Agreement(field: field, endpoint: self).holds(untouched, value)
  }

  private func unnested(_ live: [String: Value]) -> [String: Value] {
    guard let nested = self.shape.nested else { return live }
    let name = PathTemplate.fill(nested, with: bindings)
    let key = live[name] == nil ? name.lowercased() : name
    guard let inner = live[key]?.object else { return live }
    return live.filter { $0.key != key }.merging(inner) { $1 }
  }

  /// The fields under the names that they are written by; of two names for one setting the newer.
  private func writable(in live: [String: Value], _ known: KnownFields?) -> [String: Value] {
    var members = live
    for (written, read) in self.shape.renamed where self.twins[written] == nil && known?.types[read] == nil {
      guard let value = members.removeValue(forKey: read) else { continue }
      members[written] = members[written] ?? value
    }
    for (older, newer) in self.twins where members[newer] != nil { members[older] = nil }
    return members.filter { name, value in
      if isVolatile(field: name) || self.transient.matches(name) || value == .null { return false }
      if repeatsPath(name, value.string) { return false }
      guard let known, !known.isOpen else { return true }
      return known.types[name] != nil
    }
  }

  /// Whether a field says what the path says already.
  private func repeatsPath(_ name: String, _ text: String?) -> Bool {
    guard let text, !text.isEmpty else { return false }
    return bindings[name].map { text == $0 || text == $0 + "/" }
      ?? (name == "name" && relative.hasSuffix("/\(text)"))
  }

  private func asWritten(_ value: Value, _ name: String, _ type: FieldType?) -> Value {
    if self.shape.adds.contains(name), let elements = value.array, let own = self.defaults[name]?.array {
      return .array(elements.filter { !own.contains($0) })
    }
    if let prefix = self.shape.prefixed[name], let members = value.object {
      return .object(Self.withoutPrefix(prefix, members))
    }
    if let ending = self.shape.appends[name], let text = value.string {
      return .string(Self.without(ending: PathTemplate.fill(ending, with: bindings), text))
    }
    guard type == .string else { return value }
    switch value {
    case .object: return value.isEmpty ? value : .string(JSON.text(value))
    case .array(let elements): return .string(elements.compactMap(\.text).joined(separator: ","))
    default: return value
    }
  }

  private static func without(ending: String, _ text: String) -> String {
    // The address that the server puts before such an ending has its version behind it.
    for ending in ["/v1" + ending, ending] where text.hasSuffix(ending) && text.count > ending.count {
      return String(text.dropLast(ending.count))
    }
    return text
  }

  private static func withoutPrefix(_ prefix: String, _ members: [String: Value]) -> [String: Value] {
    Dictionary(
      members.map { ($0.key.hasPrefix(prefix) ? String($0.key.dropFirst(prefix.count)) : $0.key, $0.value) },
      uniquingKeysWith: { $1 }
    )
  }

  // MARK: - Mounts

  /// A mount as a server lists it, in the form of the schema.
  private func mountForm(_ live: [String: Value]) -> [String: Value] {
    var written: [String: Value] = [:]
    if let type = MountTable.type(from: .object(live)) { written["type"] = .string(type) }
    for name in ["description", "external_entropy_access", "local", "plugin_version", "seal_wrap"] {
      if let value = live[name], !value.isZero { written[name] = value }
    }
    var settings: [String: Value] = [:]
    for (name, value) in live["config"]?.object ?? [:]
    where FieldTable.builtIn.mountSettings.types[name] != nil {
      var value = value
      if name == "user_lockout_config" { value = .object(Self.withoutPrefix("user_", value.object ?? [:])) }
      if value != .null, !isUntouched(value, "config.\(name)") { settings[name] = value }
    }
    if !settings.isEmpty { written["config"] = .object(settings) }
    let options = (live["options"]?.object ?? [:]).filter { $0.key != "version" && !$0.value.isEmpty }
    if !options.isEmpty { written["options"] = .object(options) }
    return written
  }

  /// Whether a text is a URL whose password the server does not show, and what stands in the password's place.
  package func maskedPassword(in text: String, field: String) -> String? {
    self.shape.maskedURLs.contains(field) && text.contains(":\(Self.passwordMask)@") ? Self.passwordMask : nil
  }

  private static let passwordMask = "xxxxx"
}
