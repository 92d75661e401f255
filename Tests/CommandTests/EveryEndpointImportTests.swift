import Catalogue
import TestSupport
import Testing
import Values

/// Every endpoint that servers were measured with, taken over into an empty repository and from there to another server.
@Suite(.serialized) struct EveryEndpointImportTests {
  @Test func everyObjectSurvivesAnImport() async throws {
    try await withServer("{}") { project, server in
      let view = try EveryEndpointServer(server)
      try await configure(view, in: project.scratch)
      let report = try await project.json("import", "--with-data", "**")
      let project = try await withVariables(project, report)
      let plan = try await project.json("plan")
      print(report["notices"] ?? .null, report["unreadable"] ?? .null)
      print(project.read("schema.yaml"))
      for part in ["changes", "pending", "drift"] { #expect(plan[part] == []) }
    }
  }

  private func configure(_ view: EveryEndpointServer, in scratch: Scratch) async throws {
    let other = try EveryEndpointProject("other", view.server, in: scratch)
    try other.generate(view.schema(\.declared))
    _ = try await other.run(reverting: view.samples.filter(\.isPrepared).map(\.path))
  }

  private func withVariables(_ project: Project, _ report: Value) async throws -> Project {
    var variables: [String: String] = [:]
    for variable in report["variables"]?.array ?? [] {
      variables[variable["name"]?.string ?? ""] = "Y64VEVMBTSXCYIWRSHRNDZW62MPGVU2G"
    }
    return project.with(variables)
  }
}
