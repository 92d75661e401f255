import Platform
package import Values

/// Who holds the lock of an environment, as the ledger has it; times are of the server's clock, in seconds since 1970.
package struct LockRecord: Sendable, Hashable {
  package var runID: String
  /// Who runs it: `ci@runner-7`.
  package var holder: String
  var process: ProcessMark?
  package var since: Int
  package var renewedAt: Int
  /// Seconds after the last renewal after which it may be taken over.
  package var ttl: Int
  package var isReleased = false

  init(runID: String, holder: String, process: ProcessMark?, since: Int, ttl: Int) {
    self.runID = runID
    self.holder = holder
    self.process = process
    self.since = since
    self.renewedAt = since
    self.ttl = ttl
  }

  /// The machine and the process that hold it, where they are known.
  package var host: String? { process?.host }
  package var processID: Int? { process.map { Int($0.processID) } }

  package var expiresAt: Int { renewedAt + ttl }

  /// Whether somebody works under it at a time of the server's clock.
  package func isHeld(at time: Int) -> Bool { !isReleased && time < expiresAt }

  package var value: Value {
    var members: [String: Value] = [
      "run": .string(runID), "holder": .string(holder), "since": .number(Number(since)),
      "renewed_at": .number(Number(renewedAt)), "ttl": .number(Number(ttl)),
    ]
    if isReleased { members["released"] = true }
    if let process {
      members["process"] = [
        "host": .string(process.host), "pid": .number(Number(Int(process.processID))),
        "start_time": .string(String(process.startTime)), "boot": .string(process.boot),
        "space": .string(process.space),
      ]
    }
    return .object(members)
  }

  package init?(_ value: Value?) {
    guard let value, let runID = value["run"]?.string else { return nil }
    let renewedAt = value["renewed_at"]?.integer ?? 0
    self.init(
      runID: runID,
      holder: value["holder"]?.string ?? "somebody",
      process: value["process"].flatMap(ProcessMark.init),
      since: value["since"]?.integer ?? renewedAt,
      ttl: value["ttl"]?.integer ?? 0
    )
    self.renewedAt = renewedAt
    isReleased = value["released"] == true
  }
}

extension ProcessMark {
  fileprivate init?(_ value: Value) {
    guard let host = value["host"]?.string,
      let processID = value["pid"]?.integer.flatMap(Int32.init(exactly:)),
      let startTime = value["start_time"]?.string.flatMap({ UInt64($0) }), let boot = value["boot"]?.string,
      let space = value["space"]?.string
    else { return nil }
    self.init(host: host, processID: processID, startTime: startTime, boot: boot, space: space)
  }
}
