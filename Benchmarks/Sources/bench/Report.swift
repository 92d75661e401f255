import FoundationEssentials

/// Everything that a run found, as it is written to a file.
struct Report: Codable {
  /// What machine and programs it was, in words.
  var about: [String: String]
  var runs: Int
  var titles: [String: String] = [:]
  var lines: [Line] = []
  var measurements: [Measurement] = []

  static func read(_ path: String) throws -> Report {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw BenchError("there is no \(path)")
    }
    return try JSONDecoder().decode(Report.self, from: data)
  }

  func write(_ path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try Files.write(path, String(decoding: try encoder.encode(self), as: UTF8.self) + "\n")
  }

  mutating func add(_ row: Row, _ measurement: Measurement) throws {
    titles[row.id] = row.title
    measurements.append(measurement)
    lines += try row.lines(of: measurement)
  }
}

/// A table in plain text or Markdown.
struct Table {
  private let header = ["row", "compared with", "ours", "reference", "value", "target", "", "±"]
  private let rows: [[String]]

  /// With titles, the rows are called by them.
  init(_ lines: [Line], hasTitles titles: [String: String] = [:]) {
    rows = lines.map { line in
      let digits = line.kind == .memory ? 0 : line.kind == .cpu || line.kind == .wall ? 1 : 2
      let unit = line.kind == .cpu || line.kind == .memory ? line.kind.unit : " ms"
      return [
        titles[line.row] ?? line.row, line.what, fixed(line.ours, 1) + unit,
        line.reference.map { fixed($0, 1) + unit } ?? "", fixed(line.value, digits) + line.kind.unit,
        line.promise,
        line.holds.map { $0 ? "ok" : "OVER" } ?? "", fixed(line.spread / 2, 0) + " %",
      ]
    }
  }

  /// Columns under each other.
  var text: String {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max() ?? 0 }
    return ([header] + rows).map { row in
      let cells = zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return (2...4).contains(column) ? space + cell.0 : cell.0 + space
      }
      let line = cells.joined(separator: "  ")
      return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
    }.joined()
  }

  var markdown: String {
    let rule = header.indices.map { (2...4).contains($0) ? "---:" : "---" }
    return ([header, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }
}
