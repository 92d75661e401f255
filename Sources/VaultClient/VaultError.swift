package import Catalogue
package import Values

/// Why a request did not get what it asked for.
package struct VaultError: Error, Hashable, Sendable, CustomStringConvertible {
  package let kind: Kind

  /// The answer's status; `nil` if there was no answer.
  package let status: Int?

  /// One sentence, without secrets.
  package let message: String

  /// What the server says, known secrets masked.
  package let reasons: [String]

  /// What was asked for.
  package let path: VaultPath?

  package var description: String { message }

  init(_ kind: Kind, _ message: String, status: Int? = nil, reasons: [String] = [], path: VaultPath? = nil) {
    self.kind = kind
    self.status = status
    self.message = message
    self.reasons = reasons
    self.path = path
  }

  /// What went wrong, in classes that call for different advice.
  package enum Kind: Hashable, Sendable, CaseIterable {
    case sealed
    case notInitialised
    /// A standby that cannot forward, or that has not caught up.
    case standby
    /// No such object; where it would be there is a mount.
    case notFound
    case noSuchMount
    /// The path does not know this operation.
    case unsupported
    /// The token is missing, unknown, expired or revoked.
    case badToken
    /// The token is good, and its policies do not allow this.
    case denied
    /// The auth method does not accept what was presented.
    case loginRefused
    /// A wrapping token that cannot be opened, or holds something else.
    case wrapping
    case rateLimited
    case unreachable
    case tls
    case timedOut
    /// A change was sent, and whether it was made is not known.
    case outcomeUnknown
    /// The KV secret or policy has another version than the check-and-set parameter says.
    case casMismatch
    /// Refused for another reason, which the server gives.
    case refused
    /// Cannot be asked for at all.
    case invalidRequest
    case serverFailed
    case tooLarge
    case namespaceNotFound
    /// Exists only in the root namespace.
    case wrongNamespace
    case cancelled
    /// What answers is no Vault: its answer is not JSON.
    case notVault
  }
}

extension VaultError {
  /// The error as the user gets it, with what to do next.
  package var problem: Problem {
    Problem(code, message, path: path?.description, hint: hint)
  }

  private var code: Problem.Code {
    switch kind {
    case .unreachable, .tls, .timedOut: .unreachable
    case .badToken, .denied, .loginRefused, .wrapping: .permissionDenied
    default: .operationFailed
    }
  }

  private var hint: String? {
    switch kind {
    case .sealed: "unseal the server, then run again"
    case .notInitialised: "initialise the server (operator init), then run again"
    case .standby: "use the active node's address, or list the node that it names under trusted_hosts"
    case .noSuchMount: "check the path's spelling, and that its engine or auth method is mounted"
    case .unsupported: "the server's version may lack this; check the path's spelling"
    case .badToken: "log in again, or give another token: this one is missing, expired or revoked"
    case .denied: "extend the token's policies by what this path needs"
    case .loginRefused: "check the role, and whether the secret has expired or was used up"
    case .wrapping:
      "if its time was not over, somebody else may have what it held: destroy that secret, find out who opened it, and wrap a new one"
    case .rateLimited: "lower the number of requests in flight, or raise the server's rate-limit quota"
    case .unreachable:
      "check the address, and that the server runs and a proxy or firewall lets requests through"
    case .tls: "check the address's scheme, tls.ca_file and tls.server_name"
    case .timedOut: "the server is slow or out of reach; try again, or raise the time-out"
    case .outcomeUnknown: "run again: the next run looks at what is there before it writes"
    case .casMismatch: "somebody else wrote it in the meantime; look at the change, then run again"
    case .tooLarge: "the server's answers or requests are limited in size"
    case .namespaceNotFound: "create the namespace first, or check its name"
    case .wrongNamespace: "move this to the root namespace"
    case .notVault: "check the address and the port; a proxy or another service may be answering"
    case .serverFailed: "look into the server's log"
    case .notFound, .refused, .invalidRequest, .cancelled: nil
    }
  }
}
