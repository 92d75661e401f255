/// What one side of a measurement cost, run by run.
struct Series: Codable {
  private(set) var wall: [Double] = []
  private(set) var cpu: [Double] = []
  private(set) var memory: [Int] = []

  mutating func add(_ usage: Usage) {
    wall.append(usage.wall)
    cpu.append(usage.cpu)
    memory.append(usage.memory)
  }

  var medianWall: Double { Self.median(wall) }
  var medianCPU: Double { Self.median(cpu) }
  var medianMemory: Int { memory.sorted()[memory.count / 2] }

  /// How far the runs lie apart, as a part of the median.
  var spread: Double { ((wall.max() ?? 0) - (wall.min() ?? 0)) / medianWall }

  private static func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// One row: the tool, and what it is compared with, measured in turns.
struct Measurement: Codable {
  let row: String
  /// What the CPU time is divided by.
  let resources: Int
  /// By name; the tool's is `ours`.
  var series: [String: Series] = [:]

  static let tool = "ours"

  /// Microseconds.
  var cpuPerResource: Double? { series[Self.tool].map { 1e6 * $0.medianCPU / Double(resources) } }

  /// Runs all sides once without counting, then in turns.
  static func alternating(
    _ row: String,
    resources: Int,
    runs: Int,
    _ sides: [(name: String, run: () throws -> Usage)]
  ) throws -> Measurement {
    var measurement = Measurement(row: row, resources: resources)
    for side in sides { _ = try side.run() }
    for _ in 0..<runs {
      for side in sides { measurement.series[side.name, default: Series()].add(try side.run()) }
    }
    return measurement
  }
}
