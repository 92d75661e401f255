package import Values

/// The type of everything that is mounted, by where its content lies.
///
/// Filled from the schema and from what a server lists. What every namespace has from the start is known
/// already; no other mount is assumed, not even `secret/`.
package struct MountTable: Hashable, Sendable {
  /// Namespace, then content prefix (`pki/`, `auth/approle/`), then type.
  private var types: [String: [String: String]] = [:]

  /// Knows nothing but what every namespace has from the start.
  package init() {}

  /// Adds one mount or auth method.
  ///
  /// - Parameters:
  ///   - path: The mount or auth method itself, for example `pki/` or `auth/approle`; other paths are left
  ///     out.
  ///   - type: As ``type(from:)`` gives it.
  package mutating func insert(path: VaultPath, type: String) {
    guard let prefix = path.contentPrefix else { return }
    types[path.namespace, default: [:]][prefix] = type
  }

  /// Adds everything that another table knows; where both know a mount, the other one's type counts.
  package mutating func insert(contentsOf other: MountTable) {
    for (namespace, mounts) in other.types { types[namespace, default: [:]].merge(mounts) { $1 } }
  }

  /// The mount that a path lies in; the longest prefix wins.
  ///
  /// - Returns: Where its content starts, and its type; `nil` if the table does not know the mount.
  package func mount(holding path: VaultPath) -> (prefix: String, type: String)? {
    let known = types[path.namespace] ?? [:]
    var prefix = path.path.utf8[...]
    while let slash = prefix.lastIndex(of: UInt8(ascii: "/")) {
      let candidate = String(Substring(prefix[...slash]))
      if let type = known[candidate] ?? Self.alwaysThere[candidate] { return (candidate, type) }
      prefix = prefix[..<slash]
    }
    return nil
  }

  private static let alwaysThere = [
    "sys/": "system", "identity/": "identity", "cubbyhole/": "cubbyhole", "auth/token/": "token",
  ]

  /// The type of a mount from its entry in the schema or from the one that a server lists.
  ///
  /// The second version of KV has a name of its own, `kv-v2`, however it was written; everything else keeps
  /// its own.
  package static func type(from declared: Value) -> String? {
    guard let type = declared["type"]?.text else { return nil }
    switch type {
    case "kv": return declared["options"]?["version"]?.text == "2" ? "kv-v2" : "kv"
    case "kv-v1": return "kv"
    default: return type.hasPrefix("ns_") ? String(type.dropFirst("ns_".count)) : type
    }
  }
}
