import Glibc

/// The process's streams.
enum Terminal {
  enum Stream: Sendable {
    case output, error

    fileprivate var descriptor: Int32 {
      self == .output ? STDOUT_FILENO : STDERR_FILENO
    }
  }

  static func isTerminal(_ stream: Stream) -> Bool {
    isatty(stream.descriptor) == 1
  }

  /// Writes text at once; a reader that went away is no error.
  static func write(_ text: String, to stream: Stream) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.write(stream.descriptor, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// A pager that quits, or a child that ends, must not end this process in the middle of a run.
func ignoreBrokenPipes() {
  signal(SIGPIPE, SIG_IGN)
}
