import Catalogue
import HTTP
import TestSupport
import Values
import VaultClient

/// A client of a test's own.
func makeClient(
  _ address: String,
  token: String? = nil,
  cancellation: Cancellation = Cancellation(),
  _ change: (inout VaultSettings) -> Void = { _ in }
) throws -> VaultClient {
  var settings = VaultSettings(address: try VaultAddress(address))
  change(&settings)
  return try VaultClient(settings, token: token.map { Secret($0) }, cancellation: cancellation)
}

/// A client with the root token.
func makeClient(_ server: BaoServer, _ change: (inout VaultSettings) -> Void = { _ in }) throws -> VaultClient
{
  try makeClient(server.address, token: server.rootToken, change)
}

extension VaultClient {
  /// What a request failed with; `nil` if it did not.
  func failure(
    _ operation: VaultRequest.Operation,
    _ path: String,
    _ body: Value? = nil,
    namespace: String = ""
  ) -> VaultError? {
    do {
      _ = try perform(VaultRequest(operation, VaultPath(path, in: namespace), body: body))
      return nil
    } catch {
      return error
    }
  }
}

/// What a body failed with; `nil` if it did not.
func failure(_ body: () throws -> Void) -> VaultError? {
  do {
    try body()
    return nil
  } catch {
    return error as? VaultError
  }
}
