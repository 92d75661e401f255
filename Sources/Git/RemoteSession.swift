import CGit2

/// One conversation with a remote, through the courier repository.
struct RemoteSession {
  let courier: Repository
  let url: String
  let headers: [String]
  let exchange: Exchange

  /// Connects and gives what the remote advertises.
  ///
  /// Uses `git_remote_connect_ext` and `git_remote_ls`.
  ///
  /// - Throws: ``GitError`` of kind `unreachable` or `authentication`.
  func listReferences() throws(GitError) -> [String: ObjectID] {
    try withRemote { (remote, headers) throws(GitError) in
      try connect(remote, headers)
      return try advertised(by: remote)
    }
  }

  /// Brings references into the courier.
  ///
  /// Uses `git_remote_fetch`.
  ///
  /// - Throws: ``GitError`` of kind `notFound` when the remote lacks one.
  func fetch(_ refspecs: [FetchRefspec]) throws(GitError) {
    try withRemote { (remote, headers) throws(GitError) in
      try connect(remote, headers)
      let present = try advertised(by: remote)
      // libgit2 is silent about a reference that the remote lacks.
      if let missing = refspecs.first(where: { present[$0.source] == nil }) {
        throw GitError(.notFound, "the remote has no \(missing.source)")
      }
      var options = git_fetch_options()
      git_fetch_options_init(&options, UInt32(GIT_FETCH_OPTIONS_VERSION))
      options.callbacks = exchange.callbacks
      options.prune = GIT_FETCH_NO_PRUNE
      options.update_fetchhead = 0
      options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE
      options.proxy_opts.type = GIT_PROXY_AUTO
      options.custom_headers = headers
      _ = try withStrings(refspecs.map { "+\($0.source):\($0.destination)" }) { (specs) throws(GitError) in
        try check(git_remote_fetch(remote, &specs, &options, nil), "fetch")
      }
    }
  }

  /// Sends updates in one request, which the remote may accept in part; the exchange has its word on each.
  ///
  /// Uses `git_remote_push`, which succeeds even when the remote refuses every reference.
  ///
  /// - Throws: ``GitError`` when the conversation fails, or a lease does.
  func push(_ updates: [ReferenceUpdate]) throws(GitError) {
    try withRemote { (remote, headers) throws(GitError) in
      var options = git_push_options()
      git_push_options_init(&options, UInt32(GIT_PUSH_OPTIONS_VERSION))
      options.callbacks = exchange.callbacks
      options.proxy_opts.type = GIT_PROXY_AUTO
      options.custom_headers = headers
      // libgit2 pushes references only, so each object borrows one for as long as it takes.
      let loans = Set(updates.compactMap(\.new))
      for id in loans { try courier.setReference(loan(id), to: id) }
      defer { for id in loans { try? courier.deleteReference(loan(id), expecting: id) } }
      // Forced, because the lease has a better say than ancestry.
      let specs = updates.map { update in
        update.new.map { "+\(loan($0)):\(update.name)" } ?? ":\(update.name)"
      }
      _ = try withStrings(specs) { (specs) throws(GitError) in
        try check(git_remote_push(remote, &specs, &options), "push")
      }
    }
  }

  private func loan(_ id: ObjectID) -> String { "refs/courier/\(id)" }

  private func connect(_ remote: OpaquePointer, _ headers: git_strarray) throws(GitError) {
    var options = git_remote_connect_options()
    git_remote_connect_options_init(&options, UInt32(GIT_REMOTE_CONNECT_OPTIONS_VERSION))
    options.callbacks = exchange.callbacks
    options.proxy_opts.type = GIT_PROXY_AUTO
    options.custom_headers = headers
    try check(git_remote_connect_ext(remote, GIT_DIRECTION_FETCH, &options), "connect")
  }

  private func advertised(by remote: OpaquePointer) throws(GitError) -> [String: ObjectID] {
    var heads: UnsafeMutablePointer<UnsafePointer<git_remote_head>?>?
    var count = 0
    try check(git_remote_ls(&heads, &count, remote), "list references")
    var found: [String: ObjectID] = [:]
    for index in 0..<count {
      guard let head = heads?[index]?.pointee, let name = head.name.map({ String(cString: $0) }) else {
        continue
      }
      // HEAD, and what tags peel to, are no references of their own.
      if name.hasPrefix("refs/"), !name.hasSuffix("^{}") { found[name] = ObjectID(head.oid) }
    }
    return found
  }

  private func withRemote<Result>(
    _ body: (OpaquePointer, git_strarray) throws(GitError) -> Result
  ) throws(GitError) -> Result {
    defer { withExtendedLifetime(exchange) {} }
    var options = git_remote_create_options()
    git_remote_create_options_init(&options, UInt32(GIT_REMOTE_CREATE_OPTIONS_VERSION))
    options.repository = courier.pointer
    // The URL is rewritten already, with the user's configuration.
    options.flags = GIT_REMOTE_CREATE_SKIP_INSTEADOF.rawValue
    do throws(GitError) {
      let remote = try make("use \(url)") { git_remote_create_with_opts(&$0, url, &options) }
      defer { git_remote_free(remote) }
      return try withStrings(headers) { (headers) throws(GitError) in try body(remote, headers) }
    } catch {
      // A missing reference is the caller's mistake, not the remote's.
      if error.code == 0 { throw error }
      throw exchange.explain(error, url: url)
    }
  }
}

/// Lends a list of strings to C.
private func withStrings<Result>(
  _ strings: [String],
  _ body: (inout git_strarray) throws(GitError) -> Result
) throws(GitError) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { string in
    let bytes = string.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    copy.initialize(from: Array(bytes), count: bytes.count)
    return copy
  }
  defer { for pointer in pointers { pointer?.deallocate() } }
  return try pointers.withUnsafeMutableBufferPointer { (buffer) throws(GitError) in
    var array = git_strarray(strings: buffer.baseAddress, count: buffer.count)
    return try body(&array)
  }
}
