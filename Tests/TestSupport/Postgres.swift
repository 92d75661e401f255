import FoundationEssentials
import Glibc

/// A real PostgreSQL of a test's own, for the database secrets engine.
package struct Postgres: Sendable {
  package let port: Int
  package let user = "vaultadmin"
  package let password: String
  private let programs: String

  /// Where the programs are, newest version last; `nil` skips the tests that need a database.
  package static let installed: String? = {
    let root = "/usr/lib/postgresql"
    let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? [])
      .sorted { (Int($0) ?? 0) < (Int($1) ?? 0) }
    return versions.map { "\(root)/\($0)/bin" }
      .last { FileManager.default.isExecutableFile(atPath: "\($0)/initdb") }
  }()

  /// Starts a database, runs `body`, and stops the database whatever happens.
  ///
  /// - Throws: What `body` throws, or ``FixtureError`` when it does not start.
  package static func with<Result>(_ body: (Postgres) async throws -> Result) async throws -> Result {
    guard let programs = installed else { throw FixtureError("no PostgreSQL below /usr/lib/postgresql") }
    return try await Scratch.with { scratch in
      let password = randomText("pw-")
      let passwordFile = try scratch.write("password", password)
      let data = scratch.file("data")
      // The server refuses to run as root; the folder then belongs to the user that it runs as.
      let asUser: [String]
      if geteuid() == 0 {
        guard let entry = getpwnam("postgres") else { throw FixtureError("no user named postgres") }
        for path in [scratch.path, passwordFile] { chown(path, entry.pointee.pw_uid, entry.pointee.pw_gid) }
        asUser = ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
      } else {
        asUser = []
      }
      let made = try await run(
        asUser + [
          "\(programs)/initdb", "-A", "scram-sha-256", "-U", "vaultadmin", "--pwfile", passwordFile, "-N",
          "-D",
          data,
        ],
        in: scratch
      )
      guard made.status == 0 else { throw FixtureError("initdb: \(made.errors)") }
      let port = try Sockets.freePort()
      let command =
        asUser + [
          "\(programs)/postgres", "-D", data, "-p", String(port), "-k", scratch.path, "-c",
          "listen_addresses=127.0.0.1", "-c", "fsync=off",
        ]
      let process = try ChildProcess(
        command[0],
        Array(command.dropFirst()),
        environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"],
        log: "/dev/null"
      )
      // SIGINT is its fast shutdown, after which no memory segment is left over.
      defer { process.end(SIGINT) }
      let database = Postgres(port: port, password: password, programs: programs)
      for _ in 0..<500 {
        guard process.isRunning else { throw FixtureError("PostgreSQL ended") }
        if try await database.psql("SELECT 1").status == 0 { break }
        try await Task.sleep(for: .milliseconds(20))
      }
      return try await body(database)
    }
  }

  /// Runs SQL, rows one a line.
  ///
  /// - Parameters:
  ///   - sql: What to run.
  ///   - user: Who runs it; the superuser if `nil`.
  ///   - password: Their password.
  /// - Returns: `psql`'s outcome; 2 when the login is refused.
  /// - Throws: When `psql` cannot be started.
  package func psql(
    _ sql: String,
    user: String? = nil,
    password: String? = nil
  ) async throws -> Command.Outcome {
    try await Command.run(
      "\(programs)/psql",
      [
        "-X", "-At", "-h", "127.0.0.1", "-p", String(port), "-U", user ?? self.user, "-d", "postgres", "-c",
        sql,
      ],
      environment: ["PGPASSWORD": password ?? self.password, "LC_ALL": "C"]
    )
  }

  private static func run(_ command: [String], in scratch: Scratch) async throws -> Command.Outcome {
    try await Command.run(
      command[0],
      Array(command.dropFirst()),
      environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"],
      directory: scratch.path
    )
  }
}
