package import Values

/// Collects every problem of one pass over files, so that a user mends them all at once.
package final class Diagnostics {
  package private(set) var problems: [Problem] = []
  private let code: Problem.Code

  /// - Parameter code: What problems found here are, for example `.schemaInvalid`.
  package init(_ code: Problem.Code) {
    self.code = code
  }

  package func error(
    _ message: String,
    at location: SourceLocation? = nil,
    path: String? = nil,
    hint: String? = nil
  ) {
    problems.append(Problem(code, message, at: location, path: path, hint: hint))
  }

  package func warning(
    _ message: String,
    at location: SourceLocation? = nil,
    path: String? = nil,
    hint: String? = nil
  ) {
    problems.append(Problem(code, message, at: location, path: path, hint: hint, isWarning: true))
  }

  package func add(_ problem: Problem) {
    problems.append(problem)
  }

  package var hasErrors: Bool {
    problems.contains { !$0.isWarning }
  }

  /// Ends the pass.
  ///
  /// - Returns: The warnings.
  /// - Throws: ``Problems`` with everything found, if there is an error among it.
  @discardableResult
  package func finish() throws(Problems) -> [Problem] {
    try Problems.check(problems)
    return problems
  }
}
