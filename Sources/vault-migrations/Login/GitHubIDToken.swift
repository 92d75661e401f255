import HTTP
import Values

/// Asks GitHub Actions for a signed token about the job that runs, as its own toolkit does.
struct GitHubIDToken {
  private let url: String
  private let key: Secret

  /// Takes from the job's variables where to ask, and with what.
  ///
  /// - Throws: ``Problem`` outside of a job that may have such a token.
  init(variables: [String: String], audience: String?) throws(Problem) {
    guard let url = variables["ACTIONS_ID_TOKEN_REQUEST_URL"], !url.isEmpty,
      let key = variables["ACTIONS_ID_TOKEN_REQUEST_TOKEN"], !key.isEmpty
    else {
      throw Problem(
        .permissionDenied,
        "GitHub Actions gives this job no id token to log in with",
        hint: "add \"permissions: {id-token: write, contents: read}\" to the job; jobs of forks never get one"
      )
    }
    let question = audience.map { "audience=\($0.queryEncoded)" }
    self.url = question.map { url + (url.contains("?") ? "&" : "?") + $0 } ?? url
    self.key = Secret(key)
  }

  /// A new token; it lasts for a few minutes.
  ///
  /// - Throws: ``Problem`` when none is given out.
  func token() throws(Problem) -> Secret {
    let response: HTTPResponse
    do {
      var configuration = HTTPConfiguration(base: url)
      configuration.totalTimeout = .seconds(20)
      let authorization = key.exposed { Secret("bearer \($0)") }
      let request = HTTPRequest(
        "GET",
        url,
        headers: [HTTPHeader("Authorization", authorization), HTTPHeader("Accept", "application/json")]
      )
      response = try HTTPClient(configuration).perform(request).get()
    } catch {
      throw Self.problem("\(error)")
    }
    guard response.status == 200 else { throw Self.problem("it answers with status \(response.status)") }
    guard let token = (try? JSON.parse(response.body))?["value"]?.string, !token.isEmpty else {
      throw Self.problem("its answer holds no token")
    }
    return Secret(token)
  }

  private static func problem(_ why: String) -> Problem {
    Problem(.unreachable, "GitHub Actions gives out no id token: \(why)", hint: "run the job again")
  }
}

extension String {
  /// For a value behind the question mark of a URL.
  fileprivate var queryEncoded: String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    let digits = Array("0123456789ABCDEF".utf8)
    let bytes = utf8.flatMap { byte in
      plain.contains(byte) ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
