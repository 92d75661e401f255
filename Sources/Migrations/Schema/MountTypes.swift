import Catalogue
import Values

extension MountTable {
  /// Adds a mount as its entry in the schema, or in a server's list, describes it.
  mutating func insert(_ path: VaultPath, declared: Value) {
    if let type = MountTable.type(from: declared) { insert(path: path, type: type) }
  }
}
