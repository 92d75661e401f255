import ArgumentParser
import Configuration
import FoundationEssentials
import Migrations
import Values

/// Numbers for monitoring, of commands that ask servers.
struct MetricsOption: ParsableArguments {
  @Option(
    help: "Write numbers for monitoring into this file, as OpenMetrics text; also when the command fails."
  )
  var metricsFile: String?
}

extension Context {
  /// Replaces the file of `--metrics-file`, at once and as a whole; that it cannot be written fails no run.
  func writeMetrics(of command: String) {
    guard let file = metrics.file else { return }
    let path = absolute(file)
    let before = FileManager.default.contents(atPath: path) ?? Data()
    let text = MetricsFile(
      project: settings?.project ?? "",
      command: command,
      environments: metrics.all,
      now: Int(Date().timeIntervalSince1970),
      before: String(decoding: before, as: UTF8.self)
    ).text
    do {
      try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
      // Whoever collects the numbers is another user.
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    } catch {
      console.complain { "\($0.changed("warning: "))\(file) cannot be written: \(error)" }
    }
  }

  /// What `config.yaml` says, where it can be read at all.
  var settings: Settings? {
    guard let folder = try? projectFolder() else { return nil }
    return try? Project.readSettings(from: WorkTreeSource(folder: folder, shownAs: shown(folder))).settings
  }

  /// The name of the environment that the command is about, as far as it can be known.
  var environmentName: String {
    if let name = options.env { return name }
    return (try? settings?.environment(nil).name) ?? "unknown"
  }
}
