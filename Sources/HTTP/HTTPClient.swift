private import CCurl

/// Sends batches of requests, many at once, from one thread (libcurl's multi interface).
///
/// It keeps connections and handles from batch to batch. It belongs to one owner at a time and is not `Sendable`.
/// Over TLS it speaks HTTP/2 on one connection where the server can, otherwise HTTP/1.1 on several.
package final class HTTPClient {
  package let configuration: HTTPConfiguration
  private(set) var cancellation: Cancellation
  let decider: Decider
  private let addressing: Addressing

  private let multi: UnsafeMutableRawPointer
  private var idle: [Transfer] = []
  private var active: [UnsafeMutableRawPointer: (transfer: Transfer, job: Job)] = [:]
  private var throttle: Throttle
  private var isPerforming = false

  /// Makes a client; nothing is connected yet.
  ///
  /// - Throws: ``HTTPError`` of kind `invalidRequest` when the base is no `http` or `https` URL, `tls` when
  ///   certificate files cannot be read.
  package init(
    _ configuration: HTTPConfiguration,
    cancellation: Cancellation = Cancellation()
  ) throws(HTTPError) {
    guard let base = ParsedURL(configuration.base) else {
      throw HTTPError(
        kind: .invalidRequest,
        message: "the address is not an http or https URL without a user name",
        wasSent: false,
        tries: 0
      )
    }
    self.configuration = configuration
    self.cancellation = cancellation
    decider = Decider(configuration: configuration, base: base.origin)
    addressing = Addressing(base: base, serverName: configuration.tls.serverName)
    precondition(isInitialised, "libcurl cannot be initialised")
    guard let multi = curl_multi_init() else { preconditionFailure("libcurl has no memory for a handle") }
    self.multi = multi
    throttle = Throttle(limit: configuration.maxInFlight)
    // What is in flight is ours to count; libcurl is only not to be in the way.
    let most = max(Throttle.most, configuration.maxInFlight ?? 0)
    curl_shim_multi_setopt_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, most)
    curl_shim_multi_setopt_long(multi, CURLMOPT_MAXCONNECTS, most + 4)
    curl_shim_multi_setopt_long(multi, CURLMOPT_MAX_CONCURRENT_STREAMS, most)
    idle.append(try Transfer(configuration, connectTo: addressing.connectTo))
  }

  deinit {
    abandonAll()
    // Handles first: libcurl closes their connections with the multi handle.
    idle = []
    curl_multi_cleanup(multi)
  }

}

/// Whether libcurl is ready; `curl_global_init` must run once, before anything else of it.
private let isInitialised = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

// MARK: - Sending

extension HTTPClient {
  /// Sends requests, as many at once as allowed, and hands over each result as soon as it is there.
  ///
  /// - Parameters:
  ///   - requests: What to send; they may overtake each other.
  ///   - deadline: After it nothing more is started, and what was not started is not handed over; `nil` for never.
  ///   - each: Gets a request's index and its result; it must not use this client.
  /// - Throws: ``Cancelled``, after every write under way has come to its end and been handed over.
  package func perform(
    _ requests: [HTTPRequest],
    startingBefore deadline: ContinuousClock.Instant? = nil,
    each: (Int, Result<HTTPResponse, HTTPError>) -> Void
  ) throws(Cancelled) {
    precondition(!isPerforming, "an HTTP client does one batch at a time")
    isPerforming = true
    defer {
      abandonAll()
      isPerforming = false
    }
    var queue = JobQueue(jobs(for: requests, each))
    var graceEnds: ContinuousClock.Instant?
    var leavesUndone = false
    while !queue.isEmpty || !active.isEmpty {
      if cancellation.isCancelled {
        if abandon(where: { requests[$0.index].isSafe }) { leavesUndone = true }
        if !queue.takeAll().isEmpty { leavesUndone = true }
        let deadline = graceEnds ?? .now + configuration.cancellationGrace
        graceEnds = deadline
        if active.isEmpty { break }
        if deadline <= .now {
          for (transfer, job) in active.values {
            each(job.index, .failure(transfer.abandoned(requests[job.index], url: job.shownURL)))
          }
          throw Cancelled()
        }
      } else {
        if let deadline, deadline <= .now {
          _ = queue.takeAll()
        } else {
          start(&queue, requests, each)
        }
      }
      if !advance(&queue, requests, each) { wait(for: queue) }
    }
    if leavesUndone { throw Cancelled() }
  }

  /// Sends requests, and returns their results in the same order.
  ///
  /// - Throws: ``Cancelled``; results that were there by then are lost.
  package func perform(_ requests: [HTTPRequest]) throws(Cancelled) -> [Result<HTTPResponse, HTTPError>] {
    var results = [Result<HTTPResponse, HTTPError>?](repeating: nil, count: requests.count)
    try perform(requests) { results[$0] = $1 }
    return results.compactMap(\.self)
  }

  /// Works on in spite of a cancellation, to leave things in order before the run ends.
  package func ignoreCancellation() {
    cancellation = Cancellation()
  }

  /// Sends one request.
  ///
  /// - Throws: ``Cancelled``.
  package func perform(_ request: HTTPRequest) throws(Cancelled) -> Result<HTTPResponse, HTTPError> {
    let results = try perform([request])
    return results[0]
  }

