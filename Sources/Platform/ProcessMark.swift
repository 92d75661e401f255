import FoundationEssentials
private import Glibc

/// Where a process is and which one it is, in a form that outlives it: whoever reads the mark on the same machine can say
/// for sure that the process is gone.
package struct ProcessMark: Hashable, Sendable {
  package let host: String
  package let processID: Int32
  package let startTime: UInt64
  package let boot: String
  /// Numbers of processes mean something only inside one of these: two containers on a machine have their own.
  package let space: String

  package init(host: String, processID: Int32, startTime: UInt64, boot: String, space: String) {
    self.host = host
    self.processID = processID
    self.startTime = startTime
    self.boot = boot
    self.space = space
  }

  /// The mark of this process; `nil` where the system does not tell enough.
  package static func own() -> ProcessMark? {
    let processID = getpid()
    guard let status = ProcessStatus(of: processID), let boot = ProcessIdentity.boot, let space = ownSpace
    else { return nil }
    return ProcessMark(
      host: ProcessInfo.processInfo.hostName,
      processID: processID,
      startTime: status.startTime,
      boot: boot,
      space: space
    )
  }

  /// Whether the process has surely ended: it was on this machine, where its number is free now, or somebody else's.
  package var isGone: Bool {
    guard host == ProcessInfo.processInfo.hostName, boot == ProcessIdentity.boot, space == Self.ownSpace
    else {
      return false
    }
    // A process that cannot be read is another user's, and may be alive.
    guard let status = ProcessStatus(of: processID) else {
      return !FileManager.default.fileExists(atPath: "/proc/\(processID)")
    }
    return !status.isAlive || status.startTime != startTime
  }

  private static var ownSpace: String? {
    try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
  }
}
