private import CResources

/// The files of this repository that the binary carries: the catalogue, the templates, the hooks.
package enum Resources {
  /// The bytes of one file, or `nil` if the binary does not carry it.
  ///
  /// The path is that in the repository, for example `templates/config.yaml`; the catalogue is `catalogue.yaml`, the fields
  /// are `fields.yaml`.
  package static func bytes(at path: String) -> [UInt8]? {
    for entry in all where String(cString: entry.path) == path {
      return Array(UnsafeBufferPointer(start: entry.bytes, count: entry.size))
    }
    return nil
  }

  /// The paths of all files, in the order of the table.
  package static var paths: [String] {
    all.map { String(cString: $0.path) }
  }

  private static var all: UnsafeBufferPointer<vm_resource> {
    UnsafeBufferPointer(start: table(), count: vm_resources_count)
  }

  private static func table() -> UnsafePointer<vm_resource>? {
    vm_resources_table()
  }
}
