package import Catalogue

/// What a baseline found and recorded.
package struct BaselineReport: Sendable {
  package let version: RunReport.Version
  /// The paths that are recorded as they are on the server.
  package var paths: [VaultPath] = []
  /// The paths that differ from what is declared, as the user accepted.
  package var accepted: [VaultPath] = []
  /// Actions that are taken for done.
  package var actions: [VaultPath] = []
  /// By path, declared fields of which no read can tell.
  package var unverifiable: [VaultPath: [String]] = [:]
  /// Variables that are not set; what they stand for is taken as it is until they are.
  package var unset: [String] = []
}
