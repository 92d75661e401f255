private import CCurl

/// One easy handle, used for one request after another, and what libcurl's callbacks write into.
final class Transfer {
  /// The `CURL *`; owned, and freed with this object.
  let easy: UnsafeMutableRawPointer

  private let maxResponseBytes: Int
  private let errorBuffer: UnsafeMutablePointer<CChar>
  private var headerLines: UnsafeMutablePointer<curl_slist>?
  private var connectToList: UnsafeMutablePointer<curl_slist>?

  private var isSafe = true
  private var timesSent = 0
  private var headers = HTTPHeaders()
  private var body: [UInt8] = []
  /// A callback ended the transfer because the answer is too long.
  private(set) var isTooLarge = false

  /// Makes a handle with everything that stays the same from request to request.
  ///
  /// - Parameters:
  ///   - configuration: What to set.
  ///   - connectTo: In the words of `CURLOPT_CONNECT_TO`, where to connect instead of where URLs say.
  /// - Throws: ``HTTPError`` when libcurl refuses an option, or a file of authorities cannot be read.
  init(_ configuration: HTTPConfiguration, connectTo: String?) throws(HTTPError) {
    guard let easy = curl_easy_init() else { preconditionFailure("libcurl has no memory for a handle") }
    self.easy = easy
    maxResponseBytes = configuration.maxResponseBytes
    errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    let context = Unmanaged.passUnretained(self).toOpaque()
    curl_shim_setopt_pointer(easy, CURLOPT_ERRORBUFFER, errorBuffer)
    curl_shim_setopt_pointer(easy, CURLOPT_WRITEDATA, context)
    curl_shim_setopt_data_callback(easy, CURLOPT_WRITEFUNCTION, receiveBody)
    curl_shim_setopt_pointer(easy, CURLOPT_HEADERDATA, context)
    curl_shim_setopt_data_callback(easy, CURLOPT_HEADERFUNCTION, receiveHeader)
    curl_shim_setopt_pointer(easy, CURLOPT_PREREQDATA, context)
    curl_shim_setopt_prerequest(easy, beforeSending)
    if let connectTo {
      connectToList = curl_slist_append(nil, connectTo)
      curl_shim_setopt_list(easy, CURLOPT_CONNECT_TO, connectToList)
    }
    try EasyOptions(easy).apply(configuration)
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerLines)
    curl_slist_free_all(connectToList)
    errorBuffer.deallocate()
  }

  /// Makes the handle ready for one request.
  ///
  /// - Parameters:
  ///   - request: What to send.
  ///   - url: Where to, absolute.
  ///   - host: A `Host` header, where it is not the URL's.
  ///   - proxy: `""` for none, `nil` for what the environment says.
  func prepare(_ request: HTTPRequest, url: String, host: String?, proxy: String?) {
    isSafe = request.isSafe
    timesSent = 0
    isTooLarge = false
    headers = HTTPHeaders()
    body = []
    errorBuffer.pointee = 0

    curl_shim_setopt_string(easy, CURLOPT_URL, url)
    curl_shim_setopt_string(easy, CURLOPT_PROXY, proxy)
    // Also takes back POST and NOBODY of the request before.
    curl_shim_setopt_long(easy, CURLOPT_HTTPGET, 1)
    let sendsBody = request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method)
    if sendsBody {
      let content = request.body ?? []
      curl_shim_setopt_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(content.count))
      content.withUnsafeBytes { bytes in
        _ = withUnsafePointer(to: UInt8(0)) { nothing in
          curl_shim_setopt_pointer(
            easy,
            CURLOPT_COPYPOSTFIELDS,
            bytes.baseAddress ?? UnsafeRawPointer(nothing)
          )
        }
      }
    } else if request.method == "HEAD" {
      curl_shim_setopt_long(easy, CURLOPT_NOBODY, 1)
    }
    curl_shim_setopt_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
    setHeaders(request.headers, host: host, sendsBody: sendsBody)
  }

  private func setHeaders(_ fields: [HTTPHeader], host: String?, sendsBody: Bool) {
    curl_slist_free_all(headerLines)
    headerLines = nil
    func add(_ line: String) {
      guard let longer = curl_slist_append(headerLines, line) else {
        preconditionFailure("libcurl has no memory for a header")
      }
      headerLines = longer
    }
    for field in fields { field.withLine(add) }
    if let host { add("Host: \(host)") }
    if sendsBody {
      // An answer to "Expect" is waited for a whole second where a server does not know it.
      add("Expect:")
      if !fields.contains(where: { $0.name.utf8.equalsIgnoringCase("Content-Type".utf8) }) {
        add("Content-Type:")
      }
    }
    curl_shim_setopt_list(easy, CURLOPT_HTTPHEADER, headerLines)
  }
}

