/// Rows of growth: one piece of work at five sizes, for the chart and for the rule that nothing is worse than linear.
enum ScaleRows {
  static let sizes = [1_000, 3_000, 10_000, 30_000, 100_000]

  /// The curves of the chart, by the first part of the rows' names.
  static let curves = [
    ("scale-same", "plan, nothing changed"), ("scale-edit", "plan after one edit"),
    ("scale-cold", "the same, no cache"),
    ("scale-commit", "state commit"), ("scale-drift", "drift"), ("scale-validate", "validate"),
  ]

  /// Setting up takes a whole sync, and most of it is the server's time.
  static let driftSizes = [1_000, 3_000, 10_000, 20_000]

  static var all: [Row] {
    let shown = { (name: String) in [Limit.shown(against: name)] }
    return sizes.flatMap { size in
      [
        OfflineRows.unchanged("scale-same-\(size)", size, files: 100, shown(OfflineRows.hashes)),
        OfflineRows.edited("scale-edit-\(size)", size, files: 100, shown(OfflineRows.events)),
        OfflineRows.edited("scale-cold-\(size)", size, files: 100, isCold: true, shown(OfflineRows.events)),
        OfflineRows.valid("scale-validate-\(size)", size, shown(OfflineRows.events)),
        StateRows.full("scale-commit-\(size)", size, hasFastImport: false, shown(StateRows.pack)),
      ]
    } + driftSizes.map { ServerRows.drift("scale-drift-\($0)", $0 / 2, shown(ServerRows.fewest)) }
  }

  /// The chart of a report; `nil` if it has no such rows.
  static func chart(of report: Report) -> Chart? {
    let found = curves.compactMap { prefix, name -> Chart.Curve? in
      let points = Set(sizes + driftSizes).sorted().compactMap { size -> (paths: Double, seconds: Double)? in
        let measurement = report.measurements.last { $0.row == "\(prefix)-\(size)" }
        return measurement?.series[Measurement.tool].map { (Double(size), $0.medianWall) }
      }
      return points.isEmpty ? nil : Chart.Curve(name: name, points: points)
    }
    return found.isEmpty ? nil : Chart(title: "Cost against size", curves: found)
  }

  /// A sentence for each curve that grows faster than the number of paths, over its upper half.
  static func steepCurves(of report: Report) -> [String] {
    guard let chart = chart(of: report) else { return [] }
    return chart.curves.compactMap { curve in
      guard curve.points.count > 2, let last = curve.points.last else { return nil }
      let first = curve.points[curve.points.count / 2]
      let growth = (last.seconds / first.seconds) / (last.paths / first.paths)
      guard last.paths > first.paths, growth > 1.5 else { return nil }
      return "\(curve.name) grows \(fixed(growth, 1)) times as fast as the number of paths"
    }
  }
}
