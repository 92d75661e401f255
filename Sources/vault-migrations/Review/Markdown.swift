/// Text that strangers wrote, inside Markdown: values of schemas and servers stay text, whatever they look like.
///
/// Everything from outside stands in code, where no renderer looks for links, images, HTML or names of people.
enum Markdown {
  /// Code within a line or a table's cell.
  static func code(_ text: String) -> String {
    let text = visible(text)
    // In a cell, `\|` is a bar; a bar behind a backslash cannot be written, and is told by its number.
    let safe = text.replacing("\\|", with: "\\\\u{7c}").replacing("|", with: "\\|")
    let fence = String(repeating: "`", count: longestRun(of: "`", in: safe) + 1)
    let isPadded = safe.isEmpty || safe.hasPrefix("`") || safe.hasSuffix("`") || safe.hasSuffix("\\")
    return isPadded ? "\(fence) \(safe) \(fence)" : "\(fence)\(safe)\(fence)"
  }

  /// Code in a line of HTML, where Markdown is not read.
  static func html(_ text: String) -> String {
    var result = "<code>"
    for scalar in visible(text).unicodeScalars {
      if scalar.value >= 0x80 || scalar.properties.isAlphabetic
        || "0123456789 /.-_".unicodeScalars.contains(scalar)
      {
        result.unicodeScalars.append(scalar)
      } else {
        result += "&#\(scalar.value);"
      }
    }
    return result + "</code>"
  }

  /// A block of lines, in a fence that none of them can close.
  static func fenced(_ lines: [String], _ language: String) -> String {
    let lines = lines.map { visible($0) }
    let longest = lines.map { longestRun(of: "`", in: $0) }.max() ?? 0
    let fence = String(repeating: "`", count: max(3, longest + 1))
    return ([fence + language] + lines + [fence, ""]).joined(separator: "\n")
  }

  /// The text on one line, with everything told by its number that is not seen, or that turns the reading direction.
  static func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isHidden(scalar) {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control: scalar != "\t"
    case .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
    default: false
    }
  }

  private static func longestRun(of character: Character, in text: String) -> Int {
    var longest = 0
    var run = 0
    for other in text {
      run = other == character ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
