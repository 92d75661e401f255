import Embedded
import HTTP
import Values

/// The requests that bring a private server up.
struct EmbeddedProbe: ServerProbe {
  func request(method: String, address: String, path: String, body: Value?) async throws -> (
    status: Int, body: Value
  ) {
    var configuration = HTTPConfiguration(base: address)
    configuration.totalTimeout = .seconds(60)
    configuration.retry.maxTries = 1
    configuration.retryPolicy = { _, _ in .accept }
    let client = try HTTPClient(configuration)
    let content = body.map(JSON.bytesExposingSecrets)
    let request = HTTPRequest(method, "/v1/\(path)", body: content, isSafe: false)
    let response = try client.perform(request).get()
    return (response.status, response.body.isEmpty ? .null : try JSON.parse(response.body))
  }
}
