private import Catalogue
internal import HTTP
internal import Values

/// Turns answers into responses, and refusals and failures into ``VaultError``s.
///
/// Vault has no error codes: the texts are what OpenBao 2.7 and Vault answer, measured.
struct AnswerReading {
  let request: VaultRequest
  let masks: Masks
  let hasToken: Bool

  /// The verb and path, for a message.
  private var what: String { "\(request.operation.rawValue) \(request.path)" }

  /// What the server, or whatever answers in its place, says.
  func result(_ response: HTTPResponse) -> Result<VaultResponse, VaultError> {
    guard !response.body.isEmpty else {
      return 200..<300 ~= response.status
        ? .success(VaultResponse(response, .null)) : .failure(refusal(response, []))
    }
    guard let answer = try? JSON.parse(response.body), answer.object != nil else {
      return .failure(notVault(response))
    }
    let answersAnyway =
      request.path.path == Health.path || (response.status == 404 && answer["data"]?.object != nil)
    if 200..<300 ~= response.status || (answersAnyway && answer["errors"] == nil) {
      return .success(VaultResponse(response, answer))
    }
    return .failure(refusal(response, answer["errors"]?.array?.compactMap(\.string) ?? []))
  }

  /// An answer with a status that says no.
  private func refusal(_ response: HTTPResponse, _ reasons: [String]) -> VaultError {
    let masked = reasons.map { masks.applied(to: $0.flattened) }
    let said = masked.isEmpty ? "status \(response.status)" : masked.joined(separator: "; ")
    let kind = Self.kind(response.status, reasons, isLogin: request.isLogin)
    return VaultError(
      kind,
      masks.applied(to: sentence(kind, said)),
      status: response.status,
      reasons: masked,
      path: request.path
    )
  }

  /// An answer that is not Vault's.
  private func notVault(_ response: HTTPResponse) -> VaultError {
    // A load balancer without a server behind it answers in HTML.
    let kind: VaultError.Kind = response.status >= 500 ? .serverFailed : .notVault
    return VaultError(
      kind,
      "\(what): the answer (status \(response.status)) is not JSON.",
      status: response.status,
      path: request.path
    )
  }

  /// No answer.
  func failure(_ error: HTTPError) -> VaultError {
    let kind: VaultError.Kind =
      switch error.kind {
      case .couldNotResolve, .couldNotConnect, .connectionLost: .unreachable
      case .tls: .tls
      case .timedOut: .timedOut
      case .outcomeUnknown: .outcomeUnknown
      case .tooLarge: .tooLarge
      case .refusedRedirect: .standby
      case .invalidRequest: .invalidRequest
      case .other: .serverFailed
      }
    return VaultError(kind, masks.applied(to: error.message), path: request.path)
  }

  private static func kind(_ status: Int, _ reasons: [String], isLogin: Bool) -> VaultError.Kind {
    func says(_ text: String) -> Bool { reasons.contains { $0.contains(text) } }
    switch status {
    case 400 where says("No secret engine mount at") || says("No auth engine at"): return .notFound
    case 400 where says("check-and-set parameter") && says("match the current version"): return .casMismatch
    case 400 where says("missing client token"): return .badToken
    case 400 where says("root namespace") && says("only"): return .wrongNamespace
    case 403 where reasons == ["permission denied"] || says("invalid token") || says("bad token"):
      return isLogin ? .loginRefused : .badToken
    case 400 where isLogin, 403 where isLogin: return .loginRefused
    case 403: return .denied
    case 404 where reasons.isEmpty: return .notFound
    case 404 where says("namespace not found"): return .namespaceNotFound
    case 404 where says("no handler for route"): return .noSuchMount
    case 404 where says("unsupported path"), 405: return .unsupported
    case 404: return .notFound
    case 412,
      429 where reasons.isEmpty:
      return .standby
    case 413: return .tooLarge
    case 429: return .rateLimited
    case 503 where says("sealed"): return .sealed
    case 500... where says("local node not active"): return .standby
    case 500...: return .serverFailed
    default: return .refused
    }
  }

  private func sentence(_ kind: VaultError.Kind, _ said: String) -> String {
    switch kind {
    case .sealed: "\(what): the server is sealed"
    case .notFound: "\(what): there is no such object"
    case .noSuchMount: "\(what): nothing is mounted there (\(said))"
    case .unsupported: "\(what): the path does not support this operation (\(said))"
    case .badToken where !hasToken: "\(what): no token was given, and the server wants one"
    case .badToken: "\(what): the server does not accept the token; it is unknown, expired or revoked"
    case .denied: "\(what): the token's policies do not allow this (\(said))"
    case .loginRefused: "\(what): the login was refused (\(said))"
    case .rateLimited: "\(what): the server limits the rate of requests, beyond all patience (\(said))"
    case .standby: "\(what): a standby answers that cannot serve this (\(said))"
    case .casMismatch: "\(what): its version is not the expected one (\(said))"
    case .namespaceNotFound: "\(what): the namespace does not exist"
    case .wrongNamespace: "\(what): this exists only in the root namespace (\(said))"
    case .serverFailed: "\(what): the server failed (\(said))"
    default: "\(what): the server refuses (\(said))"
    }
  }
}

extension String {
  /// On one line: Vault's lists of errors come with tabs, stars and line breaks.
  fileprivate var flattened: String {
    let lines = split(whereSeparator: \.isNewline).map { line in
      String(line.drop { $0 == "\t" || $0 == " " || $0 == "*" })
    }
    let useful = lines.filter { !$0.isEmpty }
    let isHeaded = useful.count > 1 && useful[0].hasSuffix(":") && useful[0].contains("error")
    return (isHeaded ? useful.dropFirst() : useful[...]).joined(separator: ", ")
  }
}
