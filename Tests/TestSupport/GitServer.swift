import FoundationEssentials
import Glibc

/// A server of git repositories on a loopback port, which ends with the test.
package final class GitServer {
  package let port: Int
  private let process: ChildProcess

  /// Where its repositories are: `http://127.0.0.1:PORT`.
  package var url: String { "http://127.0.0.1:\(port)" }

  /// Serves every repository below a folder with `git daemon`, pushes included.
  ///
  /// - Throws: ``FixtureError`` when it does not start.
  package static func daemon(serving folder: String, _ environment: [String: String]) throws -> GitServer {
    let port = try Sockets.freePort()
    // git itself would be the daemon's parent, and outlived by it.
    let found = try Command.runBlocking("git", ["--exec-path"], environment: environment, directory: folder)
    return try GitServer(
      found.output.filter { !$0.isNewline } + "/git-daemon",
      [
        "--reuseaddr", "--export-all", "--enable=receive-pack", "--base-path=\(folder)",
        "--listen=127.0.0.1", "--port=\(port)",
      ],
      port: port,
      folder,
      environment
    )
  }

  /// Serves them with `git http-backend`, to Ada with the password "open sesame" only.
  ///
  /// - Throws: ``FixtureError`` when it does not start.
  package static func http(serving folder: String, _ environment: [String: String]) throws -> GitServer {
    let port = try Sockets.freePort()
    let file = "\(folder)/server.py"
    try Data(script.utf8).write(to: URL(filePath: file))
    return try GitServer("python3", [file, "\(port)", folder], port: port, folder, environment)
  }

  private init(
    _ program: String,
    _ arguments: [String],
    port: Int,
    _ folder: String,
    _ environment: [String: String]
  ) throws {
    self.port = port
    // env becomes the program, so that its id is the child's.
    process = try ChildProcess(
      "/usr/bin/env",
      [program] + arguments,
      environment: environment,
      log: "\(folder)/server.log"
    )
    for _ in 0..<200 {
      if let descriptor = Sockets.connect(port: port) {
        close(descriptor)
        return
      }
      usleep(50_000)
    }
    process.end()
    throw FixtureError("\(program) does not answer on port \(port)")
  }

  deinit { process.end() }

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
            if self.headers.get("Authorization", "").replace("basic ", "Basic ", 1) != LOGIN:
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
