internal import Catalogue
package import Values

extension VaultClient {
  /// Opens a wrapped answer, which can be done once.
  ///
  /// Where the answer comes from is looked at first (`sys/wrapping/lookup`): a token that somebody else opened, and wrapped
  /// something of their own for, has another origin.
  ///
  /// - Parameters:
  ///   - wrapped: The wrapping token.
  ///   - namespace: Where it was made, from the root; `nil` is the client's own.
  ///   - isExpected: Judges the path that the answer comes from.
  /// - Returns: The answer's `data`.
  /// - Throws: ``VaultError`` of kind `wrapping` when it was opened before, has expired, or comes from elsewhere.
  package func unwrap(
    _ wrapped: Secret,
    in namespace: String? = nil,
    isExpected: (String) -> Bool
  ) throws(VaultError) -> Value? {
    mask(wrapped)
    let lookup = VaultPath("sys/wrapping/lookup")
    var question = VaultRequest(.write, lookup, body: ["token": .secret(wrapped)], isSafe: true)
    question.rootedNamespace = namespace
    question.isLogin = true
    let answer = try asked(question)
    let origin = answer?["creation_path"]?.string ?? ""
    guard isExpected(origin) else {
      throw VaultError(
        .wrapping,
        "the wrapping token holds an answer of \(origin), which is not what was expected"
      )
    }
    var order = VaultRequest(.write, VaultPath("sys/wrapping/unwrap"))
    order.rootedNamespace = namespace
    order.token = wrapped
    return try asked(order)
  }

  private func asked(_ request: VaultRequest) throws(VaultError) -> Value? {
    do {
      return try perform(request).data
    } catch {
      // OpenBao answers 400, and so does Vault; the word for a token of another kind is a refusal, too.
      guard error.status == 400 || error.status == 403 else { throw error }
      throw VaultError(
        .wrapping,
        "the wrapping token is not valid any more: somebody has opened it before, or its time is over",
        status: error.status,
        reasons: error.reasons,
        path: error.path
      )
    }
  }
}