// MARK: - The outcome

extension Transfer {
  /// The longest answer that is taken, for a message.
  var limitText: String {
    maxResponseBytes >= 1 << 20 ? "\(maxResponseBytes >> 20) MiB" : "\(maxResponseBytes) bytes"
  }

  /// What libcurl says about the failure, in its own words.
  var errorText: String { String(cString: errorBuffer) }

  /// Whether bytes of the request were handed to the connection.
  ///
  /// libcurl counts what it says to a proxy among them, hence the second condition.
  var wasSent: Bool { timesSent > 0 && number(CURLINFO_REQUEST_SIZE) > 0 }

  /// From the start of sending to the first byte of the answer, in microseconds.
  var answerTime: Int {
    microseconds(CURLINFO_STARTTRANSFER_TIME_T) - microseconds(CURLINFO_PRETRANSFER_TIME_T)
  }

  /// The answer; meaningful only after libcurl reported success.
  func response(after duration: Duration, tries: Int) -> HTTPResponse {
    HTTPResponse(
      status: number(CURLINFO_RESPONSE_CODE),
      headers: headers,
      body: body,
      duration: duration,
      tries: tries,
      version: version
    )
  }

  private var version: String {
    switch number(CURLINFO_HTTP_VERSION) {
    case Int(CURL_HTTP_VERSION_1_0): "1.0"
    case Int(CURL_HTTP_VERSION_1_1): "1.1"
    case Int(CURL_HTTP_VERSION_2_0): "2"
    default: "?"
    }
  }

  private func number(_ info: CURLINFO) -> Int {
    var value = 0
    curl_shim_getinfo_long(easy, info, &value)
    return value
  }

  private func microseconds(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    curl_shim_getinfo_offset(easy, info, &value)
    return Int(value)
  }
}

// MARK: - Callbacks

extension Transfer {
  /// Headers beyond this are nobody's honest answer.
  private static let maxHeaderBytes = 1 << 20

  fileprivate static func at(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  fileprivate func take(header line: UnsafeRawBufferPointer) -> Bool {
    // A status line begins another answer: what came before it was a "100 Continue".
    if line.starts(with: "HTTP/".utf8) {
      headers = HTTPHeaders()
      return true
    }
    isTooLarge = headers.byteCount + line.count > Self.maxHeaderBytes
    if !isTooLarge { headers.append(line: line) }
    return !isTooLarge
  }

  fileprivate func take(body bytes: UnsafeRawBufferPointer) -> Bool {
    isTooLarge = body.count + bytes.count > maxResponseBytes
    if !isTooLarge { body.append(contentsOf: bytes) }
    return !isTooLarge
  }

  /// Whether the request may go out now.
  ///
  /// When a reused connection dies without an answer, libcurl sends the request again by itself, whatever the
  /// method. The server may well have acted on the first one, so a write must not be repeated.
  fileprivate func maySend() -> Bool {
    let isRepeated = wasSent
    timesSent += 1
    return isSafe || !isRepeated
  }
}

/// `CURLOPT_WRITEFUNCTION`; taking less than was offered ends the transfer.
private func receiveBody(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  let block = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return Transfer.at(context)?.take(body: block) == true ? block.count : -1
}

/// `CURLOPT_HEADERFUNCTION`, called once for each complete line.
private func receiveHeader(
  _ bytes: UnsafeMutablePointer<CChar>?,
  _ size: Int,
  _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
  return Transfer.at(context)?.take(header: line) == true ? line.count : -1
}

/// `CURLOPT_PREREQFUNCTION`, called each time a request is about to be sent on a connection.
private func beforeSending(
  _ context: UnsafeMutableRawPointer?,
  _: UnsafeMutablePointer<CChar>?,
  _: UnsafeMutablePointer<CChar>?,
  _: Int32,
  _: Int32
) -> Int32 {
  Transfer.at(context)?.maySend() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
}
