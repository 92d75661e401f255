private import CCurl

/// Scheme, host and port: where secrets may go is decided by these three.
struct Origin: Hashable {
  let scheme: String
  let host: String
  let port: String

  /// As written in front of a path, an IPv6 host in brackets.
  var description: String { "\(scheme)://\(host):\(port)" }

  /// Whether the host is this machine, where no proxy is asked.
  var isLoopback: Bool {
    host == "localhost" || host == "[::1]" || host.hasPrefix("127.")
  }

  /// Whether `list` holds `host` or `host:port`.
  func isListed(in list: Set<String>) -> Bool {
    list.contains(host) || list.contains("\(host):\(port)")
  }
}

/// A URL taken apart by the same parser that libcurl connects with (`curl_url`), so that the two cannot disagree.
struct ParsedURL {
  let origin: Origin
  let path: String
  /// The whole URL, normalised.
  let text: String

  /// Without query and fragment, fit for a message.
  var shown: String { origin.description + path }

  /// Parses an absolute URL, or one relative to `base`.
  ///
  /// - Returns: `nil` for anything but a well-formed `http` or `https` URL without user name.
  init?(_ text: String, relativeTo base: String? = nil) {
    guard let handle = curl_url() else { return nil }
    defer { curl_url_cleanup(handle) }
    let flags = UInt32(CURLU_PATH_AS_IS | CURLU_DISALLOW_USER)
    if let base, curl_url_set(handle, CURLUPART_URL, base, flags) != CURLUE_OK { return nil }
    guard curl_url_set(handle, CURLUPART_URL, text, flags) == CURLUE_OK,
      let scheme = Self.part(CURLUPART_SCHEME, of: handle), scheme == "http" || scheme == "https",
      let host = Self.part(CURLUPART_HOST, of: handle),
      let port = Self.part(CURLUPART_PORT, of: handle),
      let path = Self.part(CURLUPART_PATH, of: handle),
      let whole = Self.part(CURLUPART_URL, of: handle)
    else { return nil }
    origin = Origin(scheme: scheme, host: host.lowercased(), port: port)
    self.path = path
    self.text = whole
  }

  private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else {
      return nil
    }
    defer { curl_free(text) }
    return String(cString: text)
  }
}
