import FoundationEssentials
import Values

/// Results on standard output, talk on standard error; colour on terminals only.
struct Console: Sendable {
  let isJSON: Bool
  let isQuiet: Bool
  /// Stands before every line of talk.
  var prefix = ""
  private let colorsOutput: Bool
  private let colorsErrors: Bool
  private let animatesErrors: Bool

  init(_ options: GlobalOptions, environment: [String: String]) {
    isJSON = options.output == .json
    isQuiet = options.quiet
    let allowed = !options.noColor && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    colorsOutput = allowed && Terminal.isTerminal(.output)
    colorsErrors = allowed && Terminal.isTerminal(.error)
    let isDumb = ["dumb", "", nil].contains(environment["TERM"])
    animatesErrors = !isDumb && !options.quiet && Terminal.isTerminal(.error)
  }

  /// Whether a line may be drawn again and again; where several environments talk, none is.
  var isAnimated: Bool { animatesErrors && prefix.isEmpty }

  /// Draws a line that the next one takes the place of.
  func draw(_ line: String) {
    Terminal.write(Self.lineStart + line, to: .error)
  }

  /// The beginning of the line, which is emptied.
  private static let lineStart = "\r\u{1B}[K"

  /// How results look.
  var style: Style { Style(isColored: colorsOutput) }

  /// Prints the result of a command: one JSON document, or text.
  func result(_ json: Value, text: (Style) -> String) {
    if isJSON {
      Terminal.write(JSON.text(json, pretty: true) + "\n", to: .output)
    } else {
      let rendered = text(style)
      if !rendered.isEmpty {
        Terminal.write(rendered.hasSuffix("\n") ? rendered : rendered + "\n", to: .output)
      }
    }
  }

  /// Says what is going on; silent with `--quiet`.
  func note(_ text: (Style) -> String) {
    guard !isQuiet else { return }
    say(text)
  }

  /// Says what a reader should know besides.
  func tell(_ notice: String) {
    note { "\($0.changed("note:")) \(notice)" }
  }

  /// Says what went wrong, whatever the options.
  func complain(_ text: (Style) -> String) {
    say(text)
  }

  private func say(_ text: (Style) -> String) {
    var text = text(Style(isColored: colorsErrors))
    if !prefix.isEmpty {
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
      text = lines.map { prefix + $0 }.joined(separator: "\n")
    }
    Terminal.write((isAnimated ? Self.lineStart : "") + text + "\n", to: .error)
  }
}

/// Colours by meaning.
struct Style: Sendable {
  let isColored: Bool

  func added(_ text: String) -> String { wrap(text, "32") }
  func changed(_ text: String) -> String { wrap(text, "33") }
  func removed(_ text: String) -> String { wrap(text, "31") }
  func title(_ text: String) -> String { wrap(text, "1") }
  func faint(_ text: String) -> String { wrap(text, "2") }

  private func wrap(_ text: String, _ code: String) -> String {
    isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
  }
}
