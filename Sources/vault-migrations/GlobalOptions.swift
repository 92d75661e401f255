public import ArgumentParser
public import Logging

/// What every command takes.
struct GlobalOptions: ParsableArguments, Sendable {
  enum Output: String, ExpressibleByArgument, CaseIterable {
    case text, json
    /// Only where a command says so (``ToolCommand/formats``).
    case markdown, sarif, junit
  }

  enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  enum Trace: String, ExpressibleByArgument, CaseIterable {
    case requests
  }

  @Option(help: "The configuration file (default: .vault-migrations/config.yaml, here or in a folder above).")
  var config: String?

  @Option(
    name: [.customShort("e"), .long],
    help: "The environment (default: default_environment of the configuration)."
  )
  var env: String?

  @Option(
    name: [.customShort("o"), .long],
    help: "How results are printed; markdown, sarif and junit only where a command has them."
  )
  var output = Output.text

  @Option(help: "The least level of log lines: trace, debug, info, notice, warning, error.")
  var logLevel = Logger.Level.warning

  @Option(help: "How log lines are written to standard error.")
  var logFormat = LogFormat.text

  @Option(help: "Print to standard error everything that is asked of servers, and why: --trace requests.")
  var trace: Trace?

  @Flag(help: "No colour; also the variable NO_COLOR.")
  var noColor = false

  @Flag(name: .shortAndLong, help: "No progress, only results and errors.")
  var quiet = false
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
