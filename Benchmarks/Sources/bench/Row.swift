/// What a row of the table promises.
enum Limit {
  /// The tool takes at most so many times what another one takes.
  case ratio(to: String, Double)
  /// The tool is at least so many times as fast.
  case faster(than: String, Double)
  /// Microseconds of the tool's CPU for each resource.
  case cpu(Double)
  /// Megabytes.
  case memory(Double)
  /// Milliseconds; printed beside a floor.
  case wall(Double, floor: String)
  /// Nothing is promised: the figure is of interest.
  case shown(against: String)
}

/// One line of the table.
struct Line: Codable {
  enum Kind: String, Codable {
    case ratio, faster, cpu, memory, wall, shown

    /// What stands behind a value.
    var unit: String {
      switch self {
      case .ratio, .faster, .shown: "×"
      case .cpu: " µs"
      case .memory: " MB"
      case .wall: " ms"
      }
    }
  }

  let row: String
  let kind: Kind
  /// What it is about, in words.
  let what: String
  /// Milliseconds, microseconds or megabytes, as the kind has it.
  let ours: Double
  let reference: Double?
  /// What is compared with the target.
  let value: Double
  let target: Double?
  /// What the target is called: `≤ 1.25×`.
  let promise: String
  let holds: Bool?
  /// How far the tool's runs lie apart, in percent of their median: above 30, something else was running.
  let spread: Double

  /// Rows and kinds are the same in two runs.
  var key: String { "\(row) \(kind.rawValue) \(what)" }
}

/// One measurement, and what is promised of it.
struct Row {
  let id: String
  let title: String
  /// Whether `--quick` has it.
  var isQuick = false
  let limits: [Limit]
  let measure: (Row, Lab) throws -> Measurement

  /// What is promised, with the figures put in.
  func lines(of measurement: Measurement) throws -> [Line] {
    try limits.map { try line(of: $0, measurement) }
  }

  private func line(of limit: Limit, _ measurement: Measurement) throws -> Line {
    let side = { (name: String) throws -> Series in
      guard let series = measurement.series[name] else { throw BenchError("\(id) did not measure “\(name)”") }
      return series
    }
    let ours = try side(Measurement.tool)
    let wall = 1e3 * ours.medianWall
    let spread = 100 * ours.spread
    switch limit {
    case .ratio(let name, let target):
      let other = 1e3 * (try side(name)).medianWall
      return line(.ratio, name, wall, other, wall / other, target, "≤ \(short(target))×", spread)
    case .faster(let name, let target):
      let other = 1e3 * (try side(name)).medianWall
      return line(.faster, name, wall, other, other / wall, target, "≥ \(short(target))×", spread)
    case .cpu(let target):
      let value = 1e6 * ours.medianCPU / Double(measurement.resources)
      return line(.cpu, "CPU for each resource", value, nil, value, target, "≤ \(short(target)) µs", spread)
    case .memory(let target):
      let value = Double(ours.medianMemory) / 1e6
      return line(.memory, "peak memory", value, nil, value, target, "≤ \(short(target)) MB", spread)
    case .wall(let target, let name):
      return line(
        .wall,
        name,
        wall,
        1e3 * (try side(name)).medianWall,
        wall,
        target,
        "≤ \(short(target)) ms",
        spread
      )
    case .shown(let name):
      let other = 1e3 * (try side(name)).medianWall
      return line(.shown, name, wall, other, wall / other, nil, "", spread)
    }
  }

  private func line(
    _ kind: Line.Kind,
    _ what: String,
    _ ours: Double,
    _ reference: Double?,
    _ value: Double,
    _ target: Double?,
    _ promise: String,
    _ spread: Double
  ) -> Line {
    let holds = target.map { kind == .faster ? value >= $0 : value <= $0 }
    return Line(
      row: id,
      kind: kind,
      what: what,
      ours: ours,
      reference: reference,
      value: value,
      target: target,
      promise: promise,
      holds: holds,
      spread: spread
    )
  }
}

/// A number with as many digits as it needs, and no more than two behind the point.
func short(_ value: Double) -> String {
  value == value.rounded() ? String(Int(value)) : fixed(value, 2)
}

/// A number with so many digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String {
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let rounded = Int((value.magnitude * Double(scale)).rounded())
  let sign = value < 0 && rounded > 0 ? "-" : ""
  if digits == 0 { return sign + String(rounded) }
  let fraction = String(rounded % scale)
  return "\(sign)\(rounded / scale).\(String(repeating: "0", count: digits - fraction.count))\(fraction)"
}
