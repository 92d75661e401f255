import TestSupport
import Testing
import Values

/// Programs of other people that judge what an engine made.
enum Outside {
  /// Runs a program, which must succeed.
  ///
  /// - Returns: Its output.
  @discardableResult
  static func run(
    _ program: String,
    _ arguments: [String],
    in scratch: Scratch,
    input: String = "",
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws -> String {
    let outcome = try await Command.run(
      program,
      arguments,
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": scratch.path],
      directory: scratch.path,
      input: input
    )
    #expect(
      outcome.status == 0,
      "\(program) \(arguments): \(outcome.output)\(outcome.errors)",
      sourceLocation: location
    )
    return outcome.output
  }
}

extension BaoServer {
  /// Does something at a path, which must succeed.
  ///
  /// - Returns: The `data` of the answer, or what a login gives.
  func act(
    _ path: String,
    _ body: Value,
    token: String? = nil,
    at location: Testing.SourceLocation = #_sourceLocation
  ) throws -> Value {
    let answer = try request("POST", path, JSON.text(body), token: token)
    #expect(answer.status < 300, "\(path): \(answer.body)", sourceLocation: location)
    guard answer.status == 200 else { return [:] }
    let document = try JSON.parse(Array(answer.body.utf8))
    if let auth = document["auth"], auth != .null { return auth }
    return document["data"] ?? [:]
  }
}
