import FoundationEssentials
import Git
import Resources
import Values

/// The hooks that a repository may have of this tool.
enum Hook: String, CaseIterable {
  case preCommit = "pre-commit"
  case prePush = "pre-push"
  case postMerge = "post-merge"
  case postReceive = "post-receive"

  /// The script that the binary carries.
  var script: String { String(decoding: Resources.bytes(at: "hooks/\(rawValue)") ?? [], as: UTF8.self) }

  /// Those that a repository of this kind needs: with a work tree, or without one for others to push to.
  static func needed(inBare isBare: Bool) -> [Hook] {
    isBare ? [.postReceive] : [.preCommit, .prePush, .postMerge]
  }
}

/// The folder in which git looks for hooks, and what lies there.
struct HookFolder {
  enum State: String {
    case absent, installed, outdated
    /// Somebody else's, which would be called first.
    case foreign
  }

  let path: String
  private let manager = FileManager.default

  /// Looks where git does, in `core.hooksPath` or in the repository.
  init(of repository: Repository, environment: [String: String]) throws {
    guard let configured = try repository.configuration("core.hooksPath") else {
      path = repository.commonDirectory + "/hooks"
      return
    }
    if configured.hasPrefix("~/") {
      path = (environment["HOME"] ?? "") + configured.dropFirst()
    } else {
      path =
        configured.hasPrefix("/")
        ? configured : "\(repository.workTree ?? repository.gitDirectory)/\(configured)"
    }
  }

  func file(_ hook: Hook) -> String { "\(path)/\(hook.rawValue)" }

  /// Where the hook lies that was there before.
  func previous(_ hook: Hook) -> String { file(hook) + ".before-vault-migrations" }

  func chains(_ hook: Hook) -> Bool { manager.fileExists(atPath: previous(hook)) }

  func state(_ hook: Hook) -> State {
    guard let bytes = manager.contents(atPath: file(hook)) else { return .absent }
    let text = String(decoding: bytes, as: UTF8.self)
    if text == hook.script { return .installed }
    return text.contains("\n# vault-migrations: ") ? .outdated : .foreign
  }

  /// Writes a hook; somebody else's is kept beside it, and called first.
  func install(_ hook: Hook) throws {
    do {
      try manager.createDirectory(atPath: path, withIntermediateDirectories: true)
      if state(hook) == .foreign {
        guard !chains(hook) else {
          throw Problem(
            .operationFailed,
            "there are two hooks beside ours: \(file(hook)) and \(previous(hook))",
            hint: "look at both, remove the one that is not wanted, then install again"
          )
        }
        try manager.moveItem(atPath: file(hook), toPath: previous(hook))
      }
      try Data(hook.script.utf8).write(to: URL(filePath: file(hook)), options: .atomic)
      try manager.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file(hook))
    } catch let problem as Problem {
      throw problem
    } catch {
      throw Problem(
        .operationFailed,
        "the hook cannot be written to \(file(hook))",
        hint: "check the permissions of \(path)"
      )
    }
  }

  /// Takes a hook of ours away, and puts back what was there before.
  ///
  /// Returns whether there was one.
  func uninstall(_ hook: Hook) throws -> Bool {
    guard [.installed, .outdated].contains(state(hook)) else { return false }
    try manager.removeItem(atPath: file(hook))
    if chains(hook) { try manager.moveItem(atPath: previous(hook), toPath: file(hook)) }
    return true
  }
}
