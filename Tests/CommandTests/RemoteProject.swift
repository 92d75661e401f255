import TestSupport
import Testing
import Values

/// A project whose environment `prod` is a server in memory, with a ledger; the tool gets the server's root token.
///
/// `state` stands below `desired_state:` in its schema; the other texts are more lines for the environment and for the
/// configuration.
func withServer<Result>(
  _ state: String,
  environment: String = "",
  settings: String = "",
  tokenVariable: String = "VAULT_TOKEN",
  _ body: (Project, BaoServer) async throws -> Result
) async throws -> Result {
  // The server starts when it is the project's turn.
  try await Project.with(["schema.yaml": schema(state)]) { project in
    try await BaoServer.with { server in
      try project.write("config.yaml", configuration(server.address, environment, settings))
      try await project.commit("Configure")
      let project = project.with([tokenVariable: server.rootToken])
      try await project.tool("ledger", "init", "--quiet")
      return try await body(project, server)
    }
  }
}

/// A schema with these entries.
func schema(_ state: String) -> String {
  "desired_state:\n" + indented(state, by: 2)
}

/// A configuration with one remote environment.
func configuration(_ address: String, _ environment: String = "", _ settings: String = "") -> String {
  """
  version: 1
  project: shop
  default_environment: prod
  environments:
    prod:
      address: \(address)
  \(indented(environment, by: 4))\(settings)

  """
}

private func indented(_ text: String, by count: Int) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    line.isEmpty ? "\n" : String(repeating: " ", count: count) + line + "\n"
  }.joined()
}

extension BaoServer {
  /// What is at a path: the `data` of the answer.
  ///
  /// - Returns: `nil` for an answer other than 200.
  func data(_ path: String, token: String? = nil, namespace: String = "") throws -> Value? {
    let answer = try request("GET", path, token: token, namespace: namespace)
    guard answer.status == 200 else { return nil }
    let document = try JSON.parse(Array(answer.body.utf8))
    return document["data"] ?? document
  }

  /// The names in a list; empty if there is none.
  func list(_ path: String, namespace: String = "") throws -> [String] {
    let answer = try request("LIST", path, namespace: namespace)
    guard answer.status == 200 else { return [] }
    return try JSON.parse(Array(answer.body.utf8))["data"]?["keys"]?.array?.compactMap(\.string) ?? []
  }
}

extension Value {
  /// A value deep inside, keys joined by dots.
  func at(_ keys: String) -> Value? {
    keys.split(separator: ".").reduce(Optional(self)) { value, key in
      guard let value else { return nil }
      return Int(key).map { index in value.array?.dropFirst(index).first } ?? value[String(key)]
    }
  }

  /// The texts of a list.
  var texts: [String] { array?.compactMap(\.string) ?? [] }
}

/// Right after a run, every command that looks for work finds none.
func expectNothingLeft(_ project: Project) async throws {
  let plan = try await project.json("plan", "--detailed-exitcode")
  for part in ["changes", "pending", "drift"] { #expect(plan[part] == [], "\(part)") }
  #expect(try await project.json("drift")["drift"] == [])
  #expect(try await project.tool("generate").output == "No changes required\n")
  #expect(try await project.json("sync")["applied"] == [])
  #expect(try await project.json("status", "--detailed-exitcode")["state"] == "clean")
}
