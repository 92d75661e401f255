package import Catalogue
package import Values

/// What a server's objects look like in a schema.
package struct Imported: Sendable {
  package internal(set) var entries: [VaultPath: Value] = [:]
  /// What stands in the place of secrets, by name.
  package internal(set) var variables: [Variable] = []
  package internal(set) var notices: [Discovered.Notice] = []

  /// A variable that somebody has to set.
  package struct Variable: Hashable, Sendable {
    package let name: String
    package let path: VaultPath
    /// Its field, with dots inside a map.
    package let field: String
  }
}
