internal import Catalogue
package import HTTP
package import Values

/// Speaks with one Vault or OpenBao server, as one token.
///
/// Requests go out in batches from one thread. It belongs to one owner at a time and is not `Sendable`.
package final class VaultClient {
  package let settings: VaultSettings
  private let http: HTTPClient
  private var masks = Masks()
  private var index = ReadIndex()
  private var observers: [(Exchange) -> Void] = []
  /// Why requests are sent, for those who watch.
  private(set) var purpose = "whether the server works"

  /// The token that requests carry.
  private(set) var token: Secret?
  /// Whether the token comes from a login of this client, and ends with it.
  private(set) var ownsToken = false
  /// Where the token comes from, from the root; `nil` is the settings' namespace.
  package private(set) var tokenNamespace: String?
  var life = TokenLife()
  /// Whether the requests under way are about the token itself.
  private(set) var isTending = false

  /// Makes a client; nothing is connected yet.
  ///
  /// - Parameters:
  ///   - settings: Where the server is.
  ///   - token: What to authenticate with; `nil` until ``login(_:)``.
  ///   - cancellation: Ends batches early.
  /// - Throws: ``VaultError`` of kind `tls` when certificate files cannot be read.
  package init(
    _ settings: VaultSettings,
    token: Secret? = nil,
    cancellation: Cancellation = Cancellation()
  ) throws(VaultError) {
    self.settings = settings
    do {
      http = try HTTPClient(settings.http, cancellation: cancellation)
    } catch {
      throw VaultError(error.kind == .tls ? .tls : .invalidRequest, error.message)
    }
    use(token, own: false)
  }

  /// Takes a token that was given, and that others may use too: it is never revoked here.
  ///
  /// The namespace is where it comes from, from the root; `nil` is the settings' one.
  package func use(_ token: Secret, in namespace: String? = nil) {
    use(token, own: false, in: namespace)
  }

  /// Takes another token from now on.
  func use(_ token: Secret?, own: Bool, in namespace: String? = nil) {
    self.token = token
    ownsToken = own
    tokenNamespace = namespace
    life.beginUnknown()
    if let token { masks.add(token) }
  }

  /// Batch tokens cannot be renewed or revoked, and end by themselves.
  var isBatchToken: Bool {
    token?.exposed { $0.hasPrefix("hvb.") || $0.hasPrefix("b.") } ?? false
  }

  /// Works on the token, so that requests do not begin to do the same.
  func tending(_ body: () -> Void) {
    isTending = true
    defer { isTending = false }
    body()
  }

  /// Has everything told that is asked from now on.
  package func observe(_ observer: @escaping (Exchange) -> Void) {
    observers.append(observer)
  }

  /// Does something, and has watchers told what its requests are for.
  package func asking<Result, Failure: Error>(
    _ purpose: String,
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = self.purpose
    self.purpose = purpose
    defer { self.purpose = before }
    return try body()
  }

  /// Works on in spite of a cancellation: records are written, the lock and the token are given back.
  package func ignoreCancellation() {
    http.ignoreCancellation()
  }

  /// Replaces `secret` in every message from now on; those in requests' bodies are replaced anyway.
  package func mask(_ secret: Secret) {
    masks.add(secret)
  }
}

// MARK: - Sending

extension VaultClient {
  /// Sends one request.
  ///
  /// - Throws: ``VaultError``.
  package func perform(_ request: VaultRequest) throws(VaultError) -> VaultResponse {
    let results = perform([request])
    return try results[0].get()
  }

  /// Sends requests, many at once, and returns their results in the same order.
  ///
  /// After a cancellation, those that were not made have an error of kind `cancelled`.
  package func perform(_ requests: [VaultRequest]) -> [Result<VaultResponse, VaultError>] {
    var results = [Result<VaultResponse, VaultError>?](repeating: nil, count: requests.count)
    perform(requests) { results[$0] = $1 }
    return results.compactMap(\.self)
  }

  /// Sends requests, many at once, as long as time is left for starting them.
  ///
  /// Returns their results in the same order; `nil` for one that was never sent, because the deadline came first.
  package func perform(
    _ requests: [VaultRequest],
    startingBefore deadline: ContinuousClock.Instant
  ) -> [Result<VaultResponse, VaultError>?] {
    var results = [Result<VaultResponse, VaultError>?](repeating: nil, count: requests.count)
    perform(requests, startingBefore: deadline) { results[$0] = $1 }
    return results
  }

