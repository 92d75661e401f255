import ArgumentParser

/// Puts the figures of a run into the documentation.
struct DocumentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "document",
    abstract: "Writes the table and the chart of a run into docs/performance.md and docs/performance.svg."
  )

  @Argument(help: "What was measured.")
  var json = "Benchmarks/baseline.json"

  @Option(help: "The page; what stands between its two marks is replaced.")
  var page = "docs/performance.md"

  @Option(help: "The chart.")
  var chart = "docs/performance.svg"

  private static let marks = ("<!-- figures: make bench-document -->\n", "<!-- end of figures -->\n")

  func run() throws {
    let report = try Report.read(json)
    let text = try Files.read(page)
    guard let begin = text.firstRange(of: Self.marks.0), let end = text.firstRange(of: Self.marks.1) else {
      throw ValidationError("\(page) has no marks for the figures")
    }
    try Files.write(
      page,
      text[..<begin.upperBound] + "\n" + figures(of: report) + "\n" + text[end.lowerBound...]
    )
    if let drawing = ScaleRows.chart(of: report) { try Files.write(chart, drawing.svg) }
  }

  private func figures(of report: Report) -> String {
    let about = report.about
    let machine = "\(about["processor"] ?? "?"), \(about["cores"] ?? "?") cores, \(about["kernel"] ?? "?")"
    let programs =
      "\(about["server"] ?? "?"); vault-migrations \(about["tool"] ?? "?") at \(about["commit"] ?? "?")"
    let growth = ScaleRows.steepCurves(of: report).map { "\n- \($0)" }.joined()
    return """
      Medians of \(report.runs) runs. \(machine). \(programs).

      \(Table(report.lines.filter { !$0.row.hasPrefix("scale-") }, hasTitles: report.titles).markdown)
      \(growth.isEmpty ? "No curve of the chart grows faster than the number of paths." : "Worse than linear:\n" + growth)

      """
  }
}
