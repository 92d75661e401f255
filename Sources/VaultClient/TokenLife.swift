internal import Values

/// How long the token in use lives, and what can be done about it.
struct TokenLife {
  /// Seconds that it lives after ``since``; `nil` where nobody knows yet, 0 for ever.
  private(set) var seconds: Int?
  /// Seconds that it was given first.
  private var first = 0
  private(set) var since = ContinuousClock.now
  private(set) var isRenewable = false
  /// Makes another login.
  private(set) var again: (() throws -> VaultLogin)?
  /// Why there is no other login any more.
  private(set) var failure: String?

  /// A token that was given: it is not known how long it lives.
  mutating func beginUnknown() { self = TokenLife() }

  /// A token that was just given out.
  mutating func begin(_ auth: VaultAuth, again: (() throws -> VaultLogin)?) {
    self = TokenLife()
    self.again = again
    first = auth.leaseDuration
    learn(seconds: auth.leaseDuration, isRenewable: auth.renewable)
  }

  /// A renewal gave it more time.
  ///
  /// Returns whether that is worth another renewal: close to its longest life a token is renewed for less and less.
  mutating func renew(_ auth: VaultAuth) -> Bool {
    learn(seconds: max(1, auth.leaseDuration), isRenewable: auth.renewable)
    return auth.leaseDuration * 2 > first
  }

  mutating func learn(seconds: Int, isRenewable: Bool) {
    self.seconds = max(0, seconds)
    self.isRenewable = isRenewable && seconds > 0
    since = .now
  }

  /// It cannot be renewed, or not for longer.
  mutating func stopRenewing() { isRenewable = false }

  /// No other login can be had.
  mutating func stopLogins(_ failure: String?) {
    again = nil
    self.failure = failure
  }

  /// Nothing is done about it any more.
  mutating func end() {
    isRenewable = false
    again = nil
    seconds = seconds ?? 0
  }

  /// Whether another token can be had, or why not is worth telling.
  var isReplaceable: Bool { again != nil || failure != nil }

  /// Whether this part of its time is over, and something can be done about it.
  func isDue(at now: ContinuousClock.Instant, part: Double) -> Bool {
    guard let seconds, seconds > 0, isRenewable || again != nil else { return false }
    return since.duration(to: now) >= .seconds(seconds) * part
  }
}

extension VaultClient {
  /// Makes sure that the token lives on, without a request as long as half of its time lies ahead.
  ///
  /// It is renewed, and where that gains nothing, a new login takes its place. What fails here is told by the request that
  /// the token is needed for.
  func tendToken() {
    guard !isTending, token != nil else { return }
    if life.seconds == nil, life.since.duration(to: .now) >= settings.tokenPatience {
      tending { inspectToken() }
    }
    guard life.isDue(at: .now, part: settings.renewalPart) else { return }
    tending {
      if life.isRenewable, renewToken() { return }
      _ = logInAgain()
    }
  }

  /// Gets another token in the place of one that the server does not accept any more.
  ///
  /// - Returns: Whether there is one, so that what was refused may be asked for again.
  func replaceToken() -> Bool {
    guard !isTending, life.again != nil else { return false }
    var isReplaced = false
    tending {
      // An answer may only look like one about the token.
      do throws(VaultError) {
        _ = try lookupSelf()
      } catch {
        if error.kind == .badToken { isReplaced = logInAgain() }
      }
    }
    return isReplaced
  }

  /// Asks how long a given token lives; a run that is short never comes here.
  private func inspectToken() {
    do throws(VaultError) {
      let info = try lookupSelf()
      life.learn(seconds: info.ttl, isRenewable: info.renewable && info.type != "batch")
    } catch {
      // A token that may not look at itself is used as long as it lasts.
      if error.status != nil { life.learn(seconds: 0, isRenewable: false) }
    }
  }

  /// Renews the token.
  ///
  /// - Returns: Whether nothing else is to be done for it now.
  private func renewToken() -> Bool {
    var request = aboutToken(.write, "renew-self")
    request.isSafe = true
    do throws(VaultError) {
      guard let auth = try perform(request).auth else { return true }
      return life.renew(auth) || life.again == nil
    } catch {
      // Without an answer it is tried again with the next request.
      if error.status != nil { life.stopRenewing() }
      return error.status == nil
    }
  }

  /// Logs in once more, and gives the old token back.
  private func logInAgain() -> Bool {
    guard let again = life.again else { return false }
    let old = token
    do {
      try login(try again(), again: again)
    } catch {
      life.stopLogins((error as? VaultError)?.message ?? (error as? Problem)?.message ?? "\(error)")
      return false
    }
    if let old, !isBatchToken {
      var request = aboutToken(.write, "revoke-self")
      request.token = old
      _ = perform([request])
    }
    return true
  }
}
