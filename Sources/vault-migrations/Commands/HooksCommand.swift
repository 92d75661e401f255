import ArgumentParser
import FoundationEssentials
import Git
import Values

struct HooksCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hooks",
    abstract: "Checks before a commit and a push, and applies after a merge.",
    discussion: """
      EXAMPLE:
        vault-migrations hooks install
        vault-migrations hooks status
      """,
    subcommands: [Install.self, Uninstall.self, Status.self, RunHookCommand.self]
  )

  struct Install: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "install",
      abstract: "Installs the hooks; those that are there stay, and are called first.",
      discussion: """
        In a work tree: pre-commit looks at what is staged, pre-push validates exactly what is pushed, post-merge applies for \
        environments that "hooks:" of config.yaml names. In a bare repository that others push to: post-receive. husky, lefthook \
        and the pre-commit framework are respected.

        EXAMPLE:
          vault-migrations hooks install
          vault-migrations hooks install pre-push
        """
    )

    @Argument(help: "The hooks to install (default: all that fit the repository).")
    var hooks: [Hook] = []

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let place = try await HookPlace(context)
      let chosen = hooks.isEmpty ? place.needed : hooks
      if let manager = place.manager, manager != .husky {
        context.console.result([
          "manager": .string(manager.rawValue), "installed": [], "add": .string(manager.instructions),
        ]) { _ in
          manager.instructions
        }
        return 0
      }
      try await place.noteProgram()
      // git runs both, and twice is no better than once.
      for hook in chosen where !place.configured.serve(hook) {
        if place.manager == .husky { try place.husky.add(hook) } else { try place.folder.install(hook) }
      }
      context.console.result(place.json(chosen)) { place.text(chosen, $0) }
      return 0
    }
  }

  struct Uninstall: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "uninstall",
      abstract: "Removes the hooks, and puts back what was there before.",
      discussion: """
        EXAMPLE:
          vault-migrations hooks uninstall
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let place = try await HookPlace(context)
      var removed: [String] = []
      for hook in Hook.allCases {
        let isGone =
          place.manager == .husky ? try place.husky.remove(hook) : try place.folder.uninstall(hook)
        if isGone { removed.append(hook.rawValue) }
      }
      try await place.forgetProgram()
      context.console.result(["removed": .array(removed.map(Value.string))]) { style in
        removed.isEmpty ? "there were none\n" : removed.map { "\(style.removed("-")) \($0)\n" }.joined()
      }
      return 0
    }
  }

  struct Status: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "status",
      abstract: "Shows which hooks are installed, and where.",
      discussion: """
        EXAMPLE:
          vault-migrations hooks status
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let place = try await HookPlace(context)
      context.console.result(place.json(place.needed)) { place.text(place.needed, $0) }
      return 0
    }
  }
}

extension Hook: ExpressibleByArgument {}

/// The repository whose hooks a command is about.
struct HookPlace {
  let repository: Repository
  let folder: HookFolder
  let manager: HookManager?
  let configured: ConfiguredHooks
  private let context: Context

  init(_ context: Context) async throws {
    self.context = context
    repository = try context.repository(holding: context.workingDirectory)
    folder = try HookFolder(of: repository, environment: context.environment)
    manager = HookManager(of: repository, folder)
    configured = try await ConfiguredHooks(in: repository, context)
  }

  var needed: [Hook] { Hook.needed(inBare: repository.isBare) }
  var husky: HuskyScripts { HuskyScripts(of: folder) }

  /// Hooks are run by programs whose PATH is another one than the user's.
  func noteProgram() async throws {
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path(percentEncoded: false)
    try await configure(["vault-migrations.program", program])
  }

  func forgetProgram() async throws {
    guard try repository.configuration("vault-migrations.program") != nil else { return }
    try await configure(["--unset-all", "vault-migrations.program"])
  }

  private func configure(_ arguments: [String]) async throws {
    guard let git = GitProgram(environment: context.environment) else { return }
    let output = try await git.run(
      ["--git-dir=\(repository.commonDirectory)", "config", "--local"] + arguments,
      in: context.workingDirectory,
      deadline: .seconds(10)
    )
    guard output.status == 0 else {
      throw Problem(
        .operationFailed,
        "git cannot write the repository's configuration: \(output.standardError.prefix { !$0.isNewline })"
      )
    }
  }

  func isInstalled(_ hook: Hook) -> Bool { ["installed", "configured"].contains(state(hook)) }

  private func state(_ hook: Hook) -> String {
    let state =
      manager == .husky
      ? husky.contains(hook) ? HookFolder.State.installed : .absent : folder.state(hook)
    return [.installed, .outdated].contains(state) || !configured.serve(hook) ? state.rawValue : "configured"
  }

  func text(_ hooks: [Hook], _ style: Style) -> String {
    var text = ""
    for hook in hooks {
      let chained = folder.chains(hook) ? ", after the one that was there" : ""
      text += "\(hook.rawValue): \(state(hook))\(chained)\n"
    }
    text += configured.text(style)
    let place = manager == .husky ? husky.folder : folder.path
    return text + style.faint("in \(place)\n") + (manager.map { $0 == .husky ? "" : $0.instructions } ?? "")
  }

  func json(_ hooks: [Hook]) -> Value {
    [
      "folder": .string(manager == .husky ? husky.folder : folder.path),
      "manager": manager.map { .string($0.rawValue) } ?? .null,
      "hooks": .object(
        Dictionary(
          hooks.map { hook in
            (hook.rawValue, ["state": .string(state(hook)), "chained": .bool(folder.chains(hook))])
          },
          uniquingKeysWith: { $1 }
        )
      ),
      "configured": configured.json,
    ]
  }
}
