import Configuration
import HTTP
import Values
import VaultClient

/// The servers of other environments, for `${vault:ENV@PATH#FIELD}`: each is logged in to once, when it is first asked.
///
/// What `config.yaml` says of the other environment counts alone: variables such as `VAULT_TOKEN` are meant for the chosen
/// one, and must not go to another server.
final class OtherServers {
  private let open: OpenProject
  private let context: Context
  private let cancellation: Cancellation
  private var clients: [String: VaultClient] = [:]

  init(_ open: OpenProject, _ context: Context, _ cancellation: Cancellation) {
    self.open = open
    self.context = context
    self.cancellation = cancellation
  }

  /// A client with a token for an environment.
  ///
  /// Throws ``Problem`` or ``VaultError``.
  func client(for name: String) throws -> VaultClient {
    if let client = clients[name] { return client }
    var context = context.narrowed(to: name)
    context.console = self.context.console
    let environment = try Session.environment(of: open, context)
    guard case .remote(let address) = environment.server else {
      throw Problem(
        .configurationInvalid,
        "the private server of \(name) cannot be read from another environment",
        hint: "refer to an environment with an address"
      )
    }
    let client = try Session.connect(
      to: environment,
      at: address,
      open,
      context,
      cancellation: cancellation
    )
    clients[name] = client
    return client
  }

  /// Gives the tokens of logins back.
  func close() {
    for client in clients.values {
      client.ignoreCancellation()
      Session.giveBackToken(of: client, context)
    }
    clients = [:]
  }
}
