import Embedded
import Subprocess
import SystemPackage
package import Values

/// A ``ServerProbe`` for tests, through the curl program.
package struct CurlProbe: ServerProbe {
  private let token: Secret?

  package init(token: Secret? = nil) {
    self.token = token
  }

  package func request(
    method: String,
    address: String,
    path: String,
    body: Value?
  ) async throws -> (status: Int, body: Value) {
    // Options on standard input keep the token out of the process list.
    var options = "url = \"\(address)/v1/\(path)\"\nrequest = \(method)\nsilent\nmax-time = 20\n"
    options += "write-out = \"\\n%{http_code}\"\n"
    if let body {
      let text = JSON.text(body).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      options += "data = \"\(text)\"\n"
    }
    token?.exposed { options += "header = \"X-Vault-Token: \($0)\"\n" }
    let result = try await run(
      .name("curl"),
      arguments: ["--config", "-"],
      input: .string(options),
      output: .string(limit: 1 << 20)
    )
    let lines = result.standardOutput.split(separator: "\n", omittingEmptySubsequences: false)
    guard result.terminationStatus.isSuccess, let status = lines.last.flatMap({ Int($0) }) else {
      throw CurlFailure()
    }
    let text = lines.dropLast().joined(separator: "\n")
    return (status, text.isEmpty ? .null : try JSON.parse(Array(text.utf8)))
  }
}

/// No answer came.
package struct CurlFailure: Error {}
