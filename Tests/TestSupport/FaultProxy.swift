import Glibc
import Synchronization

/// A proxy on 127.0.0.1 in front of a server, which goes wrong in the ways that a test asks for.
package final class FaultProxy: Sendable {
  /// What happens to one request.
  package enum Fault: Sendable {
    case pass
    /// The connection is closed before the server sees anything.
    case drop
    /// The connection is closed, and new ones are refused: the server has died.
    case die
    /// The server acts on it, and the connection is closed without an answer.
    case dropAnswer
    /// It is passed on after a while.
    case delay(Duration)
    /// It is answered without asking the server.
    case answer(Int, headers: [(String, String)] = [], body: String = "")
    /// Half of the server's answer is sent, then the connection is closed.
    case truncateAnswer
    /// The server's answer is sent twice.
    case duplicateAnswer
  }

  /// A request as it arrived.
  package struct Request: Sendable {
    package let method: String
    /// Everything behind the host, query included.
    package let path: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
    /// Which connection it came on, counted from 0.
    package let connection: Int

    /// The first header of that name, in any case.
    package func header(_ name: String) -> String? {
      headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
  }

  package let port: Int
  private let listener: Int32
  private let upstream: Int?
  private let rule: @Sendable (Request, Int) -> Fault
  private let state = Mutex(State())

  private struct State {
    var requests: [Request] = []
    var inFlight = 0
    var connections = 0
    var open: Set<Int32> = []
    var isClosed = false
  }

  package var address: String { "http://127.0.0.1:\(port)" }

  /// All requests so far, in the order of arrival.
  package var requests: [Request] { state.withLock(\.requests) }

  /// How many requests the server works on, also for clients that are gone.
  package var inFlight: Int { state.withLock(\.inFlight) }

  /// How many connections were made to it.
  package var connections: Int { state.withLock(\.connections) }

  /// Runs `body` with a proxy, and closes the proxy with all its connections.
  ///
  /// - Parameters:
  ///   - upstream: The server's port on 127.0.0.1; `nil` if the rule answers everything.
  ///   - rule: Gets a request and how many came before it; it is called on several threads.
  ///   - body: The test.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or ``FixtureError`` when there is no port.
  package static func with<Result>(
    _ upstream: Int? = nil,
    rule: @escaping @Sendable (Request, Int) -> Fault = { _, _ in .pass },
    _ body: (FaultProxy) async throws -> Result
  ) async throws -> Result {
    let proxy = try FaultProxy(upstream, rule)
    defer { proxy.close() }
    return try await body(proxy)
  }

  private init(_ upstream: Int?, _ rule: @escaping @Sendable (Request, Int) -> Fault) throws {
    (listener, port) = try Sockets.listen()
    self.upstream = upstream
    self.rule = rule
    state.withLock { [listener] in _ = $0.open.insert(listener) }
    Sockets.detach { self.acceptAll() }
  }

  private func close() {
    // Wakes every thread that waits on one of them; each closes what it opened. Under the lock, as the number of a
    // descriptor that was closed in between may be anybody's.
    state.withLock { state in
      state.isClosed = true
      for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// Refuses connections from now on.
  private func stopListening() {
    state.withLock { state in
      if state.open.contains(listener) { shutdown(listener, Int32(SHUT_RDWR)) }
    }
  }

  private func closeNow(_ descriptors: Int32...) {
    state.withLock { state in
      for descriptor in descriptors where state.open.remove(descriptor) != nil { Glibc.close(descriptor) }
    }
  }

  private func acceptAll() {
    while true {
      let client = accept(listener, nil, nil)
      guard client >= 0 else { break }
      _ = fcntl(client, F_SETFD, FD_CLOEXEC)
      let number: Int? = state.withLock { state in
        guard !state.isClosed else { return nil }
        state.open.insert(client)
        state.connections += 1
        return state.connections - 1
      }
      guard let number else {
        Glibc.close(client)
        break
      }
      Sockets.detach { self.serve(client, number) }
    }
    closeNow(listener)
  }

  private func serve(_ client: Int32, _ number: Int) {
    let server = upstream.flatMap { Sockets.connect(port: $0) } ?? -1
    if server >= 0 { state.withLock { _ = $0.open.insert(server) } }
    var requests = HTTPWire(client)
    var answers = HTTPWire(server)
    while let message = requests.read(), handle(message, number, client, server, &answers) {}
    closeNow(client, server)
  }

  /// Deals with one request.
  ///
  /// - Returns: Whether the connection stays open.
  private func handle(
    _ message: HTTPWire.Message,
    _ number: Int,
    _ client: Int32,
    _ server: Int32,
    _ answers: inout HTTPWire
  ) -> Bool {
    let words = message.start.split(separator: " ")
    guard words.count == 3 else { return false }
    let request = Request(
      method: String(words[0]),
      path: String(words[1]),
      headers: message.headers,
      body: message.body,
      connection: number
    )
    let before = state.withLock { state in
      state.requests.append(request)
      return state.requests.count - 1
    }
    let fault = rule(request, before)
    switch fault {
    case .drop: return false
    case .die:
      stopListening()
      return false
    case .answer(let status, let headers, let body):
      var text = "HTTP/1.1 \(status) Scripted\r\n"
      for (name, value) in headers { text += "\(name): \(value)\r\n" }
      text += "Content-Length: \(body.utf8.count)\r\n\r\n\(request.method == "HEAD" ? "" : body)"
      return Sockets.send(Array(text.utf8), to: client)
    case .delay(let time): usleep(UInt32(time / .microseconds(1)))
    case .pass, .dropAnswer, .truncateAnswer, .duplicateAnswer: break
    }
    state.withLock { $0.inFlight += 1 }
    let answer =
      Sockets.send(message.bytes, to: server) ? answers.read(hasBody: request.method != "HEAD") : nil
    state.withLock { $0.inFlight -= 1 }
    guard let answer else { return false }
    switch fault {
    case .dropAnswer: return false
    case .truncateAnswer:
      Sockets.send(Array(answer.bytes.dropLast(answer.body.count / 2 + 1)), to: client)
      return false
    case .duplicateAnswer: return Sockets.send(answer.bytes + answer.bytes, to: client)
    default: return Sockets.send(answer.bytes, to: client)
    }
  }
}
