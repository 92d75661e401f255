import FoundationEssentials
import TestSupport
import Testing

/// What can be known about the image without an engine that builds it.
@Suite struct ContainerTests {
  private struct Instruction {
    let name: String
    let text: String
  }

  private func instructions() throws -> [Instruction] {
    let bytes = try #require(
      FileManager.default.contents(atPath: "\(packageRoot)/templates/container/Dockerfile")
    )
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
    let joined = lines.joined(separator: "\n").replacing("\\\n", with: " ")
    return joined.split(separator: "\n").map { line in
      let words = line.split(separator: " ", maxSplits: 1)
      return Instruction(name: String(words[0]), text: words.count > 1 ? String(words[1]) : "")
    }
  }

  /// The packages of each stage, in order.
  private func packages() throws -> [[String]] {
    try instructions().filter { $0.name == "RUN" && $0.text.contains("apt-get install") }.map { run in
      let list = run.text.split(separator: "--no-install-recommends")[1].split(separator: "&&")[0]
      return list.split(separator: " ").map(String.init)
    }
  }

  @Test func `What is copied is there, and the program runs without root`() throws {
    let all = try instructions()
    let copied = all.filter { $0.name == "COPY" && !$0.text.hasPrefix("--from") }
    #expect(copied.count >= 5)
    for source in copied.flatMap({ $0.text.split(separator: " ").dropLast() }) {
      #expect(FileManager.default.fileExists(atPath: "\(packageRoot)/\(source)"), "\(source)")
    }
    // Whatever the build embeds is below a folder that is copied.
    let embedded = try #require(
      FileManager.default.contents(atPath: "\(packageRoot)/Sources/CResources/resources.c")
    )
    for line in String(decoding: embedded, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("#embed") {
      guard let path = line.split(separator: "\"").last?.replacing("../", with: "") else { continue }
      let folder = path.split(separator: "/")[0]
      #expect(copied.contains { $0.text.hasPrefix("\(folder) ") } || path.hasPrefix("Catalogue"), "\(path)")
    }
    #expect(all.last { $0.name == "USER" }?.text == "10001:10001")
    #expect(all.last { $0.name == "ENTRYPOINT" }?.text == "[\"/usr/local/bin/vault-migrations\"]")
    #expect(all.contains { $0.name == "COPY" && $0.text.hasSuffix(" /usr/local/bin/vault-migrations") })
  }

  /// Every library that the program is linked to comes from a package that is named, or from one that Debian always has.
  @Test func `The libraries that the program needs are installed`() async throws {
    let named = try #require(packages().last)
    let dynamic = try await Command.run("readelf", ["-d", Tool.path.prefix { $0 != "\0" }.description]).output
    let libraries = dynamic.split(separator: "\n").filter { $0.contains("(NEEDED)") }
      .compactMap { $0.split(separator: "[").last?.dropLast() }.map(String.init)
    #expect(libraries.contains("libgit2.so.1.5"))
    // The release links these into the program.
    for library in libraries where !library.hasPrefix("libswift") && !library.hasPrefix("libFoundation") {
      let found = try await Command.run("dpkg-query", ["-S", "*/\(library)"]).output
      let owners = found.split(separator: "\n").compactMap { $0.split(separator: ":").first }.map(String.init)
      let always = ["libc6", "zlib1g"]
      #expect(
        owners.contains { (named + always).contains($0) },
        "\(library) is in \(owners), and the image has \(named)"
      )
    }
    for program in ["git", "curl", "jq", "ca-certificates"] { #expect(named.contains(program), "\(program)") }
  }

  @Test func `Debian has every package that is named`() async throws {
    let lists = try? FileManager.default.contentsOfDirectory(atPath: "/var/lib/apt/lists")
    // Without lists of packages nothing can be looked up; what is installed is known all the same.
    let hasLists = lists?.contains { $0.hasSuffix("_Packages") || $0.hasSuffix("_Packages.lz4") } == true
    let all = try packages()
    #expect(all.count == 2)
    for package in all.joined() {
      let known =
        hasLists
        ? try await Command.run("apt-cache", ["show", "--no-all-versions", package])
        : try await Command.run("dpkg-query", ["-s", package])
      #expect(known.status == 0, "\(package)")
    }
  }
}
