import Catalogue
import Values
import VaultClient

/// What is read besides the objects themselves: ids, owners, and what belongs to others.
extension LiveReader {
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
  func ids(of paths: some Collection<VaultPath>, mounts: MountTable) throws -> [VaultPath: String] {
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
}
