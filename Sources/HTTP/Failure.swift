private import CCurl

/// Turns libcurl's codes into ``HTTPError``s.
extension Transfer {
  /// What a failed transfer means for its request.
  ///
  /// - Parameters:
  ///   - code: The `CURLcode`'s number.
  ///   - request: What was asked.
  ///   - url: The URL without its query.
  /// - Returns: The error, with ``HTTPError/wasSent`` from what libcurl counted.
  func failure(_ code: UInt32, of request: HTTPRequest, url: String) -> HTTPError {
    let detail = errorText.isEmpty ? Self.text(of: code) : errorText
    // With TLS 1.3 a client learns only after its request that the server does not want its certificate.
    let isRejected =
      detail.contains("alert") && (detail.contains("certificate") || detail.contains("unknown ca"))
    let wasSent = self.wasSent && !isRejected
    var kind = isRejected ? .tls : Self.kind(of: code)
    if kind == .connectionLost && !wasSent { kind = .couldNotConnect }
    if isTooLarge { kind = .tooLarge }
    // Whatever the code: libcurl may report that it could not connect, when it wanted to send a second time.
    if wasSent && !request.isSafe && !isTooLarge { kind = .outcomeUnknown }
    return HTTPError(kind, request, url: url, isTooLarge ? limitText : detail, wasSent: wasSent)
  }

  private static func kind(of code: UInt32) -> HTTPError.Kind {
    switch CURLcode(rawValue: code) {
    case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .couldNotResolve
    case CURLE_COULDNT_CONNECT: .couldNotConnect
    case CURLE_OPERATION_TIMEDOUT: .timedOut
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
      CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_CLIENTCERT,
      CURLE_SSL_INVALIDCERTSTATUS:
      .tls
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
    case CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_HTTP2,
      CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY, CURLE_SEND_FAIL_REWIND, CURLE_ABORTED_BY_CALLBACK:
      .connectionLost
    default: .other
    }
  }

  private static func text(of code: UInt32) -> String {
    curl_easy_strerror(CURLcode(rawValue: code)).map { String(cString: $0) } ?? "libcurl error \(code)"
  }
}

extension HTTPError {
  init(_ kind: Kind, _ request: HTTPRequest, url: String, _ detail: String, wasSent: Bool) {
    self.init(
      kind: kind,
      message: Self.sentence(kind, "\(request.method) \(url)", detail),
      wasSent: wasSent
    )
    self.detail = detail
  }

  /// The same failure, for another request that was not even tried because of it.
  func applied(to request: HTTPRequest, url: String) -> HTTPError {
    var error = HTTPError(kind, request, url: url, detail, wasSent: false)
    error.tries = 0
    return error
  }

  private static func sentence(_ kind: HTTPError.Kind, _ what: String, _ detail: String) -> String {
    switch kind {
    case .outcomeUnknown:
      "\(what) was sent, but its answer was lost (\(detail)); it may or may not have been done"
    case .tooLarge: "\(what): the answer is longer than \(detail)"
    case .tls: "\(what): no trusted connection (\(detail))"
    case .timedOut: "\(what): no answer in time (\(detail))"
    case .connectionLost: "\(what): the answer was lost (\(detail))"
    case .couldNotResolve, .couldNotConnect: "\(what): cannot connect (\(detail))"
    case .invalidRequest, .refusedRedirect, .other: "\(what) failed (\(detail))"
    }
  }

  /// Whether the request may simply be sent again.
  func isTransient(for request: HTTPRequest) -> Bool {
    switch kind {
    // A certificate does not become trusted by asking again, but a handshake may have been cut off.
    case .tls: !wasSent && message.contains("SSL_connect")
    case .couldNotResolve, .couldNotConnect, .timedOut, .connectionLost: !wasSent || request.isSafe
    case .invalidRequest, .outcomeUnknown, .tooLarge, .refusedRedirect, .other: false
    }
  }
}
