/// What went wrong, where, why, and what to do next: the one error type that reaches the user.
///
/// Wrappers throw errors of their own; the rooms above turn them into problems.
package struct Problem: Error, Hashable, Sendable {
  package let code: Code
  /// What happened and why, one sentence, without values that could be secret.
  package var message: String
  package var location: SourceLocation?
  /// The Vault path that it is about, with its namespace.
  package var path: String?
  /// What to do next.
  package var hint: String?
  package var isWarning: Bool

  package init(
    _ code: Code,
    _ message: String,
    at location: SourceLocation? = nil,
    path: String? = nil,
    hint: String? = nil,
    isWarning: Bool = false
  ) {
    self.code = code
    self.message = message
    self.location = location
    self.path = path
    self.hint = hint
    self.isWarning = isWarning
  }
}

extension Problem {
  /// Stable names for scripts, each with the exit status it leads to (DESIGN section 5).
  package enum Code: String, Sendable, CaseIterable {
    case operationFailed = "operation-failed"
    case worldChanged = "world-changed"
    case usage = "usage"
    case schemaInvalid = "schema-invalid"
    case migrationInvalid = "migration-invalid"
    case unreachable = "unreachable"
    case locked = "locked"
    case permissionDenied = "permission-denied"
    case configurationInvalid = "configuration-invalid"

    package var exitStatus: Int32 {
      switch self {
      case .operationFailed: 1
      case .worldChanged: 3
      case .usage: 64
      case .schemaInvalid, .migrationInvalid: 65
      case .unreachable: 69
      case .locked: 75
      case .permissionDenied: 77
      case .configurationInvalid: 78
      }
    }
  }
}

/// A place in a file, 1-based.
package struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  package let file: String
  package let line: Int
  package let column: Int

  package init(file: String, line: Int = 1, column: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
  }

  package var description: String { "\(file):\(line):\(column)" }
}

/// Several problems found in one pass, so that a user mends them in one go.
package struct Problems: Error, Sendable {
  package let items: [Problem]

  package init(items: [Problem]) {
    self.items = items
  }

  /// The same problems; if judged strictly, no longer with warnings but with errors alone.
  package static func judged(_ items: [Problem], strictly: Bool) -> [Problem] {
    guard strictly else { return items }
    return items.map { item in
      var item = item
      item.isWarning = false
      return item
    }
  }

  /// Throws unless the list holds nothing but warnings.
  ///
  /// - Throws: ``Problems`` with every item, warnings included.
  package static func check(_ items: [Problem]) throws(Problems) {
    if items.contains(where: { !$0.isWarning }) { throw Problems(items: items) }
  }
}
