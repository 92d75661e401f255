import FoundationEssentials

/// What tells a process from a later one that got the same number.
struct ProcessIdentity: Codable, Hashable, Sendable {
  let processID: Int32
  /// Clock ticks from boot to its start.
  let startTime: UInt64
  let executable: String
  /// Start times of different boots can be equal.
  let boot: String

  enum CodingKeys: String, CodingKey {
    case processID = "pid"
    case startTime
    case executable
    case boot
  }

  /// Reads the identity of a process that runs now; `nil` when there is none, or it is another user's.
  init?(of processID: Int32) {
    guard let status = ProcessStatus(of: processID), status.isAlive,
      let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(processID)/exe"),
      let boot = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
    else { return nil }
    self.processID = processID
    self.startTime = status.startTime
    // An upgrade replaces the file under a running server.
    self.executable = executable.hasSuffix(" (deleted)") ? String(executable.dropLast(10)) : executable
    self.boot = String(boot.prefix { !$0.isNewline })
  }

  /// Whether this very process still runs.
  var isAlive: Bool { ProcessIdentity(of: processID) == self }
}

/// The two fields of `/proc/PID/stat` that matter here.
struct ProcessStatus {
  /// False for a process that has ended and that nobody has waited for yet.
  let isAlive: Bool
  let startTime: UInt64

  init?(of processID: Int32) {
    // The second field is the program's name in parentheses, and may hold spaces and parentheses itself.
    guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    guard fields.count > 19, let startTime = UInt64(fields[19]) else { return nil }
    isAlive = fields[0] != "Z" && fields[0] != "X"
    self.startTime = startTime
  }
}
