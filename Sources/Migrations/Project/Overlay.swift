import Git

/// What one environment has besides: `overlays/ENV.yaml`, in the form of the schema.
package struct Overlay: Sendable {
  package static let folder = "overlays"

  package let environment: String
  package let file: ProjectFile
  /// Its name in the folder of `config.yaml`, and in snapshots of the schema.
  let name: String

  /// The overlays of a source, by environment.
  package static func all(in source: any ProjectSource) throws -> [Overlay] {
    try (source.names(in: folder) ?? []).compactMap { name in
      guard let dot = name.lastIndex(of: "."), isOne("\(folder)/\(name)") else { return nil }
      let path = "\(folder)/\(name)"
      guard let bytes = try source.bytes(at: path) else { return nil }
      return Overlay(
        environment: String(name[..<dot]),
        file: ProjectFile(path: source.shown(path), bytes: bytes),
        name: path
      )
    }
  }

  /// Whether a path, relative to the folder of `config.yaml`, is that of an overlay.
  static func isOne(_ path: String) -> Bool {
    path.hasPrefix(folder + "/") && (path.hasSuffix(".yaml") || path.hasSuffix(".yml"))
  }

  var snapshot: Project.SnapshotFile { Project.SnapshotFile(name: name, bytes: file.bytes) }
}