  private func jobs(
    for requests: [HTTPRequest],
    _ each: (Int, Result<HTTPResponse, HTTPError>) -> Void
  ) -> [Job] {
    var jobs: [Job] = []
    jobs.reserveCapacity(requests.count)
    for (index, request) in requests.enumerated() {
      do throws(HTTPError) {
        jobs.append(try addressing.job(for: request, index, decider))
      } catch {
        each(index, .failure(error))
      }
    }
    return jobs
  }

  /// Starts what may start now.
  private func start(
    _ queue: inout JobQueue,
    _ requests: [HTTPRequest],
    _ each: (Int, Result<HTTPResponse, HTTPError>) -> Void
  ) {
    let now = ContinuousClock.now
    guard throttle.isOpen(at: now) else { return }
    while active.count < throttle.window, var job = queue.next(at: now) {
      let transfer: Transfer
      do throws(HTTPError) {
        if let reused = idle.popLast() {
          transfer = reused
        } else {
          transfer = try Transfer(configuration, connectTo: addressing.connectTo)
        }
      } catch {
        each(job.index, .failure(error))
        continue
      }
      job.tries += 1
      job.firstTry = job.firstTry ?? now
      transfer.prepare(
        requests[job.index],
        url: addressing.url(for: job),
        host: addressing.hostHeader(for: job),
        proxy: job.origin.isLoopback ? "" : configuration.proxy
      )
      curl_multi_add_handle(multi, transfer.easy)
      active[transfer.easy] = (transfer, job)
    }
  }

  /// Lets libcurl work, and deals with what has ended.
  ///
  /// - Returns: Whether anything has ended, so that more may start at once.
  private func advance(
    _ queue: inout JobQueue,
    _ requests: [HTTPRequest],
    _ each: (Int, Result<HTTPResponse, HTTPError>) -> Void
  ) -> Bool {
    var running: Int32 = 0
    curl_multi_perform(multi, &running)
    var hasEnded = false
    var left: Int32 = 0
    // Read before waiting: a transfer that has just ended wakes no poll.
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
        let (transfer, job) = active.removeValue(forKey: easy)
      else { continue }
      let code = message.pointee.data.result
      hasEnded = true
      curl_multi_remove_handle(multi, easy)
      let request = requests[job.index]
      let step: NextStep
      let answerTime = transfer.answerTime
      if code == CURLE_OK {
        let duration = job.firstTry.map { $0.duration(to: .now) } ?? .zero
        step = decider.step(after: transfer.response(after: duration, tries: job.tries), to: request, job)
      } else {
        step = decider.step(
          after: transfer.failure(code.rawValue, of: request, url: job.shownURL),
          of: request,
          job
        )
      }
      idle.append(transfer)
      take(step, job, after: answerTime, &queue, requests, each)
    }
    return hasEnded
  }

  private func take(
    _ step: NextStep,
    _ job: Job,
    after answerTime: Int,
    _ queue: inout JobQueue,
    _ requests: [HTTPRequest],
    _ each: (Int, Result<HTTPResponse, HTTPError>) -> Void
  ) {
    switch step {
    case .report(let result):
      if case .success = result { throttle.answered(after: answerTime) }
      each(job.index, result)
      // A server that one request could not reach, try after try, is not knocked at a thousand times more.
      if case .failure(let error) = result, error.kind == .couldNotConnect || error.kind == .couldNotResolve {
        for other in queue.takeAll(to: job.origin) {
          each(other.index, .failure(error.applied(to: requests[other.index], url: other.shownURL)))
        }
      }
    case .retry(var job, let start, let slowDown):
      if slowDown { throttle.refused(until: start) }
      job.notBefore = start
      queue.put(back: job)
    case .follow(var job):
      job.notBefore = nil
      // A hop is no further try.
      job.tries -= 1
      queue.put(back: job)
    }
  }

  /// Sleeps until the network moves, a job's time comes, or the cancellation must be looked at again.
  private func wait(for queue: JobQueue) {
    let now = ContinuousClock.now
    let next = [throttle.closedUntil, queue.nextStart].compactMap(\.self).filter { $0 > now }.min()
    let milliseconds = next.map { min(100, now.duration(to: $0).milliseconds) } ?? 100
    curl_multi_poll(multi, nil, 0, Int32(milliseconds), nil)
  }
}

// MARK: - Giving up

extension HTTPClient {
  /// Takes transfers out of libcurl's hands before their end.
  ///
  /// - Returns: Whether there were any.
  @discardableResult
  private func abandon(where isAbandoned: (Job) -> Bool = { _ in true }) -> Bool {
    let before = active.count
    for (easy, (transfer, job)) in active where isAbandoned(job) {
      curl_multi_remove_handle(multi, easy)
      active[easy] = nil
      idle.append(transfer)
    }
    return active.count < before
  }

  private func abandonAll() { abandon() }
}

extension Transfer {
  /// For a write that was still under way when waiting for it ended.
  fileprivate func abandoned(_ request: HTTPRequest, url: String) -> HTTPError {
    HTTPError(
      kind: .outcomeUnknown,
      message:
        "\(request.method) \(url) was under way when the run was cancelled; it may or may not have been done",
      wasSent: wasSent
    )
  }
}
