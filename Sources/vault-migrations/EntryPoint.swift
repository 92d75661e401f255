import ArgumentParser
import FoundationEssentials

/// Parses the arguments and runs the command; every way out gives the documented exit status.
@main
enum EntryPoint {
  static func main() async {
    ignoreBrokenPipes()
    do {
      var command = try VaultMigrations.parseAsRoot(arguments)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      // Errors of commands were reported where they arose and arrive here as exit codes; the rest is usage and help.
      VaultMigrations.exit(withError: error)
    }
  }

  /// `vault-migrations --generate` is an old spelling of `vault-migrations generate`.
  private static var arguments: [String] {
    var arguments = Array(CommandLine.arguments.dropFirst())
    if let index = arguments.firstIndex(of: "--generate") {
      arguments.remove(at: index)
      arguments.insert("generate", at: 0)
    }
    return arguments
  }
}

/// The root command: nothing but its children.
struct VaultMigrations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "vault-migrations",
    abstract: "Manages the configuration of Vault and OpenBao servers as versioned, reviewed migrations.",
    discussion: """
      Edit .vault-migrations/schema.yaml, run "generate", review the migration, merge it, run "sync".

      EXAMPLE:
        vault-migrations init
        vault-migrations generate -m web-role
        vault-migrations sync --env dev
      """,
    version: "0.1.0-dev",
    groupedSubcommands: [
      CommandGroup(
        name: "Writing",
        subcommands: [
          InitCommand.self, ValidateCommand.self, LintCommand.self, GenerateCommand.self, VerifyCommand.self,
        ]
      ),
      CommandGroup(
        name: "Applying",
        subcommands: [PlanCommand.self, ApplyCommand.self, SyncCommand.self]
      ),
      CommandGroup(
        name: "Mending",
        subcommands: [RollbackCommand.self, ReleaseCommand.self, RepairCommand.self, UnlockCommand.self]
      ),
      CommandGroup(
        name: "Looking",
        subcommands: [
          StatusCommand.self, HistoryCommand.self, ShowCommand.self, DriftCommand.self, DiffCommand.self,
          CatalogueCommand.self, ExplainCommand.self, DoctorCommand.self,
        ]
      ),
      CommandGroup(name: "Taking over a server", subcommands: [ImportCommand.self, BaselineCommand.self]),
      CommandGroup(name: "Repositories", subcommands: [HooksCommand.self, RebaseCommand.self]),
      CommandGroup(name: "Servers", subcommands: [DevCommand.self, LedgerCommand.self, PolicyCommand.self]),
    ]
  )
}
