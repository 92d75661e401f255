import ArgumentParser
import Configuration
import Migrations
import Values

struct LedgerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ledger",
    abstract: "The tool's own records in Vault.",
    discussion: """
      EXAMPLE:
        vault-migrations ledger init --env prod --own-token
      """,
    subcommands: [Initialise.self]
  )

  struct Initialise: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "init",
      abstract: "Makes the ledger's mount, once per server, and prints the policy that sync needs for it.",
      discussion: """
        Run by an administrator; sync itself needs no right to make mounts.

        EXAMPLE:
          vault-migrations ledger init --env prod --own-token
        """
    )

    @Flag(help: "Use VAULT_TOKEN or ~/.vault-token, whatever login the environment has.")
    var ownToken = false

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let open = try OpenProject.inWorkTree(context)
      return try await Session.with(open, context, usesOwnToken: ownToken) { target in
        let isNew = try target.ledger.create()
        let mount = target.ledger.mount ?? ""
        let policy = Ledger.policy(
          mount: mount,
          project: open.project.settings.project,
          environment: target.environment.name
        )
        context.console.note { style in
          isNew
            ? "\(style.added("made")) \(mount)/" : "\(mount)/ is there already"
        }
        context.console.result([
          "mount": .string(mount), "created": .bool(isNew), "policy": .string(policy),
        ]) { _ in policy }
        return 0
      }
    }
  }
}
