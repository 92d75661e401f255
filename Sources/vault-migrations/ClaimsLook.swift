import Configuration
import HTTP
import Logging
import Migrations
import Values
import VaultClient

/// What `validate` learns from a server: whether somebody else has what the schema declares.
///
/// It asks where a token is at hand, and logs in nowhere. A server that cannot be asked now is no reason to fail: `sync` asks
/// again.
struct ClaimsLook {
  let open: OpenProject
  let context: Context

  /// Throws ``Problem`` (world changed) for the first path that belongs to somebody else.
  func check() throws {
    let others: [Claims]
    let name: String
    do {
      let environment = try Session.environment(of: open, context)
      guard let found = try claims(environment) else { return }
      name = environment.name
      others = found
    } catch let problem as Problem {
      guard problem.code != .worldChanged else { throw problem }
      return skip(problem.message)
    } catch {
      return skip(ErrorReport.message(of: error))
    }
    if let problem = Claims.conflict(of: open.project, in: name, with: others) { throw problem }
  }

  private func skip(_ why: String) {
    context.logger.info("nobody was asked whose the paths are: \(why)")
  }

  /// `nil` where there is nobody to ask, or only with a login.
  private func claims(_ environment: Environment) throws -> [Claims]? {
    guard case .remote(let address) = environment.server, address != nil, environment.hasToken,
      let mount = open.settings.ledgerMount(of: environment)
    else { return nil }
    let client = try Session.connect(to: environment, at: address, open, context, isHasty: true)
    let ledger = Ledger(
      client: client,
      mount: mount,
      project: open.settings.project,
      environment: environment.name
    )
    return try ledger.othersClaims()
  }
}

extension Environment {
  /// Whether a token is there without any login.
  fileprivate var hasToken: Bool {
    switch login?.credentials {
    case nil, .token?, .tokenFile?: true
    default: false
    }
  }
}
