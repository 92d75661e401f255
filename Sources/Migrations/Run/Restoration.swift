import Catalogue
import Values

/// What puts an object back to what was recorded, where its declaration alone would not.
struct Restoration {
  /// The declared value, and what fields had that the schema does not mention and somebody else changed.
  private(set) var value: Value
  /// Fields that nothing known puts back.
  private(set) var lost: [String] = []

  init(_ declared: Value, _ view: TaskView) {
    value = declared
    guard let recorded = view.recorded, let live = view.live, view.endpoint.kind != .kvData,
      let members = declared.object
    else { return }
    let changes = view.fingerprints.drift(from: recorded, to: live, at: view.task.path, view.endpoint)
    let shape = view.endpoint.shape
    var restored = members
    for change in changes {
      var keys = change.name.split(separator: ".").map(String.init)
      if let nested = shape.nested, keys.first == nested { keys.removeFirst() }
      guard let read = keys.first else { continue }
      if view.task.path.isMount || view.task.path.isAuthMethod, keys.count > 1,
        ["config", "options"].contains(read)
      {
        restore(keys[1], in: read, of: recorded, &restored, change.name, view.endpoint)
        continue
      }
      let written = members.keys.first { shape.renamed[$0] == read } ?? read
      guard members[written] == nil else { continue }
      let before = shape.nested.flatMap { recorded[$0]?[read] } ?? recorded[read]
      if let known = Self.known(before, named: written, view.endpoint) {
        restored[written] = known
      } else if view.endpoint.isMerge != false {
        lost.append(change.name)
      }
    }
    value = .object(restored)
  }

  private mutating func restore(
    _ key: String,
    in group: String,
    of recorded: Value,
    _ members: inout [String: Value],
    _ name: String,
    _ endpoint: Endpoint
  ) {
    var settings = members[group]?.object ?? [:]
    guard settings[key] == nil else { return }
    guard let known = Self.known(recorded[group]?[key], named: "\(group).\(key)", endpoint) else {
      lost.append(name)
      return
    }
    settings[key] = known
    members[group] = .object(settings)
  }

  /// What it had, or what it has when nobody says anything; a fingerprint tells neither.
  private static func known(_ before: Value?, named name: String, _ endpoint: Endpoint) -> Value? {
    guard let before, !before.isEmpty else { return endpoint.resetValue(field: name) ?? before }
    return Change.Field(name: name, from: before, to: nil).isSensitive ? nil : before
  }
}
