package import Catalogue
internal import HTTP

/// One request and what became of it, for logs and numbers; nothing of its content.
package struct Exchange: Sendable {
  package let method: String
  package let path: VaultPath
  /// `nil` when no answer came.
  package let status: Int?
  package let tries: Int
  /// From the first try to the last byte; `nil` when no answer came.
  package let duration: Duration?
  /// What the server's own logs call it.
  package let requestID: String?
  /// Why it was sent, as a clause.
  package let purpose: String

  /// `2xx`, `4xx`, …, or `none` when no answer came.
  package var statusClass: String { status.map { "\($0 / 100)xx" } ?? "none" }
}

extension Exchange {
  init(
    _ request: VaultRequest,
    _ result: Result<HTTPResponse, HTTPError>,
    requestID: String?,
    purpose: String
  ) {
    self.purpose = purpose
    method = request.operation.rawValue
    path = request.path
    self.requestID = requestID
    switch result {
    case .success(let response):
      status = response.status
      tries = response.tries
      duration = response.duration
    case .failure(let error):
      status = nil
      tries = error.tries
      duration = nil
    }
  }
}
