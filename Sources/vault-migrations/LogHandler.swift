import FoundationEssentials
import Logging
import Values

/// Log lines on standard error, as text or one JSON document a line; they carry versions and paths, never values.
struct StandardErrorLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level
  let isJSON: Bool

  init(_ options: GlobalOptions) {
    logLevel = options.logLevel
    isJSON = options.logFormat == .json
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let time = Date().formatted(.iso8601)
    let fields = metadata.merging(event.metadata ?? [:]) { $1 }
    if isJSON {
      var members = fields.mapValues { Value.string("\($0)") }
      members["time"] = .string(time)
      members["level"] = .string(event.level.rawValue)
      members["message"] = .string("\(event.message)")
      Terminal.write(JSON.text(.object(members)) + "\n", to: .error)
    } else {
      let details = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
      Terminal.write("\(time) \(event.level) \(event.message)\(details)\n", to: .error)
    }
  }
}
