import FoundationEssentials
import TestSupport
import Testing
import Values

/// What is known about endpoints can be looked at, without a server and without a project.
@Suite struct CatalogueTests {
  @Test func `families are listed anywhere`() async throws {
    try await Scratch.with { scratch in
      func run(_ arguments: String...) async throws -> String {
        let outcome = try await Tool.run(["catalogue"] + arguments, directory: scratch.path)
        #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
        return outcome.output
      }
      let table = try await run()
      #expect(table.hasPrefix("MOUNT "))
      #expect(table.contains("auth/approle        role/{role_name} "))
      #expect(
        table.split(separator: "\n").contains { $0.hasPrefix("secrets/pki") && $0.contains(" replace ") }
      )
      let families = try JSON.parse(Array(try await run("--output", "json").utf8))["families"]?.array ?? []
      #expect(families.count > 100)
      #expect(
        families.contains {
          $0["mount"] == "secrets/pki" && $0["path"] == "roles/{name}" && $0["write"] == "replace"
        }
      )
      let shipped = try #require(
        FileManager.default.contents(atPath: "\(packageRoot)/Sources/Catalogue/catalogue.yaml")
      )
      #expect(try await run("--source") == String(decoding: shipped, as: UTF8.self))
      #expect(try await run("auth/userpass/users/ann").contains("never read back: password password_hash"))
      #expect(try await run("plugin/thing").contains("none: it is read back as it is"))
      let wrong = try await Tool.run(["catalogue", "/x"], directory: scratch.path)
      #expect(wrong.status == 64 && wrong.errors.contains("starts with a slash"))
    }
  }

  @Test func `a path is explained by the mounts and entries of its project`() async throws {
    let state = """
      logins/:
        type: pki
      logins/roles/web:
        ttl: 1h
      own/:
        type: custom
      """
    let configuration = """
      project: shop
      environments: {dev: {server: embedded}}
      catalogue:
        secrets:
          custom:
            things/{name}: {write: merge, reset: {size: 3}, secret: [pin], immutable: {kind: ignored}}
      """
    try await Project.with(["config.yaml": configuration, "schema.yaml": schema(state)]) { project in
      let role = try await project.json("catalogue", "logins/roles/web")
      #expect(
        role["entry"] == "secrets/pki roles/{name}" && role["guessed"] == false && role["declared"] == true
      )
      #expect(role.at("fields.ttl") == "duration" && role["read"] == "GET logins/roles/web")
      let own = try await project.json("catalogue", "own/things/x")
      #expect(own["own"] == true && own["known"] == true && own["write"] == "merge")
      #expect(
        own["secret"] == ["pin"] && own["reset"] == ["size": 3] && own["immutable"] == ["kind": "ignored"]
      )
      let text = try await project.tool("catalogue", "own/things/x").output
      #expect(text.contains("secrets/custom things/{name} (config.yaml)"))
      #expect(text.contains("what is sent for a field that was removed: size: 3"))
      #expect(try await project.tool("catalogue").output.contains("things/{name} * "))
    }
  }
}
