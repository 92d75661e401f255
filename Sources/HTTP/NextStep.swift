/// What becomes of a job after a try.
enum NextStep {
  case report(Result<HTTPResponse, HTTPError>)
  case retry(Job, until: ContinuousClock.Instant, slowDown: Bool)
  case follow(Job)
}

/// Decides about redirects and further tries; it does nothing itself.
struct Decider {
  let configuration: HTTPConfiguration
  let base: Origin

  /// More hops than this are a circle.
  private static let maxHops = 3

  /// Whether secret headers may go to `origin`.
  func trusts(_ origin: Origin) -> Bool {
    if origin == base { return true }
    // A trusted host is trusted over TLS only, unless we started without.
    let isDowngrade = base.scheme == "https" && origin.scheme != "https"
    return configuration.unixSocket == nil && !isDowngrade && origin.isListed(in: configuration.trustedHosts)
  }

  /// What to do with an answer.
  func step(after response: HTTPResponse, to request: HTTPRequest, _ job: Job) -> NextStep {
    if let location = response.headers["Location"], Self.isRedirect(response.status) {
      return redirect(to: location, response, request, job)
    }
    switch configuration.retryPolicy(request, response) {
    case .accept: return .report(.success(response))
    case .again:
      var job = job
      job.failures += 1
      guard job.failures < configuration.retry.maxTries else { return .report(.success(response)) }
      return retry(job, after: response, count: job.failures, slowDown: false) ?? .report(.success(response))
    case .slowDown:
      return retry(job, after: response, count: job.tries, slowDown: true) ?? .report(.success(response))
    }
  }

  /// What to do with a failure.
  func step(after error: HTTPError, of request: HTTPRequest, _ job: Job) -> NextStep {
    var error = error
    error.tries = job.tries
    var job = job
    job.failures += 1
    guard error.isTransient(for: request), job.failures < configuration.retry.maxTries else {
      return .report(.failure(error))
    }
    return retry(job, after: nil, count: job.failures, slowDown: false) ?? .report(.failure(error))
  }

  // MARK: - Retries

  /// `nil` when the budget does not last until then.
  private func retry(_ job: Job, after response: HTTPResponse?, count: Int, slowDown: Bool) -> NextStep? {
    let now = ContinuousClock.now
    let asked = response.flatMap(Self.retryAfter)
    let start = now + (asked ?? configuration.retry.delay(afterTry: count))
    guard let first = job.firstTry, first.duration(to: start) <= configuration.retry.budget else {
      return nil
    }
    return .retry(job, until: start, slowDown: slowDown)
  }

  /// The wait that the server asks for, in seconds or as a date by its own clock.
  private static func retryAfter(_ response: HTTPResponse) -> Duration? {
    guard let text = response.headers["Retry-After"] else { return nil }
    if let seconds = Int(text) { return .seconds(max(0, seconds)) }
    guard let then = HTTPDate.seconds(text), let now = response.date else { return nil }
    return .seconds(max(0, then - now))
  }

  // MARK: - Redirects

  private static func isRedirect(_ status: Int) -> Bool {
    [301, 302, 303, 307, 308].contains(status)
  }

  private func redirect(
    to location: String,
    _ response: HTTPResponse,
    _ request: HTTPRequest,
    _ job: Job
  ) -> NextStep {
    func refuse(_ why: String) -> NextStep {
      let message = "\(request.method) \(job.shownURL): \(why)"
      return .report(
        .failure(HTTPError(kind: .refusedRedirect, message: message, wasSent: true, tries: job.tries))
      )
    }
    guard let target = ParsedURL(location, relativeTo: job.url) else {
      return refuse("the server points to something that is no URL to follow")
    }
    guard trusts(target.origin) else {
      return refuse("the server points to \(target.origin.description), which is not trusted")
    }
    // A browser would turn a POST into a GET here.
    guard response.status >= 307 || request.isSafe else {
      return refuse("the server answers a change with a redirect of status \(response.status)")
    }
    guard job.hops < Self.maxHops else {
      return refuse("more than \(Self.maxHops) redirects, the last one to \(target.shown)")
    }
    var job = job
    job.hops += 1
    job.url = target.text
    job.origin = target.origin
    job.shownURL = target.shown
    return .follow(job)
  }
}

extension HTTPConfiguration.Retry {
  /// How long to wait after the `count`th try: a random part of an exponentially growing bound.
  func delay(afterTry count: Int) -> Duration {
    let bound = min(maxDelay, firstDelay * (1 << min(max(count, 1) - 1, 16)))
    return bound * Double.random(in: 0...1)
  }
}
