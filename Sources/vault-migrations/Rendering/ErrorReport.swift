import Git
import Values
import VaultClient

/// Problems as text or as the JSON document that scripts get.
struct ErrorReport: Sendable {
  let problems: [Problem]

  /// Any error that a command ends with, as problems.
  init(_ error: any Error) {
    problems =
      switch error {
      case let problems as Problems: problems.items
      case let problem as Problem: [problem]
      case let error as VaultError: [error.problem]
      case let error as GitError: [error.problem]
      default: [Problem(.operationFailed, "\(error)")]
      }
  }

  /// What happened, in one sentence.
  static func message(of error: any Error) -> String { ErrorReport(error).message }

  var message: String { problems.first { !$0.isWarning }?.message ?? "" }

  /// The status of the gravest: the first error decides, whatever warnings stand before it.
  var exitStatus: Int32 {
    problems.first { !$0.isWarning }?.code.exitStatus ?? 1
  }

  func print(on console: Console) {
    if console.isJSON {
      console.result(json) { _ in "" }
    } else {
      for problem in problems { console.complain { Self.text(problem, $0) } }
    }
  }

  /// `file:line:column: error: what happened (path)`, and the hint below.
  static func text(_ problem: Problem, _ style: Style) -> String {
    let place = problem.location.map { "\($0): " } ?? ""
    let kind = problem.isWarning ? style.changed("warning: ") : style.removed("error: ")
    let path = problem.path.map { problem.message.contains($0) ? "" : " (\($0))" } ?? ""
    let hint = problem.hint.map { "\n  " + style.faint("hint: ") + $0 } ?? ""
    return place + kind + problem.message + path + hint
  }

  private var json: Value { .object(members) }

  /// What scripts get of it, also inside the document of a command that did a part of its work.
  var members: [String: Value] {
    let errors = problems.filter { !$0.isWarning }
    var members: [String: Value] = ["error": errors.first.map(Self.json) ?? .null]
    if problems.count > 1 { members["problems"] = .array(problems.map(Self.json)) }
    return members
  }

  static func json(_ problem: Problem) -> Value {
    var members: [String: Value] = [
      "code": .string(problem.code.rawValue), "message": .string(problem.message),
      "severity": .string(problem.isWarning ? "warning" : "error"),
    ]
    members["file"] = problem.location.map { .string($0.file) }
    members["line"] = problem.location.map { .number(Number($0.line)) }
    members["column"] = problem.location.map { .number(Number($0.column)) }
    members["path"] = problem.path.map(Value.string)
    members["hint"] = problem.hint.map(Value.string)
    return .object(members)
  }
}
