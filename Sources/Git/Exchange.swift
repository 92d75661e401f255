import CGit2

/// What the callbacks of one conversation with a remote need to know, and what they find out.
final class Exchange {
  /// Offered once: libgit2 asks again and again as long as it gets an answer.
  let credential: Credential?
  private let deadline: ContinuousClock.Instant
  /// What the remote's references must be for a push to go on.
  private let leases: [String: ObjectID?]

  private(set) var isLate = false
  /// References that are not what the lease says.
  private(set) var stale: Set<String> = []
  /// The remote's word on each reference; nil for "done".
  private(set) var statuses: [String: String?] = [:]
  private var offers = 0

  init(credential: Credential?, deadline: ContinuousClock.Instant, leases: [String: ObjectID?] = [:]) {
    self.credential = credential
    self.deadline = deadline
    self.leases = leases
  }

  /// The callbacks; they are valid as long as this object lives.
  var callbacks: git_remote_callbacks {
    var callbacks = git_remote_callbacks()
    git_remote_init_callbacks(&callbacks, UInt32(GIT_REMOTE_CALLBACKS_VERSION))
    callbacks.payload = Unmanaged.passUnretained(self).toOpaque()
    callbacks.credentials = offerCredential
    callbacks.push_negotiation = checkLeases
    callbacks.push_update_reference = noteStatus
    callbacks.transfer_progress = { _, payload in continueOrStop(payload) }
    callbacks.push_transfer_progress = { _, _, _, payload in continueOrStop(payload) }
    callbacks.sideband_progress = { _, _, payload in continueOrStop(payload) }
    return callbacks
  }

  /// Turns the error of a conversation into one that says what is wrong with the remote.
  func explain(_ error: GitError, url: String) -> GitError {
    if isLate { return GitError(.unreachable, "\(url) did not answer in time") }
    let isRefused = ["status code: 401", "status code: 403", "authentication"].contains {
      error.message.contains($0)
    }
    if error.kind == .authentication || isRefused {
      let what = credential == nil ? "wants credentials" : "refuses the credentials"
      return GitError(
        .authentication,
        "\(url) \(what): set VM_GIT_TOKEN, or install git with a credential helper",
        code: error.code
      )
    }
    return error.kind == .failed || error.kind == .notFound
      ? GitError(.unreachable, "cannot reach \(url): \(error.message)", code: error.code) : error
  }

  fileprivate func nextCredential() -> Credential? {
    offers += 1
    return offers == 1 ? credential : nil
  }

  fileprivate func note(_ status: String?, of reference: String) { statuses[reference] = .some(status) }

  fileprivate func compare(_ reference: String, with id: ObjectID) {
    guard let lease = leases[reference] else { return }
    if (lease ?? .zero) != id { stale.insert(reference) }
  }

  fileprivate func shallStop() -> Bool {
    isLate = isLate || ContinuousClock.now > deadline
    return isLate
  }
}

private func exchange(_ payload: UnsafeMutableRawPointer?) -> Exchange? {
  payload.map { Unmanaged<Exchange>.fromOpaque($0).takeUnretainedValue() }
}

private func continueOrStop(_ payload: UnsafeMutableRawPointer?) -> Int32 {
  exchange(payload)?.shallStop() == true ? GIT_EUSER.rawValue : 0
}

private func offerCredential(
  _ result: UnsafeMutablePointer<UnsafeMutablePointer<git_credential>?>?,
  _ url: UnsafePointer<CChar>?,
  _ user: UnsafePointer<CChar>?,
  _ allowed: UInt32,
  _ payload: UnsafeMutableRawPointer?
) -> Int32 {
  guard let credential = exchange(payload)?.nextCredential(),
    allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT.rawValue != 0
  else { return GIT_EAUTH.rawValue }
  return git_credential_userpass_plaintext_new(result, credential.user, credential.password)
}

private func checkLeases(
  _ updates: UnsafeMutablePointer<UnsafePointer<git_push_update>?>?,
  _ count: Int,
  _ payload: UnsafeMutableRawPointer?
) -> Int32 {
  guard let exchange = exchange(payload), let updates else { return GIT_EUSER.rawValue }
  for index in 0..<count {
    guard let update = updates[index]?.pointee, let name = update.dst_refname else { continue }
    exchange.compare(String(cString: name), with: ObjectID(update.src))
  }
  return exchange.stale.isEmpty ? 0 : GIT_EUSER.rawValue
}

private func noteStatus(
  _ reference: UnsafePointer<CChar>?,
  _ status: UnsafePointer<CChar>?,
  _ payload: UnsafeMutableRawPointer?
) -> Int32 {
  guard let reference else { return 0 }
  exchange(payload)?.note(status.map { String(cString: $0) }, of: String(cString: reference))
  return 0
}
