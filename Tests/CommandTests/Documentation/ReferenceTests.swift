import FoundationEssentials
import TestSupport
import Testing
import Values

/// `docs/reference.md` is written by a script, and must not be behind the program or ahead of it.
@Suite struct ReferenceTests {
  @Test func `The reference is what program and source say`() async throws {
    let written = try await Command.run("\(packageRoot)/scripts/reference", [Tool.path])
    #expect(written.status == 0, "\(written.errors)")
    let file = FileManager.default.contents(atPath: "\(packageRoot)/docs/reference.md") ?? Data()
    let lines = Set(written.output.split(separator: "\n"))
    let kept = Set(String(decoding: file, as: UTF8.self).split(separator: "\n"))
    #expect(lines.subtracting(kept).sorted() == [], "run \"make docs\"")
    #expect(kept.subtracting(lines).sorted() == [], "run \"make docs\"")
    #expect(String(decoding: file, as: UTF8.self) == written.output, "run \"make docs\"")
  }

  @Test func `Documents have the keys that the reference names`() async throws {
    try await withSmallProject { project, server in
      try project.edit("schema.yaml", "mode: fast", "mode: slow")
      try expectDescribed(try await project.json("generate", "-m", "slow"), as: "generate")
      try await project.commit("Slow")
      let plan = try await project.json("plan")
      try expectDescribed(plan, as: "plan")
      let changes = plan["pending"]?.array ?? []
      #expect(changes.count > 4)
      for change in changes { try expectDescribed(change, as: "a change") }
      try expectDescribed(try await project.json("sync"), as: "sync")
      for command in ["status", "history", "drift", "validate", "lint", "doctor"] {
        try expectDescribed(try await project.json(command), as: command)
      }
      try expectDescribed(try await project.json("show", "2"), as: "show")
      try server.request("POST", "auth/approle/role/web", #"{"token_ttl": 5}"#)
      let drift = try await project.json("drift", exits: 2)
      try expectDescribed(try #require(drift.at("drift.0")), as: "a change")
      let error = try await project.json("show", "9", exits: 64)
      try expectDescribed(error, as: "an error")
      try expectDescribed(try #require(error["error"]), as: "an error")
    }
  }

  /// The row of a document in the reference names all its keys.
  private func expectDescribed(_ document: Value, as name: String) throws {
    let title = name.contains(" ") ? "| \(name) |" : "| `\(name)` |"
    let row = Manual.page("docs/reference.md").lines.first {
      $0.headings.last == "JSON documents" && $0.text.hasPrefix(title)
    }
    let names = Set(Manual.spans(in: Manual.Page(name: "", lines: [try #require(row)])).map(\.text))
    let keys = Set(document.object?.keys.map(\.self) ?? [])
    #expect(!keys.isEmpty)
    #expect(keys.subtracting(names).sorted() == [], "\(name)")
  }

  @Test func `Make explains every target`() async throws {
    let makefile = FileManager.default.contents(atPath: "\(packageRoot)/Makefile") ?? Data()
    let lines = String(decoding: makefile, as: UTF8.self).split(separator: "\n")
    let targets = lines.filter { $0.hasPrefix(".PHONY: ") }.map { $0.dropFirst(".PHONY: ".count) }
    let help = try await Command.run("make", ["-C", packageRoot, "--no-print-directory", "help"]).output
    let explained = help.split(separator: "\n").compactMap { $0.split(separator: " ").dropFirst().first }
    #expect(targets.count > 10)
    #expect(targets.filter { !explained.contains($0) } == [])
  }

  /// The image and the steps of the development container are those of the pipeline's image and of `make setup`.
  @Test func `The development container has what setup installs`() async throws {
    let read = { (name: String) in
      String(
        decoding: FileManager.default.contents(atPath: "\(packageRoot)/\(name)") ?? Data(),
        as: UTF8.self
      )
    }
    let container = read(".devcontainer/devcontainer.json") + read(".devcontainer/Dockerfile")
    let image = read("templates/container/Dockerfile").split(separator: "\n").first {
      $0.hasPrefix("ARG SWIFT=")
    }
    #expect(container.contains(try #require(image)))
    for package in ["libgit2-dev", "libyaml-dev", "libcurl4-openssl-dev"] {
      #expect(container.contains(package))
    }
    #expect(container.contains("\"postCreateCommand\": \"make setup\""))
  }
}
