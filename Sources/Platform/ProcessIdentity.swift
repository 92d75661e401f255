import FoundationEssentials

/// What tells a process from a later one that got the same number.
package struct ProcessIdentity: Codable, Hashable, Sendable {
  package let processID: Int32
  /// Clock ticks from boot to its start.
  package let startTime: UInt64
  package let executable: String
  /// Start times of different boots can be equal.
  package let boot: String

  package enum CodingKeys: String, CodingKey {
    case processID = "pid"
    case startTime
    case executable
    case boot
  }

  /// Reads the identity of a process that runs now; `nil` when there is none, or it is another user's.
  package init?(of processID: Int32) {
    guard let status = ProcessStatus(of: processID), status.isAlive,
      let executable = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(processID)/exe"),
      let boot = Self.boot
    else { return nil }
    self.processID = processID
    self.startTime = status.startTime
    // An upgrade replaces the file under a running server.
    self.executable = executable.hasSuffix(" (deleted)") ? String(executable.dropLast(10)) : executable
    self.boot = boot
  }

  /// Whether this very process still runs.
  package var isAlive: Bool { ProcessIdentity(of: processID) == self }

  /// What tells this start of the machine from all others; `nil` if the system does not say.
  package static var boot: String? {
    (try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)).map {
      String($0.prefix { !$0.isNewline })
    }
  }
}

/// The two fields of `/proc/PID/stat` that matter here.
package struct ProcessStatus {
  /// False for a process that has ended and that nobody has waited for yet.
  package let isAlive: Bool
  package let startTime: UInt64

  package init?(of processID: Int32) {
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
