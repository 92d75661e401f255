import FoundationEssentials
import TestSupport
import Testing

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
