/// An API path in a namespace: what schema, tasks, state and requests are keyed by.
///
/// A path that ends in `/` is a secrets engine mount, or below `auth/` an auth method; `auth/NAME` is an auth
/// method too. Everything else is one resource.
package struct VaultPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// `""` is the root namespace of the environment; otherwise segments without slashes at the ends,
  /// `team/sub`.
  package let namespace: String
  /// Relative to the namespace, without a slash in front: `pki/roles/web`.
  package let path: String

  /// Takes the path as the schema has it.
  package init(_ path: String, in namespace: String = "") {
    self.path = path
    self.namespace = namespace
  }

  /// The path, with its namespace in front: `@team/pki/roles/web`.
  package var description: String {
    namespace.isEmpty ? path : "@\(namespace)/\(path)"
  }

  /// By namespace, then by path.
  package static func < (left: VaultPath, right: VaultPath) -> Bool {
    (left.namespace, left.path) < (right.namespace, right.path)
  }

  /// Whether this is a secrets engine mount (`pki/`).
  package var isMount: Bool { endsInSlash && !isBelowAuth }

  // Asked of every path, again and again, so bytes are compared.
  private var endsInSlash: Bool { path.utf8.last == UInt8(ascii: "/") }
  private var isBelowAuth: Bool { path.utf8.starts(with: "auth/".utf8) }

  /// Whether this is an auth method (`auth/approle`, `auth/team/oidc/`).
  package var isAuthMethod: Bool {
    guard isBelowAuth else { return false }
    return endsInSlash || path.utf8.count { $0 == UInt8(ascii: "/") } == 1
  }

  /// The mount or auth method as the server lists it, with a slash at the end: `pki/`, `approle/`,
  /// `team/oidc/`; `nil` for a resource.
  package var mountName: String? {
    if isAuthMethod {
      let name = path.dropFirst("auth/".count)
      return name.hasSuffix("/") ? String(name) : name + "/"
    }
    return isMount ? path : nil
  }

  /// The prefix that everything inside this mount or auth method starts with: `pki/`, `auth/approle/`; `nil`
  /// for a resource.
  package var contentPrefix: String? {
    guard isMount || isAuthMethod else { return nil }
    return endsInSlash ? path : path + "/"
  }

  /// The same path with another text, in the same namespace.
  package func with(path: String) -> VaultPath {
    VaultPath(path, in: namespace)
  }
}
