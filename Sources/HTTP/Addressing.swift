/// Turns the targets of requests into URLs.
struct Addressing {
  private let base: Origin
  /// In front of every target that begins with a slash.
  private let prefix: String
  private let certificateName: String?

  /// - Parameters:
  ///   - base: In front of all targets that are paths.
  ///   - serverName: The name in the server's certificate, if it is not the base's host.
  init(base: ParsedURL, serverName: String?) {
    let path = base.path.hasSuffix("/") ? String(base.path.dropLast()) : base.path
    self.base = base.origin
    prefix = base.origin.description + path
    certificateName = base.origin.scheme == "https" ? serverName : nil
  }

  /// The URL to give to libcurl, which checks certificates against the URL's host.
  ///
  /// Where the certificate's name is another, it stands in the host's place; ``connectTo`` and ``hostHeader(for:)``
  /// put right the rest.
  func url(for job: Job) -> String {
    guard let certificateName, job.origin == base else { return job.url }
    return "https://\(certificateName):\(base.port)" + job.url.dropFirst(base.description.count)
  }

  /// Where to connect instead of where URLs say, in the words of `CURLOPT_CONNECT_TO`.
  var connectTo: String? {
    certificateName.map { "\($0):\(base.port):\(base.host):\(base.port)" }
  }

  /// The host to name in a request, if it is not its URL's.
  func hostHeader(for job: Job) -> String? {
    certificateName != nil && job.origin == base ? "\(base.host):\(base.port)" : nil
  }

  /// Checks a request, and works out where it goes.
  ///
  /// - Throws: ``HTTPError`` of kind `invalidRequest`.
  func job(for request: HTTPRequest, _ index: Int, _ decider: Decider) throws(HTTPError) -> Job {
    guard request.hasOnlyPrintableParts else {
      throw Self.invalid("a request's method, URL or header holds a control character or a space")
    }
    if request.target.hasPrefix("/") {
      let shown = base.description + request.target.prefix { $0 != "?" }
      return Job(index: index, url: prefix + request.target, origin: base, shownURL: shown)
    }
    guard let target = ParsedURL(request.target) else {
      throw Self.invalid("a request's URL is neither a path nor an http or https URL without a user name")
    }
    if request.headers.contains(where: \.isSensitive) && !decider.trusts(target.origin) {
      throw Self.invalid("a secret header would go to \(target.origin.description), which is not trusted")
    }
    return Job(index: index, url: target.text, origin: target.origin, shownURL: target.shown)
  }

  private static func invalid(_ why: String) -> HTTPError {
    HTTPError(kind: .invalidRequest, message: why, wasSent: false, tries: 0)
  }
}

extension HTTPRequest {
  /// Whether nothing in it could begin another header or another request.
  fileprivate var hasOnlyPrintableParts: Bool {
    let isVisible: (UInt8) -> Bool = { $0 > 0x20 && $0 != 0x7F }
    let isText: (UInt8) -> Bool = { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    return method.utf8.allSatisfy(isVisible) && !method.isEmpty && target.utf8.allSatisfy(isVisible)
      && headers.allSatisfy { field in
        field.name.utf8.allSatisfy(isVisible) && field.withLine { $0.utf8.allSatisfy(isText) }
      }
  }
}
