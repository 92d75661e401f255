package import Catalogue
package import Git
package import Values
import YAML

/// What one commit on the state branch changes.
package struct StateChange: Sendable {
  /// What was written, secrets as fingerprints; `nil` for what is gone.
  package var sent: [VaultPath: Value?] = [:]
  /// What was read back, secrets as fingerprints; `nil` for what is gone or cannot be read.
  package var observed: [VaultPath: Value?] = [:]
  /// Which paths somebody else's change is left alone at, with the reason; `nil` for no longer.
  package var kept: [VaultPath: Value?] = [:]
  /// The hold that begins with this commit, or `.some(nil)` when one ends; `nil` leaves it.
  package var hold: Hold??
  /// The schema's files as applied, by name; `nil` leaves them.
  package var schema: [String: [UInt8]]?
  package var record: HistoryRecord?
  /// Further versions, of a history that is made anew.
  package var earlierRecords: [HistoryRecord] = []
  /// Which server the state is that of; `nil` leaves what is recorded.
  package var server: HistoryRecord.Server?
  /// The commit's first line.
  package var summary: String
  package var trailers: [Trailer]

  package init(summary: String, trailers: [Trailer] = []) {
    self.summary = summary
    self.trailers = trailers
  }

  /// The file of a version's record.
  private static func file(of record: HistoryRecord) -> String {
    "\(StateLayout.historyFolder)/\(VersionLabel.text(record.version))-\(record.name).yaml"
  }

  var treeChanges: [String: TreeChange] {
    var changes: [String: TreeChange] = [:]
    for (path, value) in sent { changes[StateLayout.file(.sent, path)] = Self.file(value) }
    for (path, value) in observed { changes[StateLayout.file(.observed, path)] = Self.file(value) }
    for (path, value) in kept { changes[StateLayout.file(.kept, path)] = Self.file(value) }
    if let hold { changes[StateLayout.holdFile] = Self.file(hold?.value) }
    if let server { changes[StateLayout.serverFile] = .blob(Array(YAML.emit(server.value).utf8)) }
    for record in earlierRecords + [record].compactMap(\.self) {
      let order = ["version", "name", "checksum", "path", "namespace", "action", "outcome", "before"]
      changes[Self.file(of: record)] = .blob(Array(YAML.emit(record.value, keyOrder: order).utf8))
    }
    return changes
  }

  var message: String {
    guard !trailers.isEmpty else { return summary }
    let lines = trailers.map { trailer in
      // A value with a line break would bring trailers of its own.
      "\(trailer.key): \(trailer.value.split(whereSeparator: \.isNewline).joined(separator: " "))\n"
    }
    return summary + "\n\n" + lines.joined()
  }

  private static func file(_ value: Value?) -> TreeChange {
    value.map { .blob(bytes(of: $0)) } ?? .remove
  }

  /// A value as its file has it.
  static func bytes(of value: Value) -> [UInt8] { Array(YAML.emit(value).utf8) }
}
