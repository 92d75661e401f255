import Configuration
import Values
import VaultClient

/// Says why a login failed, and what to do about it.
struct LoginRefusal {
  let login: Environment.Login
  let environment: Environment
  /// The auth method's namespace, from the root; `nil` is the environment's.
  let namespace: String?

  /// A server that does not answer, or is sealed, is not the login's fault.
  func problem(_ error: VaultError) -> Problem {
    switch error.kind {
    case .loginRefused, .badToken, .denied, .noSuchMount, .unsupported, .notFound, .refused,
      .namespaceNotFound, .invalidRequest:
      Problem(.permissionDenied, message(error), at: login.location, hint: hint(error))
    case .wrapping:
      Problem(
        .permissionDenied,
        "the secret id of environment \(environment.name) cannot be had: \(error.message)",
        at: login.location,
        hint: error.problem.hint
      )
    case .sealed, .notInitialised:
      Problem(
        .unreachable,
        "environment \(environment.name) cannot log in: \(error.message)",
        hint: error.problem.hint
      )
    default: error.problem
    }
  }

  private var method: String {
    switch login.credentials {
    case .appRole: "an AppRole"
    case .jwt: "a signed token"
    case .password: "a password"
    case .certificate: "the client certificate"
    case .token, .tokenFile, .tokenHelper: "a token"
    }
  }

  private func message(_ error: VaultError) -> String {
    let place = namespace.map { $0.isEmpty ? " in the root namespace" : " in the namespace \($0)" } ?? ""
    let said =
      error.kind == .namespaceNotFound
      ? "there is no such namespace"
      : error.reasons.isEmpty ? error.message : error.reasons.joined(separator: "; ")
    return
      "the login of environment \(environment.name) with \(method) at auth/\(login.mount)/\(place) was refused: \(said)"
  }

  private func hint(_ error: VaultError) -> String {
    if error.kind == .namespaceNotFound {
      return "check namespace, and auth.namespace if the method is in another one"
    }
    // What a server says of a mount that it does not have, and of a user who is locked out.
    if error.status == 403 || error.status == 404 {
      if case .password = login.credentials {
        return
          "check that the method is mounted there (auth.mount, auth.namespace), and that the user is not locked after wrong passwords"
      }
      return
        "check that the method is mounted there (auth.mount, auth.namespace), and what the role is bound to"
    }
    switch login.credentials {
    case .appRole: return "check role_id, and whether the secret id has expired, was used up or was destroyed"
    case .jwt:
      return
        "check auth.role, and what it is bound to: issuer, audience, subject and claims; a signed token lasts for minutes only"
    case .password: return "check auth.username and the password"
    case .certificate: return "check that the method trusts the certificate's authority, and auth.role"
    case .token, .tokenFile, .tokenHelper: return "give another token"
    }
  }
}
