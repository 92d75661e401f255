import Git
import Values

/// Hooks that git's own configuration names (`hook.NAME.event`, `hook.NAME.command`); git runs them beside those of the folder
/// from 2.54 on, and older ones do not know them.
struct ConfiguredHooks {
  struct Entry {
    let name: String
    let hook: Hook
    let command: String

    /// Whether it calls this tool.
    var isOurs: Bool { command.contains("vault-migrations hooks run \(hook.rawValue)") }
  }

  let entries: [Entry]
  /// Whether the git at hand runs them.
  let areRun: Bool
  /// As git tells it, without its name.
  let gitVersion: String

  /// Without the git program, nothing runs any hook, and there is nothing to tell.
  init(in repository: Repository, _ context: Context) async throws {
    guard let git = GitProgram(environment: context.environment) else {
      (entries, areRun, gitVersion) = ([], false, "")
      return
    }
    func ask(_ arguments: [String]) async throws -> String {
      try await git.run(arguments, in: context.workingDirectory, deadline: .seconds(10)).standardOutput
    }
    let folder = repository.workTree == nil ? repository.gitDirectory : repository.commonDirectory
    entries = Self.entries(
      try await ask(["--git-dir=\(folder)", "config", "--null", "--get-regexp", #"^hook\..+\."#])
    )
    let version = try await ask(["--version"]).split { $0 == " " || $0.isNewline }.dropFirst(2).first ?? ""
    gitVersion = String(version)
    let numbers = version.split(separator: ".").prefix(2).compactMap { Int($0) }
    areRun = numbers.count == 2 && (numbers[0], numbers[1]) >= (2, 54)
  }

  /// The pairs of `git config --null`: a name and a value, in the order in which git reads them.
  private static func entries(_ output: String) -> [Entry] {
    var events: [String: [String]] = [:]
    var commands: [String: String] = [:]
    var disabled: Set<String> = []
    var order: [String] = []
    for pair in output.split(separator: "\0") {
      let parts = pair.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      guard let dot = parts[0].lastIndex(of: ".") else { continue }
      let name = String(parts[0][..<dot].dropFirst("hook.".count))
      let value = parts.count > 1 ? String(parts[1]) : "true"
      switch parts[0][parts[0].index(after: dot)...] {
      // An empty value begins anew.
      case "event" where value.isEmpty: events[name] = nil
      case "event":
        if !order.contains(name) { order.append(name) }
        events[name, default: []].append(value)
      case "command": commands[name] = value
      case "enabled" where ["false", "no", "off", "0", ""].contains(value.lowercased()): disabled.insert(name)
      case "enabled": disabled.remove(name)
      default: continue
      }
    }
    return order.filter { !disabled.contains($0) }.flatMap { name in
      (events[name] ?? []).compactMap { event in
        guard let hook = Hook(rawValue: event), let command = commands[name] else { return nil }
        return Entry(name: name, hook: hook, command: command)
      }
    }
  }

  /// Whether git runs this tool for a hook, whatever lies in the folder.
  func serve(_ hook: Hook) -> Bool { areRun && entries.contains { $0.hook == hook && $0.isOurs } }

  func text(_ style: Style) -> String {
    let remark = areRun ? "" : style.faint("  (git \(gitVersion) does not run it; 2.54 and newer do)")
    return entries.map {
      "\($0.hook.rawValue): \"\($0.command)\" by hook.\($0.name) of git's configuration\(remark)\n"
    }
    .joined()
  }

  var json: Value {
    .array(
      entries.map {
        [
          "name": .string($0.name), "hook": .string($0.hook.rawValue), "command": .string($0.command),
          "run": .bool(areRun),
        ]
      }
    )
  }
}
