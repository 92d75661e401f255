import Catalogue
import Values

extension MountTable {
  /// The mounts and auth methods among declared values, or among what a server lists.
  init(declaredBy values: some Sequence<(VaultPath, Value)>) {
    self.init()
    for (path, value) in values where path.isMount || path.isAuthMethod { insert(path, declared: value) }
  }

  /// Adds a mount as its entry in the schema, or in a server's list, describes it.
  mutating func insert(_ path: VaultPath, declared: Value) {
    if let type = MountTable.type(from: declared) { insert(path: path, type: type) }
  }
}
