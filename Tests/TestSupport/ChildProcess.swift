import FoundationEssentials
import Glibc
import Synchronization

/// A server process of a test, which ends with the test, and also when the test process is killed.
///
/// A guard, a shell that waits for the end of its input, kills the process when nobody holds the other end of that
/// pipe any more.
package final class ChildProcess {
  package let pid: Int32
  private let guardPID: pid_t
  private let guardPipe: Int32
  private var status: Int32?
  private var isEnded = false

  /// Starts a program; both its outputs go to a file.
  ///
  /// - Parameters:
  ///   - executable: Its path.
  ///   - arguments: Its arguments.
  ///   - environment: All its variables.
  ///   - log: The file, which is made or added to.
  /// - Throws: ``FixtureError`` when it cannot be started.
  package init(
    _ executable: String,
    _ arguments: [String],
    environment: [String: String],
    log: String
  ) throws {
    (pid, guardPID, guardPipe) = try Self.spawning.withLock { _ in
      var ends: [Int32] = [0, 0]
      guard pipe(&ends) == 0 else { throw FixtureError("pipe: errno \(errno)") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      defer { close(ends[0]) }
      let pid = try Self.spawn(executable, arguments, environment: environment, input: nil, log: log)
      let command = ["-c", "read -r _; kill -KILL \"$1\"", "guard", String(pid)]
      do {
        return (pid, try Self.spawn("/bin/sh", command, input: ends[0], log: "/dev/null"), ends[1])
      } catch {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        throw error
      }
    }
  }

  /// A child started between the making of a pipe and its marking would inherit the pipe, and outlive the test.
  private static let spawning = Mutex(())

  /// Whether it has not ended by itself.
  package var isRunning: Bool {
    guard status == nil else { return false }
    var result: Int32 = 0
    if waitpid(pid, &result, WNOHANG) == pid { status = result }
    return status == nil
  }

  /// Sends a signal to the process, which may ignore it.
  package func signal(_ number: Int32) {
    if isRunning { kill(pid, number) }
  }

  /// Waits for the end of the process.
  ///
  /// - Returns: The exit status; for a signal 128 and its number, as a shell has it.
  /// - Throws: ``FixtureError`` when it does not end.
  package func wait() async throws -> Int32 {
    try await waitUntil("process \(pid) ends", limit: .seconds(120)) { !isRunning }
    end()
    let status = self.status ?? 0
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
  }

  /// Ends the process with a signal, the guard first: once the process is gone, its number may be anybody's.
  ///
  /// - Parameter signal: What to send, if it still runs.
  package func end(_ signal: Int32 = SIGKILL) {
    guard !isEnded else { return }
    isEnded = true
    kill(guardPID, SIGKILL)
    waitpid(guardPID, nil, 0)
    close(guardPipe)
    guard isRunning else { return }
    kill(pid, signal)
    waitpid(pid, nil, 0)
    status = 0
  }

  private static func spawn(
    _ executable: String,
    _ arguments: [String],
    environment: [String: String] = [:],
    input: Int32?,
    log: String
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    if let input {
      posix_spawn_file_actions_adddup2(&actions, input, 0)
    } else {
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    let words = ([executable] + arguments).map { strdup($0) } + [nil]
    let settings = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in words + settings { free(text) } }
    var pid: pid_t = 0
    let failure = posix_spawn(&pid, executable, &actions, nil, words, settings)
    guard failure == 0 else { throw FixtureError("cannot start \(executable): errno \(failure)") }
    return pid
  }
}

/// Waits until `condition` holds, looking every few milliseconds.
///
/// - Throws: ``FixtureError`` after `limit`.
package func waitUntil(
  _ what: String,
  limit: Duration = .seconds(30),
  _ condition: () throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  while !(try condition()) {
    guard ContinuousClock.now < deadline else { throw FixtureError("waited in vain: \(what)") }
    try await Task.sleep(for: .milliseconds(10))
  }
}
