package import Values

/// Problems as a user meets them: place, message and hint on one line, so that tests can assert all of it.
package func shown(_ problems: [Problem]) -> [String] {
  problems.map { problem in
    let place = problem.location.map { "\($0): " } ?? ""
    let hint = problem.hint.map { " (\($0))" } ?? ""
    return "\(place)\(problem.isWarning ? "warning: " : "")\(problem.message)\(hint)"
  }
}

/// What something that must not succeed says; empty if it succeeded.
///
/// - Throws: What is neither a ``Problem`` nor ``Problems``.
package func complaints<Result>(_ body: () throws -> Result) throws -> [String] {
  do {
    _ = try body()
    return []
  } catch let problems as Problems {
    return shown(problems.items)
  } catch let problem as Problem {
    return shown([problem])
  }
}
