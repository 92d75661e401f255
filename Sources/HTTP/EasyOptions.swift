private import CCurl
private import FoundationEssentials

/// Sets what a configuration asks for on an easy handle.
struct EasyOptions {
  private let easy: UnsafeMutableRawPointer

  init(_ easy: UnsafeMutableRawPointer) {
    self.easy = easy
  }

  /// Sets everything that stays the same from request to request.
  ///
  /// - Throws: ``HTTPError`` of kind `tls` when the authorities cannot be read, `other` when libcurl lacks a feature.
  func apply(_ configuration: HTTPConfiguration) throws(HTTPError) {
    // Redirects are followed by our own code, which knows where a token may go.
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_PROTOCOLS_STR, "http,https")
    // Vault's paths may hold "..": they are the server's to judge.
    try set(CURLOPT_PATH_AS_IS, 1)
    // Signals belong to the program, not to a library's time-outs.
    try set(CURLOPT_NOSIGNAL, 1)
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    try set(CURLOPT_CONNECTTIMEOUT_MS, configuration.connectTimeout.milliseconds)
    try set(CURLOPT_TIMEOUT_MS, configuration.totalTimeout.milliseconds)
    // HTTP/2 where TLS can negotiate it; waiting for the first connection's answer, so that one is enough.
    try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    try set(CURLOPT_PIPEWAIT, 1)
    if let socket = configuration.unixSocket { try set(CURLOPT_UNIX_SOCKET_PATH, socket) }
    try apply(configuration.tls)
  }

  private func apply(_ tls: HTTPConfiguration.TLS) throws(HTTPError) {
    try set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    try set(CURLOPT_SSL_VERIFYPEER, tls.verify ? 1 : 0)
    try set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0)
    if let text = tls.caText {
      try trust(Array(text.utf8))
    } else if let file = tls.caFile {
      try set(CURLOPT_CAPATH, nil)
      try set(CURLOPT_CAINFO, file)
    } else if let directory = tls.caDirectory {
      try trust(try Self.certificates(in: directory))
    }
    if let certificate = tls.clientCertificate { try set(CURLOPT_SSLCERT, certificate) }
    if let key = tls.clientKey { try set(CURLOPT_SSLKEY, key) }
  }

  /// Takes authorities from memory, instead of the system's.
  private func trust(_ authorities: [UInt8]) throws(HTTPError) {
    try set(CURLOPT_CAPATH, nil)
    try set(CURLOPT_CAINFO, nil)
    var authorities = authorities
    _ = authorities.withUnsafeMutableBytes {
      curl_shim_setopt_blob(easy, CURLOPT_CAINFO_BLOB, $0.baseAddress, $0.count)
    }
  }

  /// All files of a folder, one after another.
  ///
  /// OpenSSL itself looks only at files named by hash, which nobody expects who knows Vault's own programs.
  private static func certificates(in directory: String) throws(HTTPError) -> [UInt8] {
    let files = FileManager.default
    do {
      var bytes: [UInt8] = []
      for name in try files.contentsOfDirectory(atPath: directory).sorted() {
        guard let file = files.contents(atPath: "\(directory)/\(name)") else { continue }
        bytes += file
        bytes.append(UInt8(ascii: "\n"))
      }
      if !bytes.isEmpty { return bytes }
    } catch {
      // Told below, in the same words as for an empty folder.
    }
    throw HTTPError(
      kind: .tls,
      message: "no certificates can be read from the folder \(directory)",
      wasSent: false
    )
  }

  private func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
    try check(curl_shim_setopt_long(easy, option, value))
  }

  private func set(_ option: CURLoption, _ value: String?) throws(HTTPError) {
    try check(curl_shim_setopt_string(easy, option, value))
  }

  private func check(_ code: CURLcode) throws(HTTPError) {
    guard code != CURLE_OK else { return }
    let reason = curl_easy_strerror(code).map { String(cString: $0) } ?? "unknown"
    throw HTTPError(kind: .other, message: "libcurl refuses an option: \(reason)", wasSent: false)
  }
}

extension Duration {
  /// Whole milliseconds, at least one: zero would mean "no limit" to libcurl.
  var milliseconds: Int {
    max(1, Int(components.seconds) * 1000 + Int(components.attoseconds / 1_000_000_000_000_000))
  }
}
