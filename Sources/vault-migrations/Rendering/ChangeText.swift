import Catalogue
import Migrations
import Values

/// Changes as people read them.
struct ChangeText {
  let style: Style

  func lines(_ changes: [Change], indent: String = "  ") -> String {
    changes.map { lines($0, indent: indent) }.joined()
  }

  private func lines(_ change: Change, indent: String) -> String {
    var text = "\(indent)\(mark(change.action)) \(change.path)"
    if change.isDeclared == false { text += style.faint(" (undeclared)") }
    if let manage = change.manage {
      text += style.faint(change.action == .delete ? " (shared, so it is left)" : " (\(manage.words))")
    }
    if let losses = change.losses { text += style.removed("  destroys \(losses.text)") }
    text += "\n"
    guard change.action != .delete else { return text }
    for field in change.fields {
      for line in lines(field, change.action) { text += "\(indent)    \(line)\n" }
    }
    return text
  }

  /// A field on one line; texts of several lines, such as policies, as a difference of lines.
  private func lines(_ field: Change.Field, _ action: Change.Action) -> [String] {
    let old = TextDifference.lines(of: field.from?.string ?? "")
    let new = TextDifference.lines(of: field.to?.string ?? "")
    guard !field.isSensitive, max(old.count, new.count) > 2 else { return [line(field, action)] }
    return ["\(field.name):"] + TextDifference.lines(from: old, to: new, style).map { "  " + $0 }
  }

  private func mark(_ action: Change.Action) -> String {
    switch action {
    case .create: style.added("+")
    case .update: style.changed("~")
    case .delete: style.removed("-")
    case .run: style.title("!")
    case .move: style.changed("→")
    case .refresh: style.changed("↻")
    }
  }

  private func line(_ field: Change.Field, _ action: Change.Action) -> String {
    if action == .refresh, field.isSensitive { return "\(field.name): secret changed" }
    guard !field.isSensitive else { return "\(field.name): \(Secret.mask)" }
    switch (field.from, field.to) {
    case (nil, let to?): return "\(field.name): \(short(to))"
    case (let from?, nil): return "\(field.name): \(style.removed(short(from))) → gone"
    case (let from, let to): return "\(field.name): \(short(from ?? .null)) → \(short(to ?? .null))"
    }
  }

  /// A value on one line of bounded length.
  private func short(_ value: Value) -> String {
    let text = JSON.text(value)
    return text.count > 90 ? String(text.prefix(88)) + "…\"" : text
  }
}

extension Change {
  /// The document that DESIGN section 5 promises.
  var json: Value {
    var members: [String: Value] = [
      "path": .string(path.path), "namespace": .string(path.namespace), "action": .string(action.rawValue),
      "fields": .array(fields.map(\.json)), "destructive": .bool(losses != nil),
    ]
    members["manage"] = manage?.value
    if let losses {
      members["destroys"] = .string(losses.what)
      members["losses"] = .object(losses.counted.mapValues(\.value))
    }
    members["version"] = version.map { .string(Migration.label($0)) }
    members["declared"] = isDeclared.map(Value.bool)
    return .object(members)
  }
}

extension Change.Field {
  fileprivate var json: Value {
    [
      "name": .string(name), "from": shown(from), "to": shown(to), "sensitive": .bool(isSensitive),
    ]
  }

  private func shown(_ value: Value?) -> Value {
    guard let value else { return .null }
    return isSensitive ? .string(Secret.mask) : value
  }
}
