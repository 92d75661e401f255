import ArgumentParser
import Configuration
import FoundationEssentials
import Migrations
import Values

/// How long to wait for another run; for every command that takes the lock.
struct LockFlags: ParsableArguments {
  @Option(help: "How long to wait for another run that holds the lock, such as 90s or 5m.")
  var lockTimeout = "0s"

  /// The time in seconds; a text that is none was refused before.
  var seconds: Int { MapReader.seconds(from: lockTimeout) ?? 0 }

  func validate() throws {
    guard MapReader.seconds(from: lockTimeout) != nil else {
      throw ValidationError("--lock-timeout takes a duration such as 90s or 5m, not \(lockTimeout)")
    }
  }
}

struct UnlockCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "unlock",
    abstract: "Shows who holds the lock of an environment, or breaks the lock of a dead run.",
    discussion: """
      A dead run's lock is taken over when its time is over; breaking it is for those who know that it is dead and cannot \
      wait. A run whose lock was broken stops before its next write.

      EXAMPLE:
        vault-migrations unlock --env prod
        vault-migrations unlock --env prod 6b6f2d3e-5a0c-4e0e-9d5a-0f6f0f3f1c11
      """
  )

  @Argument(help: "The id of the run whose lock is to be broken; without it nothing changes.")
  var run: String?

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let open = try OpenProject.inWorkTree(context)
    return try await Session.with(open, context) { target in
      let record = try await target.lockHolder()
      var broken: LockRecord?
      if let run { broken = try await RunLock.release(of: run, in: target.ledger, at: target.serverTime) }
      let view = LockView(record: record, isBroken: broken != nil, now: target.serverTime)
      context.console.result(view.json) { view.text($0) }
      return 0
    }
  }
}

/// Who holds a lock, in words.
struct LockView {
  let record: LockRecord?
  let isBroken: Bool
  let now: Int

  func text(_ style: Style) -> String {
    guard let record else { return "nobody holds the lock\n" }
    var text = isBroken ? "\(style.changed("broken:")) the lock of\n" : ""
    text += "\(style.title(record.holder))\n"
    if let host = record.host, let process = record.processID {
      text += "  host:    \(host), process \(process)\n"
    }
    text += "  run:     \(record.runID)\n  since:   \(Self.time(record.since))\n"
    let rest = record.expiresAt - now
    text +=
      "  expires: \(Self.time(record.expiresAt)) by the server's clock\(rest > 0 ? ", in \(rest) s" : ", has expired")\n"
    return text
  }

  var json: Value {
    guard let record else { return ["held": false, "broken": .bool(isBroken)] }
    return [
      "held": .bool(!isBroken && record.isHeld(at: now)), "broken": .bool(isBroken),
      "holder": .string(record.holder), "host": record.host.map(Value.string) ?? .null,
      "process": record.processID.map { .number(Number($0)) } ?? .null,
      "run": .string(record.runID), "since": .string(Self.time(record.since)),
      "expires": .string(Self.time(record.expiresAt)),
    ]
  }

  private static func time(_ seconds: Int) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
  }
}
