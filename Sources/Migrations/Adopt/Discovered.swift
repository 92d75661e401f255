package import Catalogue
package import Values

/// What a walk through a server found.
package struct Discovered: Sendable {
  /// What is at each path, as it is recorded; of data of users, the values.
  package var live: [VaultPath: Value] = [:]
  /// Everything that is mounted.
  package var mounts = MountTable()
  /// The reference that stands for an id or accessor, by namespace and id.
  package var references: [String: [String: String]] = [:]
  /// The only fields of a path that are its own, where others show the same.
  package var only: [VaultPath: Set<String>] = [:]
  /// The objects that a server lists by id and nobody has named.
  package var unnamed: Set<VaultPath> = []
  /// What could not be looked at, and why.
  package var unreadable: [VaultPath: String] = [:]
  /// What a reader should know, by path.
  package var notices: [Notice] = []

  /// Something that is there, and is not found or not understood.
  package struct Notice: Hashable, Sendable {
    package let path: VaultPath
    package let text: String

    package init(_ path: VaultPath, _ text: String) {
      self.path = path
      self.text = text
    }
  }
}
