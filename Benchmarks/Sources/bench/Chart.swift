import Glibc

/// A chart of cost against size on two logarithmic axes, where a straight line of slope one is linear growth.
struct Chart {
  /// One line: seconds by number of paths.
  struct Curve {
    let name: String
    let points: [(paths: Double, seconds: Double)]
  }

  let title: String
  let curves: [Curve]

  private let left = 70.0
  private let right = 560.0
  private let top = 50.0
  private let bottom = 380.0
  private let colours = ["#0b6fb8", "#c2410c", "#15803d", "#7e22ce", "#a16207", "#be123c"]

  private var decades: ClosedRange<Int> {
    let seconds = curves.flatMap(\.points).map(\.seconds)
    return Int(log10(seconds.min() ?? 1).rounded(.down))...Int(log10(seconds.max() ?? 1).rounded(.up))
  }

  var svg: String {
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 430" font-family="sans-serif" font-size="12">
      <rect width="760" height="430" fill="#ffffff"/>
      <text x="\(Int(left))" y="26" font-size="15" fill="#111827">\(title)</text>

      """
    text += grid
    for (index, curve) in curves.enumerated() { text += drawn(curve, index) }
    return text + "</svg>\n"
  }

  private var grid: String {
    var text = ""
    for decade in decades {
      let height = place(seconds: pow(10, Double(decade)))
      text += line(left, height, right, height, "#e5e7eb")
      text += label(left - 8, height + 4, Self.name(ofDecade: decade), anchor: "end")
    }
    for (paths, name) in [(1e3, "1,000"), (3e3, "3,000"), (1e4, "10,000"), (3e4, "30,000"), (1e5, "100,000")]
    {
      text += line(place(paths: paths), top, place(paths: paths), bottom, "#e5e7eb")
      text += label(place(paths: paths), bottom + 18, name, anchor: "middle")
    }
    // What linear growth looks like, from the lower left corner.
    let low = pow(10, Double(decades.lowerBound))
    let slope = min(100, pow(10, Double(decades.count - 1)))
    text += line(
      place(paths: 1e3),
      place(seconds: low),
      place(paths: 1e3 * slope),
      place(seconds: low * slope),
      "#9ca3af",
      dashes: "4 4"
    )
    return text
      + label((left + right) / 2, bottom + 38, "paths; the dashed line is linear growth", anchor: "middle")
  }

  private func drawn(_ curve: Curve, _ index: Int) -> String {
    let colour = colours[index % colours.count]
    let places = curve.points.map { (place(paths: $0.paths), place(seconds: $0.seconds)) }
    let coordinates = places.map { "\(fixed($0.0, 1)),\(fixed($0.1, 1))" }.joined(separator: " ")
    var text = "<polyline points=\"\(coordinates)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>\n"
    for place in places {
      text += "<circle cx=\"\(fixed(place.0, 1))\" cy=\"\(fixed(place.1, 1))\" r=\"3\" fill=\"\(colour)\"/>\n"
    }
    let legend = top + 10 + 20 * Double(index)
    text += line(right + 20, legend - 4, right + 40, legend - 4, colour)
    return text + label(right + 46, legend, curve.name, anchor: "start")
  }

  private func place(paths: Double) -> Double { left + 20 + (log10(paths) - 3) / 2 * (right - left - 40) }

  private func place(seconds: Double) -> Double {
    let span = Double(max(decades.count - 1, 1))
    return bottom - (log10(seconds) - Double(decades.lowerBound)) / span * (bottom - top)
  }

  private func line(
    _ x1: Double,
    _ y1: Double,
    _ x2: Double,
    _ y2: Double,
    _ colour: String,
    dashes: String = ""
  ) -> String {
    let style = dashes.isEmpty ? "" : " stroke-dasharray=\"\(dashes)\""
    return
      "<line x1=\"\(fixed(x1, 1))\" y1=\"\(fixed(y1, 1))\" x2=\"\(fixed(x2, 1))\" y2=\"\(fixed(y2, 1))\" "
      + "stroke=\"\(colour)\"\(style)/>\n"
  }

  private func label(_ x: Double, _ y: Double, _ text: String, anchor: String) -> String {
    "<text x=\"\(fixed(x, 1))\" y=\"\(fixed(y, 1))\" text-anchor=\"\(anchor)\" fill=\"#374151\">\(text)</text>\n"
  }

  private static func name(ofDecade decade: Int) -> String {
    decade < 0 ? short(1e3 * pow(10, Double(decade))) + " ms" : short(pow(10, Double(decade))) + " s"
  }
}
