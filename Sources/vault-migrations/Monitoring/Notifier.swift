import Catalogue
import Configuration
import HTTP
import Migrations
import Values

/// Tells chats and other systems what happened; whatever comes of that, the run stays what it was.
struct Notifier {
  let open: OpenProject
  let context: Context

  /// No longer than this for one receiver, all tries together.
  private static let patience: Duration = .seconds(20)
  private static let mostPaths = 20

  func applied(_ report: RunReport) {
    guard !report.applied.isEmpty || !report.refreshed.isEmpty || !report.reverted.isEmpty else { return }
    var parts = report.applied.map { "applied \(Migration.label($0.version)) \($0.name)" }
    if !report.refreshed.isEmpty { parts.append("refreshed \(Plural.of(report.refreshed.count, "path"))") }
    if !report.reverted.isEmpty { parts.append("reverted \(Plural.of(report.reverted.count, "path"))") }
    send(
      .applied,
      report.environment,
      parts.joined(separator: ", "),
      RunReportView.json(report).object ?? [:]
    )
  }

  /// Tells what else was done to an environment: taken back, released or repaired.
  func done(_ what: String, _ environment: String, _ document: Value) {
    send(.applied, environment, what, document.object ?? [:])
  }

  /// Does something, and tells if it fails.
  func telling<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
      return try await body()
    } catch {
      failed(error)
      throw error
    }
  }

  /// Tells what a run ended with; a command that was misspelt ran nothing.
  func failed(_ error: any Error) {
    let report = ErrorReport(error)
    guard report.problems.first?.code != .usage else { return }
    let hint = report.problems.first { !$0.isWarning }?.hint.map { " (\($0))" } ?? ""
    send(.failed, context.environmentName, "failed: \(report.message)\(hint)", report.members)
  }

  func drifted(_ drift: [Change], in environment: String) {
    guard !drift.isEmpty else { return }
    let paths = drift.prefix(Self.mostPaths).map(\.path.description).joined(separator: ", ")
    let more = drift.count > Self.mostPaths ? " and \(drift.count - Self.mostPaths) more" : ""
    send(
      .drift,
      environment,
      "\(Plural.of(drift.count, "path")) changed by somebody else: \(paths)\(more)",
      ["drift": .array(drift.map(\.json))]
    )
  }

  // MARK: - Sending

  private func send(
    _ event: Settings.Notification.Event,
    _ environment: String,
    _ text: String,
    _ details: [String: Value]
  ) {
    let text = "\(open.project.settings.project)/\(environment): \(text)"
    for receiver in open.settings.notifications where receiver.events.contains(event) {
      guard receiver.environments?.contains(environment) ?? true else { continue }
      var document = details
      document["event"] = .string(event.rawValue)
      document["project"] = .string(open.project.settings.project)
      document["environment"] = .string(environment)
      document["text"] = .string(text)
      let body: Value = receiver.format == .json ? .object(document) : ["text": .string(Self.slack(text))]
      do {
        try post(body, to: receiver, environment)
      } catch {
        let reason = (error as? HTTPError).map(Self.reason) ?? ErrorReport.message(of: error)
        context.console.complain {
          "\($0.changed("warning: "))nobody was notified at notify in line \(receiver.location.line) of \(receiver.location.file): \(reason)"
        }
      }
    }
  }

  private func post(_ body: Value, to receiver: Settings.Notification, _ environment: String) throws {
    let configured = try open.settings.environment(environment)
    let resolver =
      open.base == nil
      ? open.resolver(for: configured, mode: .strict, context)
      : open.connectionResolver(for: configured, context)
    let url = try resolver.secret(receiver.url, "url of notify")
    var headers = [HTTPHeader("Content-Type", "application/json")]
    if let name = receiver.headerName {
      headers.append(HTTPHeader(name, try resolver.secret(receiver.headerValue, "header of notify")))
    }
    try url.exposed { url in
      var configuration = HTTPConfiguration(base: url)
      configuration.connectTimeout = .seconds(3)
      configuration.totalTimeout = .seconds(5)
      configuration.retry.maxTries = 3
      configuration.retry.firstDelay = .milliseconds(200)
      configuration.retry.budget = Self.patience
      configuration.retryPolicy = { _, response in
        response.status == 429 || response.status >= 500 ? .again : .accept
      }
      // Told twice is better than not told.
      let request = HTTPRequest(
        "POST",
        url,
        headers: headers,
        body: Array(JSON.text(body).utf8),
        isSafe: true
      )
      let answer = try HTTPClient(configuration).perform(request).get()
      guard answer.status < 300 else {
        throw Problem(.operationFailed, "the receiver answered with status \(answer.status)")
      }
    }
  }

  /// Without the address, which may be all that is needed to write there.
  private static func reason(_ error: HTTPError) -> String {
    switch error.kind {
    case .invalidRequest: "the address is not an http or https URL"
    case .couldNotResolve: "the host is not known"
    case .couldNotConnect: "nothing listens there"
    case .tls: "its certificate is not trusted"
    case .timedOut: "it did not answer in time"
    case .refusedRedirect: "it points elsewhere"
    case .connectionLost, .outcomeUnknown, .tooLarge, .other: "the connection was lost"
    }
  }

  /// In Slack's markup, `<!channel>` would call everybody.
  private static func slack(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
  }
}
