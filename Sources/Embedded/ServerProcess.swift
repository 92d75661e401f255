import FoundationEssentials
import Platform
import Subprocess
import SystemPackage
import Values

/// A server process and the guard that ends it when the tool dies.
///
/// The guard is a shell that reads from a pipe whose other end only the tool holds. The pipe's end, be it by
/// ``stop()`` or because the kernel closed it for a killed tool, means kill; a line means that the server may stay.
/// Both run in a session of their own: Ctrl-C reaches the tool alone, which still needs the server to finish.
struct ServerProcess: Sendable {
  let processID: Int32

  private enum Order { case stop, release }
  private let orders: AsyncStream<Order>.Continuation
  private let guardTask: Task<Void, any Error>

  /// Standard error is the folder's lock, which the server inherits as descriptor 9.
  ///
  /// A tenth of a second is enough to seal; after that the server only waits for its listeners (0.9 s). Its storage
  /// survives SIGKILL, as it must survive a crash. Until `wait`, no other process can get the server's number. A tool
  /// that was killed already does not read the number: that must not end the guard before it has ended the server.
  private static let script = """
    exec 9>&2 2>/dev/null
    "$@" </dev/null >>"$0" 2>&1 &
    server=$!
    exec 9>&-
    trap '' PIPE
    echo $server
    read -r line && exit
    trap '' TERM
    kill -TERM 0
    sleep 0.1
    kill -KILL $server
    wait $server
    """

  /// Starts the server in its folder; it is not ready yet when this returns.
  ///
  /// - Throws: An error of swift-subprocess when the guard cannot be started.
  static func start(
    _ program: ServerProgram,
    in folder: ServerFolder,
    environment: Environment,
    lock: FileDescriptor
  ) async throws -> ServerProcess {
    try folder.write([], to: ServerFolder.log)
    var options = PlatformOptions()
    options.createSession = true
    let configuration = Configuration(
      executable: .path("/bin/sh"),
      arguments: [
        "-c", script, folder.file(ServerFolder.log), program.path, "server",
        "-config=\(ServerFolder.configuration)",
      ],
      environment: environment,
      workingDirectory: FilePath(folder.path),
      platformOptions: options
    )

    let (orders, orderSender) = AsyncStream.makeStream(of: Order.self)
    let (processIDs, processIDSender) = AsyncStream.makeStream(of: Int32.self)
    // A task of its own: cancelling the caller must not kill the server under what the caller still has to tidy up.
    let guardTask = Task {
      defer { processIDSender.finish() }
      _ = try await run(
        configuration,
        input: .inputWriter,
        output: .sequence,
        error: .fileDescriptor(lock, closeAfterSpawningProcess: false)
      ) { execution in
        for try await line in execution.standardOutput.strings() {
          if let processID = Int32(line) { processIDSender.yield(processID) }
          break
        }
        processIDSender.finish()
        for await order in orders {
          if order == .release { _ = try await execution.standardInputWriter.write("stay\n") }
          break
        }
        try await execution.standardInputWriter.finish()
      }
    }
    for await processID in processIDs {
      return ServerProcess(processID: processID, orders: orderSender, guardTask: guardTask)
    }
    orderSender.finish()
    try await guardTask.value
    throw Problem(.operationFailed, "the embedded server's guard ended before it started the server")
  }

  /// Ends the server, and returns when it is gone.
  func stop() async {
    orders.yield(.stop)
    _ = try? await guardTask.value
  }

  /// Lets the server outlive the tool.
  func release() async throws {
    orders.yield(.release)
    try await guardTask.value
  }

  var isAlive: Bool { ProcessStatus(of: processID)?.isAlive ?? false }
}
