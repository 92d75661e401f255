import Values

/// How to see what is there at a path.
package enum ReadPlan: Hashable, Sendable {
  /// GET of the path itself.
  case itself
  /// GET of another path.
  case path(VaultPath)
  /// One entry of what another path lists: of `sys/mounts` the entry `pki/`.
  case member(of: VaultPath, key: String)
  /// The metadata of a KV secret, in the place of its values.
  case kvMetadata(VaultPath)
  /// The entry of a list that tells names which matches, by the fields given.
  case named(in: VaultPath, match: [String: String])
  /// It cannot be read.
  case nothing
}

/// What shows whether an action was done: it is different after than before.
package struct Probe: Hashable, Sendable {
  /// Where to look.
  package let path: VaultPath
  /// Whether to list the path instead of reading it.
  package let lists: Bool
  /// The field of the answer that the action changes; `nil` for all of it.
  package let field: String?
}

extension Endpoint {
  /// How to read the state at a path of this endpoint.
  package func readPath(for path: VaultPath) -> ReadPlan {
    switch self.kind {
    case .action: return .nothing
    case .mount, .authMethod:
      let list = self.kind == .mount ? "sys/mounts" : "sys/auth"
      return .member(of: path.with(path: list), key: path.mountName ?? path.path)
    case .kvData: return .kvMetadata(path.with(path: prefix + "metadata/" + (bindings["path"] ?? "")))
    case .resource: break
    }
    if let lookup = self.lookup {
      guard isLookedUp == true else { return .nothing }
      let match = lookup.match.mapValues { PathTemplate.fill($0, with: bindings) }
      return .named(in: absolute(lookup.list, beside: path), match: match)
    }
    return switch self.read {
    case .itself: .itself
    case .nothing: .nothing
    case .path(let other): .path(absolute(other, beside: path))
    case .member(let list, let key):
      .member(of: absolute(list, beside: path), key: PathTemplate.fill(key, with: bindings))
    }
  }

  /// Paths that show fields which the read of this endpoint leaves out, by field.
  package func fieldReads(for path: VaultPath) -> [String: VaultPath] {
    self.readFields.mapValues { absolute($0, beside: path) }
  }

  /// What shows whether this action was done; `nil` if nothing does.
  package func probe(for path: VaultPath) -> Probe? {
    switch facts.probe {
    case .path(let other): Probe(path: absolute(other, beside: path), lists: false, field: self.probeField)
    case .member(let list, _): Probe(path: absolute(list, beside: path), lists: true, field: nil)
    case .itself, .nothing, nil: nil
    }
  }

  /// The fields of this action's answer that are lost unless they are kept.
  package var unrepeatableFields: [String] {
    self.answerOnce.filter { $0.value == "always" || bindings.values.contains($0.value) }.keys.sorted()
  }

  /// The path to send a request to: a repeated action without its tag, `pki/root/generate/internal#2027`.
  package func requestPath(for path: VaultPath) -> VaultPath {
    guard self.kind == .action, let tag = path.path.lastIndex(of: "#") else { return path }
    return path.with(path: String(path.path[..<tag]))
  }

  /// Whether every server has this object from the start, so that it is neither reported nor deleted.
  package func isBuiltIn(_ path: VaultPath) -> Bool {
    guard !self.builtInNames.isEmpty else { return false }
    if self.builtInNames.contains(path.path) { return true }
    return path.path.split(separator: "/").last.map { self.builtInNames.contains(String($0)) } ?? false
  }

  private func absolute(_ relative: String, beside path: VaultPath) -> VaultPath {
    path.with(path: prefix + PathTemplate.fill(relative, with: bindings))
  }
}
