import FoundationEssentials
import TestSupport
import Testing
import Values

/// What the documentation shows is so: commands and options are there, links lead somewhere, schemas are valid.
@Suite struct DocumentationTests {
  /// In a folder without a project, so that commands get no further than their arguments.
  ///
  /// The reference is left out: it repeats the examples of `--help`.
  @Test(arguments: Manual.pages.filter { $0.name != "docs/reference.md" })
  func `Every command that is shown is understood`(_ page: Manual.Page) async throws {
    for shown in Manual.commands(of: "vault-migrations", in: page) where shown.words.count > 1 {
      try await expectUnderstood(shown)
    }
  }

  @Test func `Every example of --help is understood`() async throws {
    let document = try JSON.parse(Array(try await Tool.run(["--experimental-dump-help"]).output.utf8))
    let lines = Self.texts("discussion", in: document).flatMap { $0.split(separator: "\n") }.map(String.init)
    let shown = lines.flatMap(Manual.commands(ofLine:)).filter { $0.first == "vault-migrations" }
    #expect(shown.count > 40)
    for words in shown { try await expectUnderstood(Manual.Shown(page: "--help", words: words)) }
  }

  /// A row of the README's table, or a span such as `drift --adopt`.
  @Test(arguments: Manual.pages)
  func `Options that are named beside a command are its own`(_ page: Manual.Page) async throws {
    let options = try await Self.optionsOfCommands()
    for (span, line) in Manual.spans(in: page) {
      let isCell = line.text.hasPrefix("| `\(span)`")
      guard let command = span.split(separator: " ").first.map(String.init), let own = options[command] else {
        continue
      }
      for option in Self.optionNames(isCell ? line.text : span) {
        let others = Manual.spans(in: Manual.Page(name: page.name, lines: [line])).compactMap {
          $0.text.split(separator: " ").first.flatMap { options[String($0)] }
        }
        let known = isCell ? others.reduce(own) { $0.union($1) } : own
        #expect(known.contains(option), "\(page.name): \(command) has no \(option)")
      }
    }
  }

  @Test(arguments: Manual.pages)
  func `Every target of make that is shown is there`(_ page: Manual.Page) throws {
    let makefile = String(
      decoding: try #require(FileManager.default.contents(atPath: "\(packageRoot)/Makefile")),
      as: UTF8.self
    )
    for shown in Manual.commands(of: "make", in: page) {
      for target in shown.words.dropFirst() where !target.contains("=") {
        #expect(makefile.contains("\n\(target):"), "\(page.name): there is no make \(target)")
      }
    }
  }

  @Test(arguments: Manual.pages)
  func `Links lead somewhere`(_ page: Manual.Page) {
    let folder = page.name.split(separator: "/").dropLast().map { "\($0)/" }.joined()
    for link in Manual.links(in: page) {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      let file = parts[0].isEmpty ? page.name : folder + parts[0]
      // The chart is drawn from the committed figures, and comes with them.
      if file == "docs/performance.svg", !isThere("Benchmarks/baseline.json") { continue }
      #expect(isThere(file), "\(page.name): \(link)")
      guard parts.count == 2, file.hasSuffix(".md") else { continue }
      let plain = URL(filePath: "\(packageRoot)/\(file)").standardized.path
      let target = Manual.page(String(plain.dropFirst(packageRoot.count + 1)))
      #expect(Manual.anchors(of: target).contains(parts[1]), "\(page.name): \(link)")
    }
  }

  @Test func `Schemas that are shown whole are valid`() async throws {
    let schemas = Manual.pages.flatMap { page in
      Manual.blocks(of: "yaml", in: page).filter { $0.hasPrefix("desired_state:") && !$0.contains("…") }
    }
    #expect(schemas.count > 1)
    for text in schemas {
      let files = ["config.yaml": configuration("http://127.0.0.1:1"), "schema.yaml": text]
      try await Project.with(files) { project in
        try await project.tool("generate", "--offline")
        try await project.tool("validate", "--mode", "offline")
      }
    }
  }

  @Test func `Every page is found from the README`() {
    var found: Set<String> = ["README.md"]
    var open = ["README.md"]
    while let name = open.popLast() {
      let folder = name.split(separator: "/").dropLast().map { "\($0)/" }.joined()
      for link in Manual.links(in: Manual.page(name)) {
        let file = folder + (link.split(separator: "#", omittingEmptySubsequences: false).first ?? "")
        let plain = URL(filePath: "\(packageRoot)/\(file)").standardized.path
        let target = String(plain.dropFirst(packageRoot.count + 1))
        if target == "docs/decisions" || target == "docs/decisions/" {
          found.formUnion(Manual.pages.map(\.name).filter { $0.hasPrefix("docs/decisions/") })
        }
        if target.hasSuffix(".md"), found.insert(target).inserted { open.append(target) }
      }
    }
    #expect(Manual.pages.map(\.name).filter { !found.contains($0) } == [])
  }

  private func isThere(_ file: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(packageRoot)/\(file)")
  }

  private func expectUnderstood(_ shown: Manual.Shown) async throws {
    try await Scratch.with { scratch in
      let outcome = try await Tool.run(Array(shown.words.dropFirst()), directory: scratch.path)
      #expect(
        !outcome.errors.contains("for more information."),
        "\(shown.testDescription): \(outcome.errors)"
      )
    }
  }

  private static func optionNames(_ text: String) -> [String] {
    text.split(separator: "--").dropFirst().map { "--" + $0.prefix { $0.isLetter || $0 == "-" } }
      .filter { $0.count > 2 }
  }

  /// The options of each command, with those of its subcommands.
  private static func optionsOfCommands() async throws -> [String: Set<String>] {
    let document = try JSON.parse(Array(try await Tool.run(["--experimental-dump-help"]).output.utf8))
    var options: [String: Set<String>] = [:]
    for command in document.at("command.subcommands")?.array ?? [] {
      let names = arguments(of: command).flatMap { $0["names"]?.array ?? [] }
      options[command["commandName"]?.string ?? ""] = Set(
        names.compactMap { $0["kind"] == "long" ? "--" + ($0["name"]?.string ?? "") : nil }
      )
    }
    return options
  }

  private static func arguments(of command: Value) -> [Value] {
    (command["arguments"]?.array ?? []) + (command["subcommands"]?.array ?? []).flatMap(arguments)
  }

  private static func texts(_ key: String, in value: Value) -> [String] {
    switch value {
    case .object(let members):
      members.flatMap { $0.key == key ? $0.value.string.map { [$0] } ?? [] : texts(key, in: $0.value) }
    case .array(let elements): elements.flatMap { texts(key, in: $0) }
    default: []
    }
  }
}
