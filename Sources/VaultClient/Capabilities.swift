internal import Catalogue
private import Values

extension VaultClient {
  /// Paths asked about at once.
  private static let pathsPerRequest = 200

  /// What the token may do with each path: `create`, `read`, `sudo`, `root`, or `deny` (`sys/capabilities-self`).
  ///
  /// - Parameters:
  ///   - paths: API paths, relative to the namespace.
  ///   - namespace: Where they are.
  /// - Returns: A set for each path.
  /// - Throws: ``VaultError``.
  package func capabilities(
    of paths: [String],
    namespace: String = ""
  ) throws(VaultError) -> [String: Set<String>] {
    // An answer about a single path has a member "capabilities" besides, hence `asked`.
    // Paths go as one string, since a body may hold only 1,000; those with a comma must go as a list.
    let plain = paths.filter { !$0.contains(",") }
    let odd = paths.filter { $0.contains(",") }
    let requests =
      plain.chunks(of: Self.pathsPerRequest).map { request(.string($0.joined(separator: ",")), namespace) }
      + odd.chunks(of: Self.pathsPerRequest).map { request(.array($0.map { .string($0) }), namespace) }
    let asked = Set(paths)
    var found: [String: Set<String>] = [:]
    for result in perform(requests) {
      for (path, capabilities) in try result.get().data?.object ?? [:] where asked.contains(path) {
        found[path] = Set(capabilities.array?.compactMap(\.string) ?? [])
      }
    }
    return found
  }

  private func request(_ paths: Value, _ namespace: String) -> VaultRequest {
    VaultRequest(
      .write,
      VaultPath("sys/capabilities-self", in: namespace),
      body: ["paths": paths],
      isSafe: true
    )
  }
}

extension Array {
  /// Consecutive parts, each of at most `size` elements.
  fileprivate func chunks(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
