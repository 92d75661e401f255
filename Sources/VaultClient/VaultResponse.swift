internal import HTTP
package import Values

/// A server's answer to a request that it did not refuse.
///
/// The status is 200 or 204, or 404 for the one case in which a 404 carries data: a KV secret whose newest version is
/// deleted still answers with its metadata.
package struct VaultResponse: Sendable {
  package let status: Int

  /// The answer's `data`, if it has any.
  package let data: Value?

  package let warnings: [String]

  /// What a login or a token's creation gives.
  package let auth: VaultAuth?

  /// Where the answer waits when wrapping was asked for.
  package let wrapInfo: VaultWrapInfo?

  /// The whole answer; tokens in it are secrets.
  package let raw: Value

  /// The server's clock, in seconds since 1970.
  package let serverTime: Int?

  package let requestID: String?

  init(_ response: HTTPResponse, _ answer: Value) {
    status = response.status
    auth = answer["auth"].flatMap(VaultAuth.init)
    wrapInfo = answer["wrap_info"].flatMap(VaultWrapInfo.init)
    raw = auth == nil && wrapInfo == nil ? answer : Self.hidingTokens(answer)
    data = answer.present("data")
    warnings = answer["warnings"]?.array?.compactMap(\.string) ?? []
    serverTime = response.date
    requestID = answer["request_id"]?.string
  }

  /// The names in an answer to a list.
  package var keys: [String] {
    data?["keys"]?.array?.compactMap(\.string) ?? []
  }

  private static func hidingTokens(_ answer: Value) -> Value {
    answer.mapLeaves { value, keys in
      if case .string(let text) = value, keys == ["auth", "client_token"] || keys == ["wrap_info", "token"] {
        return .secret(Secret(text))
      }
      return value
    }
  }
}

extension Value {
  /// A member that is there and not null.
  func present(_ key: String) -> Value? {
    // Not `nil`, which would be taken for a null `Value` here.
    guard let member = self[key], member != .null else { return Optional<Value>.none }
    return member
  }
}

/// A token as the server gives it out.
package struct VaultAuth: Sendable {
  package let clientToken: Secret
  package let accessor: String
  package let policies: [String]
  /// In seconds; 0 for a token that does not expire.
  package let leaseDuration: Int
  package let renewable: Bool
  /// `service` or `batch`.
  package let type: String

  init?(_ value: Value) {
    guard let token = value["client_token"]?.string else { return nil }
    clientToken = Secret(token)
    accessor = value["accessor"]?.string ?? ""
    policies = value["policies"]?.array?.compactMap(\.string) ?? []
    leaseDuration = value["lease_duration"]?.integer ?? 0
    renewable = value["renewable"]?.bool ?? false
    type = value["token_type"]?.string ?? ""
  }
}

/// The token that an answer is fetched with, once.
package struct VaultWrapInfo: Sendable {
  package let token: Secret
  package let accessor: String
  /// In seconds.
  package let ttl: Int
  /// Which request's answer it is, to be compared before it is fetched.
  package let creationPath: String

  init?(_ value: Value) {
    guard let text = value["token"]?.string else { return nil }
    token = Secret(text)
    accessor = value["accessor"]?.string ?? ""
    ttl = value["ttl"]?.integer ?? 0
    creationPath = value["creation_path"]?.string ?? ""
  }
}
