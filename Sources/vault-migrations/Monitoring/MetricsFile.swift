import FoundationEssentials

/// Numbers as OpenMetrics text, which node_exporter's textfile collector reads too.
struct MetricsFile {
  let project: String
  let command: String
  let environments: [String: Metrics.Numbers]
  /// Seconds since 1970.
  let now: Int
  /// What the file said before: a run that failed does not forget the last one that did not.
  let before: String

  private static let prefix = "vault_migrations_"

  var text: String {
    let families: [(name: String, help: String, samples: (String, Metrics.Numbers) -> [(String, String)])] = [
      ("applied_version", "The version that is applied.", { one($0, $1.version) }),
      ("pending_versions", "Migrations that are not applied yet.", { one($0, $1.pending) }),
      ("drift_entries", "Paths that somebody else changed.", { one($0, $1.drift) }),
      ("run_success", "Whether the last run did what it should.", { one($0, Self.isGood($1) ? 1 : 0) }),
      ("run_exit_status", "The exit status of the last run.", { one($0, $1.status.map(Int.init)) }),
      ("run_duration_seconds", "How long the last run took.", { [(labels($0), "\($1.seconds)")] }),
      ("run_requests", "Requests to the server in the last run, by method and class of status.", requests),
      ("run_retries", "Requests of the last run that were sent again.", { one($0, $1.retries) }),
      ("last_run_timestamp_seconds", "When the last run ended.", { name, _ in one(name, now) }),
      ("last_success_timestamp_seconds", "When a run last did what it should.", lastSuccess),
    ]
    var text = ""
    for family in families {
      let samples = environments.sorted { $0.key < $1.key }.flatMap { family.samples($0.key, $0.value) }
      guard !samples.isEmpty else { continue }
      let name = Self.prefix + family.name
      text += "# TYPE \(name) gauge\n# HELP \(name) \(family.help)\n"
      for (labels, value) in samples { text += "\(name){\(labels)} \(value)\n" }
    }
    return text + "# EOF\n"
  }

  /// Differences that were looked for and found are no failure.
  private static func isGood(_ numbers: Metrics.Numbers) -> Bool {
    numbers.status == 0 || numbers.status == 2
  }

  private func one(_ environment: String, _ value: Int?) -> [(String, String)] {
    value.map { [(labels(environment), "\($0)")] } ?? []
  }

  private func requests(_ environment: String, _ numbers: Metrics.Numbers) -> [(String, String)] {
    let kinds = numbers.requests.keys.sorted { ($0.method, $0.status) < ($1.method, $1.status) }
    return kinds.map { kind in
      let more = ",method=\"\(kind.method)\",status=\"\(kind.status)\""
      return (labels(environment) + more, "\(numbers.requests[kind] ?? 0)")
    }
  }

  private func lastSuccess(_ environment: String, _ numbers: Metrics.Numbers) -> [(String, String)] {
    if Self.isGood(numbers) { return one(environment, now) }
    let start = "\(Self.prefix)last_success_timestamp_seconds{\(labels(environment))} "
    let earlier = before.split(separator: "\n").first { $0.hasPrefix(start) }
    return one(environment, earlier.flatMap { Int($0.dropFirst(start.count)) })
  }

  private func labels(_ environment: String) -> String {
    let pairs = [("project", project), ("environment", environment), ("command", command)]
    return pairs.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",")
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
  }
}
