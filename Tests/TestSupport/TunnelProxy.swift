import Glibc
import Synchronization

/// A proxy on 127.0.0.1 that opens tunnels (`CONNECT`) to one server, whatever host it is asked for.
package final class TunnelProxy: Sendable {
  package let port: Int
  private let listener: Int32
  private let upstream: Int
  private let state = Mutex(State())

  private struct State {
    var tunnels: [String] = []
    var open: Set<Int32> = []
    var isClosed = false
  }

  /// The hosts that tunnels were asked for, with their ports.
  package var tunnels: [String] { state.withLock(\.tunnels) }

  /// Runs `body` with a proxy, and closes it with all its connections.
  ///
  /// - Parameters:
  ///   - upstream: The server's port on 127.0.0.1.
  ///   - body: The test.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or ``FixtureError`` when there is no port.
  package static func with<Result>(
    _ upstream: Int,
    _ body: (TunnelProxy) async throws -> Result
  ) async throws -> Result {
    let proxy = try TunnelProxy(upstream)
    defer { proxy.close() }
    return try await body(proxy)
  }

  private init(_ upstream: Int) throws {
    (listener, port) = try Sockets.listen()
    self.upstream = upstream
    state.withLock { [listener] in _ = $0.open.insert(listener) }
    Sockets.detach { self.acceptAll() }
  }

  private func close() {
    state.withLock { state in
      state.isClosed = true
      for descriptor in state.open { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }
  }

  /// Registers a descriptor, or closes it when the test is over.
  private func keep(_ descriptor: Int32) -> Bool {
    let isKept = state.withLock { state in
      if !state.isClosed { state.open.insert(descriptor) }
      return !state.isClosed
    }
    if !isKept { Glibc.close(descriptor) }
    return isKept
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
      guard keep(client) else { break }
      Sockets.detach { self.serve(client) }
    }
    closeNow(listener)
  }

  private func serve(_ client: Int32) {
    var wire = HTTPWire(client)
    let words = wire.read()?.start.split(separator: " ") ?? []
    guard words.first == "CONNECT", words.count == 3, let server = Sockets.connect(port: upstream),
      keep(server)
    else { return closeNow(client) }
    state.withLock { $0.tunnels.append(String(words[1])) }
    Sockets.send(Array("HTTP/1.1 200 Connection established\r\n\r\n".utf8), to: client)
    let back = Mutex(false)
    Sockets.detach {
      Self.pump(from: server, to: client)
      back.withLock { $0 = true }
    }
    Self.pump(from: client, to: server)
    while !back.withLock({ $0 }) { usleep(1_000) }
    closeNow(client, server)
  }

  /// Passes bytes on until one side ends, and then ends the other.
  private static func pump(from source: Int32, to target: Int32) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = buffer.withUnsafeMutableBytes { recv(source, $0.baseAddress, $0.count, 0) }
      guard count > 0, Sockets.send(Array(buffer[..<count]), to: target) else { break }
    }
    shutdown(target, Int32(SHUT_RDWR))
    shutdown(source, Int32(SHUT_RDWR))
  }
}
