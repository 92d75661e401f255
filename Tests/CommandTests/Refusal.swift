import TestSupport
import Testing
import Values

/// How a command refuses bad input: one clear error, and nothing changed.
struct Refusal: Sendable {
  let status: Int32
  /// A part of the message.
  let message: String
  /// `file:line:column`, where there is a place.
  var place: String?
  /// The Vault path it is about.
  var path: String?
  /// A part of the hint; empty where the message says it all.
  var hint = ""

  private var code: Set<Value> {
    switch status {
    case 1: ["operation-failed"]
    case 3: ["world-changed"]
    case 64: ["usage"]
    case 65: ["schema-invalid", "migration-invalid"]
    case 69: ["unreachable"]
    case 75: ["locked"]
    case 77: ["permission-denied"]
    default: ["configuration-invalid"]
    }
  }

  /// Runs a command for people, and it or another one for scripts; looks at everything that they might have changed.
  func expect(
    _ arguments: [String],
    andOf other: [String]? = nil,
    _ project: Project,
    _ server: BaoServer? = nil,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    let before = try await Snapshot(project, server)
    let said = try await project.tool(arguments, exits: status, at: location)
    let document = try await project.json(other ?? arguments, exits: status, at: location)
    #expect(try await Snapshot(project, server) == before, sourceLocation: location)
    expectText(said, location)
    expectDocument(document, location)
  }

  /// The same without a repository that could be looked at.
  func expectOutside(
    _ arguments: [String],
    _ project: Project,
    at location: Testing.SourceLocation = #_sourceLocation
  ) async throws {
    expectText(try await project.tool(arguments, exits: status, at: location), location)
    expectDocument(try await project.json(arguments, exits: status, at: location), location)
  }

  private func expectText(_ said: Command.Outcome, _ location: Testing.SourceLocation) {
    #expect(said.output == "", sourceLocation: location)
    #expect(said.errors.contains(message), "\(said.errors)", sourceLocation: location)
    #expect(said.errors.split(separator: "error: ").count <= 2, "\(said.errors)", sourceLocation: location)
    let hints = said.errors.split(separator: "\n").filter { $0.contains("hint: ") }
    #expect(hints.count <= 1, "\(said.errors)", sourceLocation: location)
    let isHelpful = hint.isEmpty || hints.first?.contains(hint) == true
    #expect(isHelpful, "\(said.errors)", sourceLocation: location)
    if let place { #expect(said.errors.contains("\(place): "), "\(said.errors)", sourceLocation: location) }
  }

  private func expectDocument(_ document: Value, _ location: Testing.SourceLocation) {
    guard let error = document["error"], document.object?.count == 1 else {
      Issue.record("\(document)", sourceLocation: location)
      return
    }
    #expect(error["code"].map(code.contains) == true, "\(error)", sourceLocation: location)
    #expect(error["message"]?.string?.contains(message) == true, "\(error)", sourceLocation: location)
    #expect(
      error["hint"]?.string?.contains(hint) == true || hint.isEmpty,
      "\(error)",
      sourceLocation: location
    )
    if let path { #expect(error["path"]?.string == path, "\(error)", sourceLocation: location) }
    guard let place else { return }
    let parts = ["file", "line", "column"].compactMap { error[$0] }
    let texts = parts.map { $0.string ?? $0.integer.map(String.init) ?? "" }
    #expect(texts.joined(separator: ":") == place, sourceLocation: location)
  }
}
