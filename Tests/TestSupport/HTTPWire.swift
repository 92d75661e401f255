import Glibc

/// Reads HTTP/1.1 messages from a socket, keeping what belongs to the next one.
struct HTTPWire {
  /// One message: its first line, its headers, and everything as it came.
  struct Message {
    var start: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    /// The whole message as received, for passing it on.
    var bytes: [UInt8]

    /// The first header of that name, in any case.
    func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }

  private let descriptor: Int32
  private var pending: [UInt8] = []

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Reads one message.
  ///
  /// - Parameter hasBody: `false` for the answer to a `HEAD`.
  /// - Returns: `nil` when the other side closes before the message's end.
  mutating func read(hasBody: Bool = true) -> Message? {
    let blank = Array("\r\n\r\n".utf8)
    while pending.firstRange(of: blank) == nil {
      guard fill() else { return nil }
    }
    guard let end = pending.firstRange(of: blank)?.upperBound else { return nil }
    let lines = String(decoding: pending[..<end], as: UTF8.self).split(separator: "\r\n")
    guard let start = lines.first else { return nil }
    var message = Message(
      start: String(start),
      headers: [],
      body: [],
      bytes: Array(pending[..<end])
    )
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      message.headers.append((String(line[..<colon]), String(value)))
    }
    pending.removeFirst(end)
    let isNoContent = start.hasPrefix("HTTP/1.1 204") || start.hasPrefix("HTTP/1.1 304")
    guard hasBody && !isNoContent else { return message }
    if message.header("Transfer-Encoding")?.lowercased() == "chunked" {
      return readChunks(into: &message) ? message : nil
    }
    let length = message.header("Content-Length").flatMap { Int($0) } ?? 0
    guard let body = take(length) else { return nil }
    message.body = body
    message.bytes += body
    return message
  }

  private mutating func readChunks(into message: inout Message) -> Bool {
    while true {
      while pending.firstRange(of: Array("\r\n".utf8)) == nil {
        guard fill() else { return false }
      }
      guard let line = pending.firstRange(of: Array("\r\n".utf8)),
        let size = Int(String(decoding: pending[..<line.lowerBound], as: UTF8.self), radix: 16),
        let head = take(line.upperBound), let chunk = take(size), let end = take(2)
      else { return false }
      message.bytes += head + chunk + end
      message.body += chunk
      if size == 0 { return true }
    }
  }

  private mutating func take(_ count: Int) -> [UInt8]? {
    while pending.count < count {
      guard fill() else { return nil }
    }
    defer { pending.removeFirst(count) }
    return Array(pending[..<count])
  }

  private mutating func fill() -> Bool {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return false }
    pending += buffer[..<count]
    return true
  }
}

/// Asks a server on 127.0.0.1 in plain HTTP, independent of the code under test.
package enum RawHTTP {
  /// Sends one request on a connection of its own.
  ///
  /// - Parameters:
  ///   - method: The method as sent.
  ///   - path: Everything behind the host: `/v1/sys/health`.
  ///   - port: Where the server listens.
  ///   - headers: More headers.
  ///   - body: The content; empty sends none.
  /// - Returns: Status and content.
  /// - Throws: ``FixtureError`` when there is no answer.
  package static func request(
    _ method: String,
    _ path: String,
    port: Int,
    headers: [(String, String)] = [],
    body: String = ""
  ) throws -> (status: Int, body: String) {
    guard let descriptor = Sockets.connect(port: port) else {
      throw FixtureError("nobody listens on port \(port)")
    }
    defer { close(descriptor) }
    var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    text += "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    Sockets.send(Array(text.utf8), to: descriptor)
    var wire = HTTPWire(descriptor)
    guard let answer = wire.read(hasBody: method != "HEAD"),
      let status = Int(answer.start.split(separator: " ").dropFirst().first ?? "")
    else { throw FixtureError("\(method) \(path): no answer") }
    return (status, String(decoding: answer.body, as: UTF8.self))
  }
}
