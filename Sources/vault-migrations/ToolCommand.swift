import ArgumentParser

/// A command whose errors are reported in one way, with the documented exit status.
protocol ToolCommand: AsyncParsableCommand {
  var global: GlobalOptions { get }

  /// - Returns: The exit status of a command that did what it should: 0, or 2 for differences found.
  func run(in context: Context) async throws -> Int32
}

extension ToolCommand {
  func run() async throws {
    let context = Context(global)
    let status: Int32
    do {
      status = try await run(in: context)
    } catch let code as ExitCode {
      throw code
    } catch let error as ValidationError {
      throw error
    } catch {
      let report = ErrorReport(error)
      report.print(on: context.console)
      throw ExitCode(report.exitStatus)
    }
    if status != 0 { throw ExitCode(status) }
  }

}
