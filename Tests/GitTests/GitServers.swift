import Foundation
import TestSupport
import Testing

/// A server on a loopback port that ends with the test.
final class GitServer {
  let port: Int
  private let process: ChildProcess

  /// Serves every repository below the fixture with `git daemon`, pushes included.
  static func daemon(_ fixture: GitFixture) throws -> GitServer {
    let port = try freePort()
    let program = try fixture.git("--exec-path", in: "") + "/git-daemon"
    return try GitServer(
      program,
      [
        "--reuseaddr", "--export-all", "--enable=receive-pack", "--base-path=\(fixture.path(""))",
        "--listen=127.0.0.1", "--port=\(port)",
      ],
      port: port,
      fixture: fixture
    )
  }

  /// Serves them with `git http-backend`, to Ada with the password "open sesame" only.
  static func http(_ fixture: GitFixture) throws -> GitServer {
    let port = try freePort()
    try fixture.write(script, to: "server.py")
    return try GitServer(
      "/usr/bin/env",
      ["python3", fixture.path("server.py"), "\(port)", fixture.path("")],
      port: port,
      fixture: fixture
    )
  }

  private init(_ program: String, _ arguments: [String], port: Int, fixture: GitFixture) throws {
    self.port = port
    process = try ChildProcess(
      program,
      arguments,
      environment: fixture.environment,
      log: fixture.path("server.log")
    )
    for _ in 0..<200 {
      if Self.answers(port) { return }
      usleep(50_000)
    }
    process.end()
    struct NoAnswer: Error {}
    throw NoAnswer()
  }

  deinit { process.end() }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isBound)
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func answers(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(UInt16(port))
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }

  /// git's own CGI program needs a web server around it; this is the smallest.
  private static let script = """
    import base64, os, subprocess, sys
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    LOGIN = "Basic " + base64.b64encode(b"ada:open sesame").decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def body(self):
            if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline().strip() or b"0", 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def answer(self, status, headers, body):
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle_request(self):
            body = self.body()
            if self.headers.get("Authorization") != LOGIN:
                return self.answer(401, [("WWW-Authenticate", 'Basic realm="git"')], b"")
            path, _, query = self.path.partition("?")
            environment = dict(
                os.environ, GIT_PROJECT_ROOT=sys.argv[2], GIT_HTTP_EXPORT_ALL="1", REMOTE_USER="ada",
                REQUEST_METHOD=self.command, PATH_INFO=path, QUERY_STRING=query, CONTENT_LENGTH=str(len(body)),
                CONTENT_TYPE=self.headers.get("Content-Type", ""), REMOTE_ADDR="127.0.0.1",
                HTTP_CONTENT_ENCODING=self.headers.get("Content-Encoding", ""),
                GIT_PROTOCOL=self.headers.get("Git-Protocol", ""))
            output = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True).stdout
            head, _, rest = output.partition(b"\\r\\n\\r\\n")
            headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\\r\\n") if ": " in line]
            status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
            self.answer(status, [pair for pair in headers if pair[0] != "Status"], rest)

        do_GET = do_POST = handle_request

        def log_message(self, *arguments):
            pass

    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
    """
}
