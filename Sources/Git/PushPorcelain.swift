/// What `git push --porcelain` prints: a flag, `from:to`, and a summary, with tabs between.
enum PushPorcelain {
  /// Reads the report, and what the remote said about a refusal.
  static func parse(_ output: String, remoteSaid: String = "") -> PushReport {
    let said = words(in: remoteSaid)
    var outcomes: [String: PushReport.Outcome] = [:]
    for line in output.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 3, fields[0].count == 1, let colon = fields[1].lastIndex(of: ":") else {
        continue
      }
      let name = String(fields[1][fields[1].index(after: colon)...])
      guard fields[0] == "!" else {
        outcomes[name] = .accepted
        continue
      }
      let outcome = PushReport.Outcome.refusal(reason(in: fields[2]))
      if case .refused(let reason) = outcome, !said.isEmpty {
        outcomes[name] = .refused(reason: "\(reason): \(said)")
      } else {
        outcomes[name] = outcome
      }
    }
    return PushReport(outcomes: outcomes)
  }

  /// The first lines that a hook or a forge printed: `remote: error: GH006: Protected branch update failed`.
  private static func words(in text: String) -> String {
    let lines = text.split(separator: "\n").compactMap { line -> String? in
      guard line.hasPrefix("remote:") else { return nil }
      let words = line.dropFirst("remote:".count).split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return words.isEmpty || words.hasPrefix("error: hook declined") ? nil : words
    }
    return redactingCredentials(lines.prefix(4).joined(separator: "; "))
  }

  // "[rejected] (stale info)", "[remote rejected] (pre-receive hook declined)"
  private static func reason(in summary: Substring) -> String {
    guard let open = summary.firstIndex(of: "("), let close = summary.lastIndex(of: ")"), open < close else {
      return String(summary)
    }
    return String(summary[summary.index(after: open)..<close])
  }
}

/// Whether a name matches a glob whose only wildcard is `*`, which crosses `/`.
func globMatches(_ glob: String, _ name: String) -> Bool {
  let parts = glob.split(separator: "*", omittingEmptySubsequences: false)
  guard parts.count > 1, let first = parts.first, let last = parts.last else { return glob == name }
  guard name.hasPrefix(first), name.count >= first.count + last.count, name.hasSuffix(last) else {
    return false
  }
  var rest = name.dropFirst(first.count).dropLast(last.count)
  for part in parts.dropFirst().dropLast() where !part.isEmpty {
    guard let range = rest.firstRange(of: part) else { return false }
    rest = rest[range.upperBound...]
  }
  return true
}
