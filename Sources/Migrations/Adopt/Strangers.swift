import Catalogue
import Configuration
import Values
import VaultClient

/// Objects that are on a server and in nobody's schema, where `exclusive:` says that there are none.
struct Strangers {
  let target: Target
  /// What is applied.
  let fold: Fold
  /// What the schema declares for this environment, applied or not.
  let schema: Fold

  /// Everything that appeared, as drift.
  ///
  /// Only names are listed, and only what appeared is read. Throws ``Problem`` for what the token may not look at: an
  /// answer without it would be none.
  func changes() throws -> [Change] {
    let globs = target.exclusive
    guard !globs.isEmpty else { return [] }
    var discovery = try Discovery(target, scope: DiscoveryScope(globs: globs, skipsSingles: true))
    let known = knownPaths
    let found = try discovery.everything { path in !isKnown(path, known) }
    if let (path, reason) = found.unreadable.min(by: { $0.key < $1.key }) {
      throw Problem(
        .permissionDenied,
        "what lies under exclusive: cannot be looked at: \(reason)",
        path: path.description,
        hint: "extend the policy of the token, or take the path out of exclusive:"
      )
    }
    let references = found.names
    return found.live.sorted { $0.key < $1.key }.compactMap { path, value in
      // A method that was declared without its id has it as its path here.
      if let name = references[path], known.contains(name) || isActions(path, found) { return nil }
      return Change(
        path: path,
        action: .create,
        fields: Change.Field.differences(from: nil, to: value),
        isDeclared: false
      )
    }
  }

  /// The paths of everything that an entry makes, by the name that the server gives it.
  private var knownPaths: Set<VaultPath> {
    var mounts = fold.mounts
    mounts.insert(contentsOf: schema.mounts)
    var known: Set<VaultPath> = []
    for entries in [fold.resources, fold.actions, schema.resources, schema.actions] {
      for (path, value) in entries {
        for made in GivenObject.made(by: path, value, nil, mounts) { known.insert(named(made, mounts)) }
      }
    }
    return known
  }

  private func named(_ path: VaultPath, _ mounts: MountTable) -> VaultPath {
    let endpoint = target.catalogue.endpoint(for: path, mounts: mounts)
    guard endpoint.lowercasesName else { return path }
    return path.with(path: endpoint.prefix + path.path.dropFirst(endpoint.prefix.count).lowercased())
  }

  private func isKnown(_ path: VaultPath, _ known: Set<VaultPath>) -> Bool {
    if known.contains(path) { return true }
    // An alias that was declared without its id lies under it here.
    guard let range = path.path.firstRange(of: "/id/") else { return false }
    return known.contains(path.with(path: String(path.path[..<range.lowerBound])))
  }

  /// Whether a declared action may have made it: issuers and keys go by ids.
  private func isActions(_ path: VaultPath, _ found: Discovered) -> Bool {
    guard let mount = found.mounts.mount(holding: path) else { return false }
    return Array(fold.actions.keys).contains {
      $0.namespace == path.namespace && $0.path.hasPrefix(mount.prefix)
    }
  }
}

extension Discovered {
  /// What references call the objects that go by ids, by their paths.
  fileprivate var names: [VaultPath: VaultPath] {
    var names = Dictionary(unnamed.map { ($0, $0) }, uniquingKeysWith: { $1 })
    let byID = references.mapValues { $0.filter { $0.value.hasPrefix("${id:") } }
    let called = byID.mapValues { Set($0.values) }
    for path in live.keys {
      let last = path.path.split(separator: "/").last.map(String.init) ?? ""
      if called[path.namespace]?.contains("${id:\(path.path)}") ?? false {
        names[path] = path
      } else if let reference = byID[path.namespace]?[last] {
        names[path] = path.with(path: String(reference.dropFirst("${id:".count).dropLast()))
      }
    }
    return names
  }
}

extension Target {
  /// The globs of `exclusive:` that hold for this environment.
  var exclusive: [PathGlob] {
    (settings.exclusive + environment.exclusive).map { PathGlob($0) }
  }
}
