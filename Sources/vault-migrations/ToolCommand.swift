import ArgumentParser
import Values

/// A command whose errors are reported in one way, with the documented exit status.
protocol ToolCommand: AsyncParsableCommand {
  var global: GlobalOptions { get }

  /// How its results can be printed.
  static var formats: [GlobalOptions.Output] { get }

  /// - Returns: The exit status of a command that did what it should: 0, or 2 for differences found.
  func run(in context: Context) async throws -> Int32

  /// Where numbers for monitoring go.
  var metricsFile: String? { get }

  /// Tells what the command ended with, in the format that was asked for.
  func tell(_ report: ErrorReport, in context: Context)
}

extension ToolCommand {
  static var formats: [GlobalOptions.Output] { [.text, .json] }

  var metricsFile: String? { nil }

  func tell(_ report: ErrorReport, in context: Context) {
    report.print(on: context.console)
  }

  func run() async throws {
    let context = Context(global, metricsFile: metricsFile)
    let status: Int32
    do {
      try checkFormat()
      status = try await run(in: context)
    } catch let code as ExitCode {
      throw code
    } catch let error as ValidationError {
      throw error
    } catch {
      let report = ErrorReport(error)
      tell(report, in: context)
      finish(report.exitStatus, in: context)
      throw ExitCode(report.exitStatus)
    }
    finish(status, in: context)
    if status != 0 { throw ExitCode(status) }
  }

  /// Of a command for all environments, each has told its own status.
  private func finish(_ status: Int32, in context: Context) {
    guard context.metrics.file != nil else { return }
    if context.metrics.all.values.allSatisfy({ $0.status == nil }) {
      context.metrics.finish(context.environmentName, status: status)
    }
    context.writeMetrics(of: Self.configuration.commandName ?? "")
  }

  private func checkFormat() throws(Problem) {
    guard !Self.formats.contains(global.output) else { return }
    let names = Self.formats.map(\.rawValue).joined(separator: ", ")
    throw Problem(
      .usage,
      "\(Self.configuration.commandName ?? "this command") does not print \(global.output.rawValue)",
      hint: "it has \(names)"
    )
  }
}
