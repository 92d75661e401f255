import ArgumentParser

@main
struct VaultMigrations: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "vault-migrations", version: "0.1.0-dev")
}
