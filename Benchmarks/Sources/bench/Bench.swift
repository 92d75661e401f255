import ArgumentParser
import FoundationEssentials

/// Measures the tool against its limits.
@main
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Measures vault-migrations against what server, git and parser allow.",
    subcommands: [RunCommand.self, CheckCommand.self, DocumentCommand.self, ListCommand.self],
    defaultSubcommand: RunCommand.self
  )

  static var rows: [Row] { ServerRows.all + OfflineRows.all + StateRows.all + PeerRows.all + ScaleRows.all }
}

/// Which rows there are.
struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Shows the rows of the table."
  )

  func run() {
    for row in Bench.rows { print("\(row.id)\(row.isQuick ? "*" : "")\t\(row.title)") }
    print("* with --quick too")
  }
}

/// Measures rows.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Measures, and prints the table."
  )

  @Option(help: "The rows, separated by commas or spaces; drift* stands for all that begin so.")
  var rows = ""

  @Flag(help: "Only rows that take seconds.")
  var quick = false

  @Option(help: "How often each side is measured.")
  var runs = 5

  @Option(help: "Where the figures go.")
  var json = "Benchmarks/.build/bench.json"

  @Option(help: "The tool.")
  var tool = ".build/release/vault-migrations"

  @Flag(help: "Make the generated projects anew, after a change of what the tool writes.")
  var fresh = false

  func run() throws {
    let chosen = try chosenRows()
    let json = json.hasPrefix("/") ? json : "\(FileManager.default.currentDirectoryPath)/\(json)"
    let lab = try Lab(try options())
    var report = Report(about: About.collect(lab), runs: runs)
    defer { try? lab.close() }
    var failures = 0
    for row in chosen {
      lab.say("\(row.id): \(row.title)")
      do {
        try report.add(row, try row.measure(row, lab))
        let lines = report.lines.filter { $0.row == row.id }
        lab.say(Table(lines).text.split(separator: "\n").dropFirst().map { "    \($0)\n" }.joined())
      } catch {
        // The others still count; the exit status says that this one is missing.
        failures += 1
        lab.say("    not measured: \(error)")
      }
    }
    print(Table(report.lines).text, terminator: "")
    try report.write(json)
    let over = report.lines.filter { $0.holds == false }.count
    print("\n\(over) over their target, \(failures) not measured; the figures are in \(json)")
    if failures > 0 { throw ExitCode.failure }
  }

  private func chosenRows() throws -> [Row] {
    let patterns = rows.split { $0 == "," || $0 == " " }
    let matches = { (row: Row, pattern: Substring) in
      pattern.hasSuffix("*") ? row.id.hasPrefix(pattern.dropLast()) : row.id == pattern
    }
    for pattern in patterns where !Bench.rows.contains(where: { matches($0, pattern) }) {
      throw ValidationError("there is no row \(pattern); \"bench list\" shows them")
    }
    return Bench.rows.filter { row in
      patterns.isEmpty ? !quick || row.isQuick : patterns.contains { matches(row, $0) }
    }
  }

  private func options() throws -> Options {
    let here = FileManager.default.currentDirectoryPath
    let absolute = { (path: String) in path.hasPrefix("/") ? path : "\(here)/\(path)" }
    let program = absolute(CommandLine.arguments[0])
    let package = "\(here)/Benchmarks"
    let built = program[..<(program.lastIndex(of: "/") ?? program.startIndex)]
    let options = Options(
      tool: absolute(tool),
      reference: "\(built)/reference",
      stateCommit: absolute(".build/release/state-commit"),
      server: ProcessInfo.processInfo.environment["VAULT_MIGRATIONS_SERVER"] ?? "\(here)/.tools/bao",
      python: "\(here)/.tools/peers/bin/python",
      package: package,
      fixtures: "\(package)/.build/fixtures",
      runs: runs,
      isFresh: fresh
    )
    for needed in [options.tool, options.reference, options.server] where !Files.exists(needed) {
      throw ValidationError("\(needed) is missing; \"make bench\" builds it")
    }
    return options
  }
}

/// What a figure depends on.
enum About {
  static func collect(_ lab: Lab) -> [String: String] {
    let output = { (program: String, arguments: [String]) in
      let outcome = try? lab.command(program, arguments, in: "/").run(log: lab.log)
      return outcome?.output.split(separator: "\n").first.map(String.init) ?? "unknown"
    }
    let processor = (try? Files.read("/proc/cpuinfo"))?.split(separator: "\n").first {
      $0.hasPrefix("model name")
    }
    return [
      "tool": output(lab.options.tool, ["--version"]),
      "server": output(lab.options.server, ["version"]),
      "kernel": output("uname", ["-sr"]),
      "processor": processor.map { String($0.drop { $0 != ":" }.dropFirst(2)) } ?? "unknown",
      "cores": String(ProcessInfo.processInfo.activeProcessorCount),
      "commit": output("git", ["-C", lab.options.package, "rev-parse", "--short", "HEAD"]),
    ]
  }
}
