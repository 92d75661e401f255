import FoundationEssentials
import TestSupport
import Testing

/// The documentation of the source, as its readers see it: pages, the commands that they show, links.
enum Manual {
  /// A page and its lines.
  struct Page: Sendable, CustomTestStringConvertible {
    /// Relative to the root of the source.
    let name: String
    let lines: [Line]

    var testDescription: String { name }
  }

  struct Line: Sendable {
    enum Kind: Sendable, Equatable {
      case text
      /// In a block of code, with the block's number and what its fence calls it; indented blocks have no name.
      case code(block: Int, language: String)
    }

    let text: String
    let kind: Kind
    /// The headings that it stands below, outermost first.
    let headings: [String]

    var isText: Bool { kind == .text }
  }

  /// The words of one command of a shell line.
  struct Shown: Sendable, CustomTestStringConvertible {
    let page: String
    let words: [String]

    var testDescription: String { "\(page): \(words.joined(separator: " "))" }
  }

  /// Every page of the source that is meant for readers.
  static let pages: [Page] = {
    let files = FileManager.default
    let below = (try? files.subpathsOfDirectory(atPath: "\(packageRoot)/docs")) ?? []
    let top = (try? files.contentsOfDirectory(atPath: packageRoot)) ?? []
    let names = top.filter { $0.hasSuffix(".md") } + below.filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }
    return names.sorted().map(page)
  }()

  static func page(_ name: String) -> Page {
    let bytes = FileManager.default.contents(atPath: "\(packageRoot)/\(name)") ?? Data()
    var lines: [Line] = []
    var headings: [String] = []
    var block = 0
    var fence: String?
    var isIndented = false
    for line in String(decoding: bytes, as: UTF8.self).split(
      separator: "\n",
      omittingEmptySubsequences: false
    ) {
      let text = String(line)
      if text.hasPrefix("```") {
        block += 1
        fence = fence == nil ? String(text.dropFirst(3)) : nil
        continue
      }
      if let language = fence {
        lines.append(Line(text: text, kind: .code(block: block, language: language), headings: headings))
        continue
      }
      if text.hasPrefix("    "), isIndented || (lines.last.map { $0.text.isEmpty } ?? true) {
        if !isIndented { block += 1 }
        isIndented = true
        lines.append(
          Line(text: String(text.dropFirst(4)), kind: .code(block: block, language: ""), headings: headings)
        )
        continue
      }
      isIndented = false
      let depth = text.prefix { $0 == "#" }.count
      if depth > 0, text.dropFirst(depth).hasPrefix(" ") {
        headings = headings.prefix(depth - 1) + [String(text.dropFirst(depth + 1))]
      }
      lines.append(Line(text: text, kind: .text, headings: headings))
    }
    return Page(name: name, lines: lines)
  }

  /// The shell lines of a page, or of what stands below one of its headings.
  static func shellLines(of page: Page, below heading: String? = nil) -> [String] {
    page.lines.filter { line in
      guard case .code(_, let language) = line.kind, ["", "sh", "bash", "console"].contains(language) else {
        return false
      }
      return heading.map(line.headings.contains) ?? true
    }
    .map(\.text)
  }

  /// The commands of a program that a page shows, in blocks and in the text.
  static func commands(of program: String, in page: Page) -> [Shown] {
    // Pictures have the name, too, with its column's spaces behind it.
    let lines = shellLines(of: page).filter { !$0.hasPrefix("\(program)  ") }
    let texts = lines + spans(in: page).map(\.text).filter { $0.hasPrefix("\(program) ") }
    return texts.flatMap(commands(ofLine:)).filter { words in words.first.map { $0 == program } ?? false }.map
    { Shown(page: page.name, words: $0) }
  }

  /// What stands between backticks in the text of a page, with its line.
  static func spans(in page: Page) -> [(text: String, line: Line)] {
    var spans: [(text: String, line: Line)] = []
    for line in page.lines where line.isText {
      let parts = line.text.split(separator: "`", omittingEmptySubsequences: false)
      for index in stride(from: 1, to: parts.count, by: 2) { spans.append((String(parts[index]), line)) }
    }
    return spans
  }

  /// The blocks of one language, whole.
  static func blocks(of language: String, in page: Page) -> [String] {
    var blocks: [Int: [String]] = [:]
    for line in page.lines {
      if case .code(let block, language) = line.kind { blocks[block, default: []].append(line.text) }
    }
    return blocks.sorted { $0.key < $1.key }.map { $0.value.joined(separator: "\n") + "\n" }
  }

  /// The commands of a shell line, each in words: quotes are taken off, comments and redirections left out.
  static func commands(ofLine line: String) -> [[String]] {
    var commands: [[String]] = [[]]
    var word: String?
    var quote: Character?
    func endWord() {
      if let word { commands[commands.count - 1].append(word) }
      word = nil
    }
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == "#", word == nil {
        break
      } else if "|&;".contains(character) {
        endWord()
        commands.append([])
      } else if character.isWhitespace {
        endWord()
      } else {
        word = (word ?? "") + String(character)
      }
    }
    endWord()
    return commands.map { words in Array(words.prefix { !$0.hasPrefix(">") }) }.filter { !$0.isEmpty }
  }

  /// The links of a page to other files of the source and to headings.
  static func links(in page: Page) -> [String] {
    page.lines.filter(\.isText).flatMap { line in
      line.text.split(separator: "](", omittingEmptySubsequences: false).dropFirst().compactMap { rest in
        rest.firstIndex(of: ")").map { String(rest[..<$0]) }
      }
    }
    .filter { !$0.hasPrefix("http") && !$0.contains(" ") }
  }

  /// The names by which hosting sites link the headings of a page.
  static func anchors(of page: Page) -> Set<String> {
    Set(
      page.lines.flatMap(\.headings).map { heading in
        String(
          heading.lowercased().compactMap { character -> Character? in
            if character == " " { return "-" }
            return character.isLetter || character.isNumber || "-_".contains(character) ? character : nil
          }
        )
      }
    )
  }
}
