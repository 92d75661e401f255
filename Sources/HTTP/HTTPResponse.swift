private import CCurl

/// A server's answer, whatever its status.
package struct HTTPResponse: Sendable {
  /// The answer's status code.
  package let status: Int
  /// The answer's headers.
  package let headers: HTTPHeaders
  /// The whole content.
  package let body: [UInt8]

  /// From the first try's start to the last byte of this answer, waits between tries included.
  package let duration: Duration

  /// How often the request was sent, redirects not counted.
  package let tries: Int

  /// The protocol that was spoken: `1.1`, `2`, or `?`.
  package let version: String

  /// The server's clock when it answered, in seconds since 1970; `nil` without a valid `Date` header.
  package var date: Int? {
    headers["Date"].flatMap(HTTPDate.seconds)
  }
}

/// The headers of an answer, found by name in any case.
package struct HTTPHeaders: Sendable {
  /// The lines as they came over the wire: most answers' headers are never looked at, so nothing is taken apart.
  private var bytes: [UInt8] = []
  private var lines: [Range<Int>] = []

  /// No headers at all.
  package init() {}

  /// The value of the first header of that name, in any case; `nil` if there is none.
  package subscript(name: String) -> String? {
    for line in lines {
      guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")),
        bytes[line.lowerBound..<colon].equalsIgnoringCase(name.utf8)
      else { continue }
      return String(decoding: bytes[(colon + 1)..<line.upperBound].trimmingSpaces(), as: UTF8.self)
    }
    return nil
  }

  /// Takes in one line, line end included.
  mutating func append(line: UnsafeRawBufferPointer) {
    lines.append(bytes.count..<(bytes.count + line.count))
    bytes.append(contentsOf: line)
  }

  /// Bytes held so far.
  var byteCount: Int { bytes.count }
}

/// Dates as HTTP writes them.
package enum HTTPDate {
  /// Reads `Mon, 23 Nov 2026 14:47:01 GMT` and the older forms, with `curl_getdate`.
  ///
  /// - Parameter text: A header's value.
  /// - Returns: Seconds since 1970, or `nil` if it is no date.
  package static func seconds(_ text: String) -> Int? {
    let time = curl_getdate(text, nil)
    return time == -1 ? nil : Int(time)
  }
}

extension Collection<UInt8> {
  /// Whether both are the same but for the case of ASCII letters.
  func equalsIgnoringCase(_ other: some Collection<UInt8>) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0.lowered == $1.lowered }
  }
}

extension BidirectionalCollection<UInt8> {
  /// Without spaces, tabs and line ends at both ends.
  fileprivate func trimmingSpaces() -> SubSequence {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
    guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
    else { return self[startIndex..<startIndex] }
    return self[first...last]
  }
}

extension UInt8 {
  /// The small letter of an ASCII capital, anything else unchanged.
  fileprivate var lowered: UInt8 { (0x41...0x5A).contains(self) ? self + 0x20 : self }
}
