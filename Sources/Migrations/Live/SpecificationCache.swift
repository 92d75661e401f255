import Values

/// What servers said about themselves, one file for each version and set of mount types, in the repository's git
/// directory; disposable at any time.
package struct SpecificationCache {
  private let store: DisposableStore

  /// - Parameter gitDirectory: The one that linked work trees share.
  package init(gitDirectory: String) {
    store = DisposableStore(folder: "\(gitDirectory)/vault-migrations/openapi")
  }

  /// The distilled specification of such a server.
  func read(_ identity: Value) -> Value? { store.read(identity) }

  func write(_ fields: Value, _ identity: Value) { store.write(fields, identity) }
}
