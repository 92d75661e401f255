import CGit2

/// Where a remote is, and what its server wants to hear.
struct RemoteLocation: Sendable {
  let fetchURL: String
  let pushURL: String
  /// Extra HTTP headers by the user's configuration, which is where CI keeps its token.
  let headers: [String]

  /// Whether libgit2 can go there.
  static func isSSH(_ url: String) -> Bool {
    if url.hasPrefix("ssh://") || url.hasPrefix("git+ssh://") || url.hasPrefix("ssh+git://") { return true }
    guard !url.contains("://"), let colon = url.firstIndex(of: ":") else { return false }
    return !url[..<colon].contains("/")
  }
}

extension Repository {
  /// Looks a remote up in this repository's configuration, with the user's URL rewriting.
  ///
  /// Uses `git_remote_lookup`, which applies `insteadOf`.
  ///
  /// - Throws: ``GitError`` of kind `noSuchRemote`.
  func location(of remote: String, environment: [String: String]) throws(GitError) -> RemoteLocation {
    var handle: OpaquePointer?
    if git_remote_lookup(&handle, pointer, remote) != 0 {
      guard looksLikeURL(remote) else { throw GitError(.noSuchRemote, "there is no remote named \(remote)") }
      try check(git_remote_create_anonymous(&handle, pointer, remote), "use the remote \(remote)")
    }
    defer { git_remote_free(handle) }
    guard let url = git_remote_url(handle).map({ String(cString: $0) }) else {
      throw GitError(.noSuchRemote, "the remote \(remote) has no URL")
    }
    let pushURL = git_remote_pushurl(handle).map { String(cString: $0) } ?? url
    return RemoteLocation(
      fetchURL: absolute(url),
      pushURL: absolute(pushURL),
      headers: extraHeaders(for: url, environment: environment)
    )
  }

  // The courier is elsewhere, where a relative path would mean something else.
  private func absolute(_ url: String) -> String {
    if url.contains("://") || url.hasPrefix("/") || RemoteLocation.isSSH(url) { return url }
    return "\(workTree ?? gitDirectory)/\(url)"
  }

  /// The values of `http.extraHeader` and `http.<url>.extraHeader`, which libgit2 does not read.
  private func extraHeaders(for url: String, environment: [String: String]) -> [String] {
    var headers: [String] = []
    var best = 0
    let wanted = withoutUser(url)
    for (key, value) in httpSettings(environment) where key.lowercased().hasSuffix("extraheader") {
      // As git does it: what is less specific than a setting before it is passed over.
      let pattern = withoutUser(String(key.dropFirst("http.".count).dropLast("extraheader".count)))
        .dropLast(key.lowercased() == "http.extraheader" ? 0 : 1)
      let prefix = pattern.hasSuffix("/") ? pattern.dropLast() : pattern
      guard prefix.isEmpty || wanted == prefix || wanted.hasPrefix(prefix + "/") else { continue }
      if prefix.count < best { continue }
      best = prefix.count
      if value.isEmpty { headers = [] } else { headers.append(value) }
    }
    // libgit2 refuses a request that sets one of these again.
    let reserved = ["user-agent", "host", "accept", "content-type", "transfer-encoding", "content-length"]
    return headers.filter { header in
      !reserved.contains(header.prefix { $0 != ":" }.lowercased())
    }
  }

  private func httpSettings(_ environment: [String: String]) -> [(key: String, value: String)] {
    var settings: [(String, String)] = []
    var snapshot: OpaquePointer?
    if git_repository_config_snapshot(&snapshot, pointer) == 0 {
      defer { git_config_free(snapshot) }
      var iterator: OpaquePointer?
      // Not the iterator with a pattern: libgit2 1.5 loses 20 kB for every name that does not match.
      if git_config_iterator_new(&iterator, snapshot) == 0 {
        defer { git_config_iterator_free(iterator) }
        var entry: UnsafeMutablePointer<git_config_entry>?
        while git_config_next(&entry, iterator) == 0 {
          guard let name = entry?.pointee.name, let value = entry?.pointee.value else { continue }
          let key = String(cString: name)
          if key.lowercased().hasPrefix("http.") { settings.append((key, String(cString: value))) }
        }
      }
    }
    // Nor does it read the settings that a pipeline puts into variables.
    for index in 0..<max(environment["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0, 0) {
      guard let key = environment["GIT_CONFIG_KEY_\(index)"], key.lowercased().hasPrefix("http.") else {
        continue
      }
      settings.append((key, environment["GIT_CONFIG_VALUE_\(index)"] ?? ""))
    }
    return settings
  }

  private func withoutUser(_ url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return url }
    let rest = url[scheme.upperBound...]
    guard let at = rest.prefix(while: { $0 != "/" }).lastIndex(of: "@") else { return url }
    return String(url[..<scheme.upperBound] + rest[rest.index(after: at)...])
  }
}
