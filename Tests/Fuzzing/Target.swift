import Values

/// One reader of foreign bytes, and what must hold whatever the bytes are.
struct Target: Sendable {
  let name: String
  let seeds: [[UInt8]]
  /// Words that files of this kind are made of, which nobody would guess byte by byte.
  let words: [String]
  let body: @Sendable ([UInt8]) -> Void

  init(_ name: String, seeds: [String], words: [String] = [], _ body: @escaping @Sendable ([UInt8]) -> Void) {
    self.init(name, bytes: seeds.map { Array($0.utf8) }, words: words, body)
  }

  init(_ name: String, bytes: [[UInt8]], words: [String] = [], _ body: @escaping @Sendable ([UInt8]) -> Void)
  {
    self.name = name
    seeds = bytes
    self.words = words
    self.body = body
  }

  func run(_ bytes: [UInt8]) { body(bytes) }

  /// The words in libFuzzer's form.
  var dictionary: String {
    words.map { word in
      let escaped = word.utf8.map { byte -> String in
        if (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
          return String(Unicode.Scalar(byte))
        }
        return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
      return "\"" + escaped.joined() + "\"\n"
    }.joined()
  }

  static let all = textTargets + yamlTargets + projectTargets + recordTargets + serverTargets + gitTargets
}

/// Ends the process, which is how a fuzzer learns of a property that does not hold.
func expect(_ holds: Bool, _ message: @autoclosure () -> String, line: Int = #line) {
  if !holds { fatalError("\(message()) (line \(line))") }
}

/// Every problem says where it is and what it is.
func expectExplained(_ problems: [Problem], file: String) {
  expect(problems.contains { !$0.isWarning }, "what cannot be read has an error")
  for problem in problems {
    expect(!problem.message.isEmpty, "a problem says what it is")
    guard let location = problem.location else { fatalError("without a place: \(problem.message)") }
    expect(location.file == file && location.line > 0 && location.column > 0, "\(location) is no place")
  }
}

extension [UInt8] {
  /// The bytes in parts, cut at zero bytes; as many parts as asked for, empty where there are not so many.
  func parts(_ count: Int) -> [[UInt8]] {
    var parts = split(separator: 0, maxSplits: count - 1, omittingEmptySubsequences: false).map(Array.init)
    while parts.count < count { parts.append([]) }
    return parts
  }

  var text: String { String(decoding: self, as: UTF8.self) }
}
