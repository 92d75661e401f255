import Glibc
import HTTP

/// SIGINT and SIGTERM end a run cleanly: the request under way is finished, what was done is recorded.
enum Interruption {
  private static let raised = Cancellation()

  /// A flag that the signals raise from now on; a second signal ends the process at once.
  static func cancellation() -> Cancellation {
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        Interruption.raised.cancel()
        signal(number, SIG_DFL)
      }
    }
    return raised
  }
}
