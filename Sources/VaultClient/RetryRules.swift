internal import HTTP
private import Values

/// Which of Vault's answers mean "ask again".
enum RetryRules {
  /// Judges an answer.
  ///
  /// A rate limit is waited out. A node that has not caught up with a write (429 without a text, or 412) is asked
  /// again soon. A server or load balancer that fails is asked again for reads only: a change may have been made.
  /// A sealed server stays sealed until somebody comes. A KV mount that was just made refuses everything for a moment.
  static func decide(_ request: HTTPRequest, _ response: HTTPResponse) -> RetryDecision {
    switch response.status {
    case 200..<400: return .accept
    case _ where request.target.hasPrefix(Health.target): return .accept
    case 400:
      // A standby words it differently: it waits for the leader to upgrade.
      let isUpgrading = reasons(in: response.body).contains {
        $0.contains("from non-versioned to versioned data")
      }
      return isUpgrading ? .slowDown : .accept
    case 412: return .again
    case 429: return reasons(in: response.body).isEmpty ? .again : .slowDown
    case 502, 503, 504:
      let isSealed = reasons(in: response.body).contains { $0.contains("sealed") }
      return request.isSafe && !isSealed ? .again : .accept
    default: return .accept
    }
  }

  /// What a server says in `errors`.
  static func reasons(in body: [UInt8]) -> [String] {
    let answer = try? JSON.parse(body)
    return answer?["errors"]?.array?.compactMap(\.string) ?? []
  }
}