  /// Sends requests, many at once, and hands over each result as soon as it is there.
  ///
  /// - Parameters:
  ///   - requests: What to send; they may overtake each other.
  ///   - deadline: After it nothing more is started, and what was not started is not handed over; `nil` for never.
  ///   - each: Gets a request's index and its result, once for each; it must not use this client.
  package func perform(
    _ requests: [VaultRequest],
    startingBefore deadline: ContinuousClock.Instant? = nil,
    each: (Int, Result<VaultResponse, VaultError>) -> Void
  ) {
    let areOwn = isTending || requests.allSatisfy { $0.isLogin || $0.token != nil }
    if !areOwn { tendToken() }
    var refused: [(Int, VaultError)] = []
    send(requests, startingBefore: deadline) { position, result in
      if case .failure(let error) = result, error.kind == .badToken, !areOwn, life.isReplaceable {
        refused.append((position, error))
      } else {
        each(position, result)
      }
    }
    guard !refused.isEmpty else { return }
    // The server has not acted on what it refused, so that even a write may be sent once more.
    if replaceToken() {
      send(refused.map { requests[$0.0] }, startingBefore: deadline) { each(refused[$0].0, $1) }
    } else {
      for (position, error) in refused { each(position, .failure(error.explained(by: life.failure))) }
    }
  }

  private func send(
    _ requests: [VaultRequest],
    startingBefore deadline: ContinuousClock.Instant?,
    each: (Int, Result<VaultResponse, VaultError>) -> Void
  ) {
    var isUnanswered = [Bool](repeating: true, count: requests.count)
    var sealed: [(Int, VaultError)] = []
    func report(_ position: Int, _ result: Result<VaultResponse, VaultError>) {
      isUnanswered[position] = false
      if case .failure(let error) = result, error.kind == .sealed {
        sealed.append((position, error))
      } else {
        each(position, result)
      }
    }
    var positions: [Int] = []
    var prepared: [HTTPRequest] = []
    for (position, request) in requests.enumerated() {
      if let ready = request.http(namespace: settings.namespace, headers: headers(for: request)) {
        positions.append(position)
        prepared.append(ready)
      } else {
        report(position, .failure(Self.invalid(request)))
      }
    }
    do {
      try http.perform(prepared, startingBefore: deadline) { number, result in
        report(positions[number], read(result, to: requests[positions[number]]))
      }
    } catch {
      for (position, request) in requests.enumerated() where isUnanswered[position] {
        each(position, .failure(VaultError(.cancelled, error.description, path: request.path)))
      }
    }
    guard !sealed.isEmpty else { return }
    let isInitialised = isInitialised()
    for (position, error) in sealed {
      each(position, .failure(isInitialised ? error : error.notInitialised))
    }
  }

  private func headers(for request: VaultRequest) -> [HTTPHeader] {
    var headers = [HTTPHeader("X-Vault-Request", "true")]
    if let token = request.token ?? token, !request.isLogin {
      headers.append(HTTPHeader("X-Vault-Token", token))
    }
    // A change needs it too: a standby judges a check-and-set by its own data before it passes the change on.
    if let index = index.newest {
      headers.append(HTTPHeader("X-Vault-Index", index))
      headers.append(HTTPHeader("X-Vault-Inconsistent", "forward-active-node"))
    }
    return headers
  }

  private static func invalid(_ request: VaultRequest) -> VaultError {
    VaultError(
      .invalidRequest,
      "\(request.path) cannot be asked for: a path holds neither empty segments nor \".\" or \"..\"",
      path: request.path
    )
  }

  private func isInitialised() -> Bool {
    let answer = try? http.perform(HTTPRequest("GET", "/v1/sys/seal-status")).get()
    let state = answer.flatMap { try? JSON.parse($0.body) }
    return state?["initialized"]?.bool ?? true
  }
}

// MARK: - Reading answers

extension VaultClient {
  private func read(
    _ result: Result<HTTPResponse, HTTPError>,
    to request: VaultRequest
  ) -> Result<VaultResponse, VaultError> {
    let answer = understood(result, to: request)
    if !observers.isEmpty {
      let exchange = Exchange(request, result, requestID: try? answer.get().requestID, purpose: purpose)
      for observer in observers { observer(exchange) }
    }
    return answer
  }

  private func understood(
    _ result: Result<HTTPResponse, HTTPError>,
    to request: VaultRequest
  ) -> Result<VaultResponse, VaultError> {
    switch result {
    case .success(let response):
      if !request.operation.isRead, let position = response.headers["X-Vault-Index"] { index.saw(position) }
      return reading(request).result(response)
    case .failure(let error): return .failure(reading(request).failure(error))
    }
  }

  private func reading(_ request: VaultRequest) -> AnswerReading {
    AnswerReading(request: request, masks: masks.adding(request.body), hasToken: token != nil)
  }
}

extension VaultError {
  /// The same, with the reason why no other token could be had.
  fileprivate func explained(by failure: String?) -> VaultError {
    guard let failure else { return self }
    return VaultError(
      kind,
      "\(message), and logging in again failed: \(failure)",
      status: status,
      reasons: reasons,
      path: path
    )
  }

  /// A server without data says that it is sealed, too.
  fileprivate var notInitialised: VaultError {
    VaultError(
      .notInitialised,
      "the server is not initialised",
      status: status,
      reasons: reasons,
      path: path
    )
  }
}
