import Values

/// Results as JUnit XML, which every pipeline shows as tests.
struct JUnit {
  struct Case {
    let name: String
    /// What is wrong, in a sentence; `nil` for a test that passed.
    var failure: String?
    /// More lines about it.
    var details = ""
  }

  struct Suite {
    let name: String
    var cases: [Case]
  }

  let suites: [Suite]

  var text: String {
    let all = suites.flatMap(\.cases)
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites name=\"vault-migrations\" tests=\"\(all.count)\" failures=\"\(all.failures)\">\n"
    for suite in suites {
      text +=
        "  <testsuite name=\"\(Self.escaped(suite.name))\" tests=\"\(suite.cases.count)\" failures=\"\(suite.cases.failures)\">\n"
      for one in suite.cases { text += Self.element(one, in: suite.name) }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  private static func element(_ one: Case, in suite: String) -> String {
    let head = "    <testcase classname=\"\(escaped(suite))\" name=\"\(escaped(one.name))\""
    let details = escaped(one.details)
    if let failure = one.failure {
      return head
        + ">\n      <failure message=\"\(escaped(failure))\">\(details)</failure>\n    </testcase>\n"
    }
    guard !one.details.isEmpty else { return head + "/>\n" }
    return head + ">\n      <system-out>\(details)</system-out>\n    </testcase>\n"
  }

  /// Text for attributes and elements; XML knows no way to write most control characters.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n", "\t", "\r": result += "&#\(scalar.value);"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension [JUnit.Case] {
  fileprivate var failures: Int { count { $0.failure != nil } }
}

extension JUnit {
  /// Problems by the file that they are in; every file that was read is a test.
  init(_ problems: [Problem], files: [String]) {
    let groups = Dictionary(grouping: problems) { $0.location?.file ?? "project" }
    let names = Set(files).union(groups.keys).sorted()
    suites = [Suite(name: "validate", cases: names.map { Self.test($0, groups[$0] ?? []) })]
  }

  static func test(_ name: String, _ problems: [Problem]) -> Case {
    let plain = Style(isColored: false)
    let errors = problems.filter { !$0.isWarning }
    let details = problems.map { ErrorReport.text($0, plain) + "\n" }.joined()
    let failure = errors.first.map { first in
      errors.count == 1 ? first.message : "\(first.message) (and \(errors.count - 1) more)"
    }
    return Case(name: name, failure: failure, details: details)
  }
}
