import ArgumentParser
import Configuration
import Embedded
import Logging
import Migrations
import StateTracker
import Values

struct DevCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dev",
    abstract: "The private server of an embedded environment.",
    discussion: """
      EXAMPLE:
        vault-migrations dev up && eval "$(vault-migrations dev env)"
      """,
    subcommands: [Up.self, Down.self, Env.self, Reset.self]
  )

  struct Up: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "up",
      abstract: "Starts the private server and leaves it running, for applications.",
      discussion: """
        EXAMPLE:
          vault-migrations dev up && eval "$(vault-migrations dev env)"
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let server = try await DevCommand.manager(context).up()
      context.console.result([
        "address": .string(server.address), "process": .number(Number(Int(server.processID))),
      ]) {
        "\($0.added("running")) at \(server.address); its variables: eval \"$(vault-migrations dev env)\"\n"
      }
      return 0
    }
  }

  struct Down: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "down",
      abstract: "Stops the private server; its data stays.",
      discussion: """
        EXAMPLE:
          vault-migrations dev down
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let wasRunning = try await DevCommand.manager(context).down()
      context.console.result(["stopped": .bool(wasRunning)]) { _ in
        wasRunning ? "stopped\n" : "it was not running\n"
      }
      return 0
    }
  }

  struct Env: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "env",
      abstract: "Prints the variables that point other programs to the private server.",
      discussion: """
        The output holds the server's root token: meant for eval, not for a log.

        EXAMPLE:
          eval "$(vault-migrations dev env)"
        """
    )

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      guard let server = try DevCommand.manager(context).running() else {
        throw Problem(.operationFailed, "the private server is not running", hint: "start it with \"dev up\"")
      }
      let token = server.token.exposed { $0 }
      context.console.result(["VAULT_ADDR": .string(server.address), "VAULT_TOKEN": .string(token)]) { _ in
        ["VAULT", "BAO"].map { "export \($0)_ADDR=\(server.address)\nexport \($0)_TOKEN=\(token)\n" }.joined()
      }
      return 0
    }
  }

  struct Reset: ToolCommand {
    static let configuration = CommandConfiguration(
      commandName: "reset",
      abstract: "Begins a private server anew: deletes its data, its state branch and its tags.",
      discussion: """
        For a private server that lost its data, or whose data nobody needs any more. Schema and migrations stay; the next \
        sync applies them all.

        EXAMPLE:
          vault-migrations dev reset --yes
        """
    )

    @Flag(help: "Really delete it.")
    var yes = false

    @OptionGroup var global: GlobalOptions

    func run(in context: Context) async throws -> Int32 {
      let open = try OpenProject.inWorkTree(context)
      let environment = try open.project.settings.environment(context.options.env)
      let manager = try DevCommand.manager(context)
      guard yes else {
        throw Problem(
          .usage,
          "this deletes all data of the private server of \(environment.name), its state branch and its tags",
          hint: "pass --yes if that is meant"
        )
      }
      try await manager.reset()
      let references = try Session.stateTracker(of: environment, open, context).forget()
      context.console.result([
        "environment": .string(environment.name), "deleted": .array(references.map(Value.string)),
      ]) { _ in "\(environment.name) begins anew with the next sync\n" }
      return 0
    }
  }

  private static func manager(_ context: Context) throws -> EmbeddedServerManager {
    let open = try OpenProject.inWorkTree(context)
    let environment = try open.project.settings.environment(context.options.env)
    guard environment.server == .embedded else {
      throw Problem(
        .usage,
        "environment \(environment.name) has no private server",
        hint: "choose one with \"server: embedded\", or set that in config.yaml"
      )
    }
    return EmbeddedServerManager(
      dataDirectory: open.embeddedFolder(of: environment),
      environment: context.environment,
      probe: EmbeddedProbe()
    ) { [logger = context.logger] in logger.info("\($0)") }
  }
}
