import Embedded
import FoundationEssentials
import Glibc

/// Prints the process and the address of a server on the folder of its first argument.
///
/// It holds the server until it is killed, or ends at once and leaves it running with `up` as second argument.
@main
enum EmbeddedHolder {
  static func main() async throws {
    let manager = EmbeddedServerManager(
      dataDirectory: CommandLine.arguments[1],
      environment: ProcessInfo.processInfo.environment,
      probe: CurlProbe()
    )
    if CommandLine.arguments.last == "up" {
      show(try await manager.up())
    } else {
      try await manager.with { server in
        show(server)
        try await Task.sleep(for: .seconds(120))
      }
    }
  }

  private static func show(_ server: EmbeddedServer) {
    print("\(server.processID) \(server.address)")
    fflush(nil)
  }
}
