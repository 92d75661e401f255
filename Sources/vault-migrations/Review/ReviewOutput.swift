import ArgumentParser
import FoundationEssentials
import Values

extension GlobalOptions.Output {
  /// Whether it is a report of sections, one for each environment.
  var isReview: Bool { self == .markdown || self == .junit }
}

/// Where a report goes that is longer than a comment may be.
struct ReviewOutput: ParsableArguments {
  @Option(
    help:
      "With --output markdown: write the whole report into this file; the comment names it when it is shortened."
  )
  var attach: String?
}

extension Context {
  /// Prints a report as its comment, and writes the whole where it was asked for.
  ///
  /// - Throws: ``Problem`` when the file cannot be written.
  func publish(
    _ sections: [ReviewSection],
    as subject: ReviewReport.Subject,
    named name: String,
    _ output: ReviewOutput
  ) throws {
    guard options.output == .markdown else {
      Terminal.write(JUnit(sections, subject).text, to: .output)
      return
    }
    var report = ReviewReport(subject: subject, sections: sections, name: name)
    if let file = output.attach {
      report.attachment = file.split(separator: "/").last.map(String.init) ?? file
      do {
        try Data(report.whole.utf8).write(to: URL(filePath: absolute(file)), options: .atomic)
      } catch {
        throw Problem(
          .operationFailed,
          "\(file) cannot be written: \(error)",
          hint: "check that its folder exists and is writable"
        )
      }
    }
    Terminal.write(report.comment, to: .output)
  }
}

/// A command whose results can be a report, with a section for each environment.
protocol ReviewCommand: EnvironmentCommand {
  static var subject: ReviewReport.Subject { get }
  var review: ReviewOutput { get }
}

extension ReviewCommand {
  static var formats: [GlobalOptions.Output] { [.text, .json, .markdown, .junit] }

  func publish(_ sections: [ReviewSection], named name: String, in context: Context) throws -> Bool {
    guard global.output.isReview else { return false }
    try context.publish(sections, as: Self.subject, named: name, review)
    return true
  }

  /// A comment that says why there is no plan must replace one that shows an old plan.
  func tell(_ report: ErrorReport, in context: Context) {
    report.print(on: context.console)
    let name = everywhere.all ? "all" : context.environmentName
    do {
      _ = try publish([.failed(name, report.problems)], named: name, in: context)
    } catch {
      ErrorReport(error).print(on: context.console)
    }
  }
}
