import FoundationEssentials
import Git

/// A tool of the user's that has a say in hooks: what is written past it would be lost, or run twice.
enum HookManager: String {
  case husky, lefthook
  case preCommit = "pre-commit"
  /// One folder for all repositories of a machine or a company.
  case sharedFolder = "a hooks folder that other repositories share"

  /// Finds out by the files and settings that it leaves.
  init?(of repository: Repository, _ folder: HookFolder) {
    guard let root = repository.workTree else { return nil }
    let names = { (names: [String]) in
      names.contains { FileManager.default.fileExists(atPath: "\(root)/\($0)") }
    }
    if folder.path.hasSuffix("/.husky/_") || folder.path.hasSuffix("/.husky") {
      self = .husky
    } else if names(["lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml", "lefthook.toml"]) {
      self = .lefthook
    } else if names([".pre-commit-config.yaml"]) {
      self = .preCommit
    } else if !folder.path.hasPrefix(root), !folder.path.hasPrefix(repository.commonDirectory) {
      self = .sharedFolder
    } else {
      return nil
    }
  }

  /// What the user adds to the tool's own configuration.
  var instructions: String {
    switch self {
    case .husky: ""
    case .lefthook:
      """
      lefthook runs the hooks of this repository. Add to its configuration:

      pre-commit:
        commands:
          vault-migrations: {run: vault-migrations hooks run pre-commit}
      pre-push:
        commands:
          vault-migrations: {run: vault-migrations hooks run pre-push, use_stdin: true}

      """
    case .preCommit:
      """
      The pre-commit framework runs the hooks of this repository. Add to .pre-commit-config.yaml:

      repos:
        - repo: local
          hooks:
            - id: vault-migrations
              name: vault-migrations
              entry: vault-migrations hooks run pre-commit
              language: system
              files: ^(.*/)?\\.vault-migrations/
              pass_filenames: false
            - id: vault-migrations-push
              name: vault-migrations (push)
              entry: vault-migrations hooks run pre-push
              language: system
              pass_filenames: false
              always_run: true
              stages: [pre-push]

      then run "pre-commit install --hook-type pre-commit --hook-type pre-push".

      """
    case .sharedFolder:
      """
      core.hooksPath leads to a folder that other repositories share, and nothing is written there. Let its pre-push end with:

        exec vault-migrations hooks run pre-push

      or give this repository a folder of its own: git config core.hooksPath .git/hooks

      """
    }
  }
}

/// The lines in husky's own scripts, which are part of the repository.
struct HuskyScripts {
  let folder: String

  init(of folder: HookFolder) {
    // The folder that git knows is made by husky anew each time; the scripts lie above it.
    self.folder = folder.path.hasSuffix("/_") ? String(folder.path.dropLast(2)) : folder.path
  }

  private func line(_ hook: Hook) -> String { "vault-migrations hooks run \(hook.rawValue)" }

  private func text(_ hook: Hook) -> String? {
    FileManager.default.contents(atPath: "\(folder)/\(hook.rawValue)").map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  func contains(_ hook: Hook) -> Bool { text(hook)?.contains(line(hook)) ?? false }

  func add(_ hook: Hook) throws {
    guard !contains(hook) else { return }
    var text = text(hook) ?? ""
    if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
    try write(hook, text + line(hook) + "\n")
  }

  func remove(_ hook: Hook) throws -> Bool {
    guard contains(hook), let text = text(hook) else { return false }
    let rest = text.split(separator: "\n", omittingEmptySubsequences: false).filter { $0 != line(hook) }
    try write(hook, rest.joined(separator: "\n"))
    return true
  }

  private func write(_ hook: Hook, _ text: String) throws {
    let path = "\(folder)/\(hook.rawValue)"
    try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
  }
}
