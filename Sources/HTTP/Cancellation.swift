import Synchronization

/// A flag, raised from any thread or from a signal handler, that asks a client to stop.
///
/// A client looks at it at least every tenth of a second. It starts nothing more, lets writes that are under way
/// finish (their outcome would be unknown otherwise), and throws ``Cancelled``.
package final class Cancellation: Sendable {
  private let flag = Atomic<Bool>(false)

  package init() {}

  /// Raises the flag; it cannot be lowered again.
  package func cancel() {
    flag.store(true, ordering: .releasing)
  }

  /// Whether the flag is raised.
  package var isCancelled: Bool {
    flag.load(ordering: .acquiring)
  }
}

/// Thrown when a ``Cancellation`` ended a batch.
///
/// Requests without a result by then were not started, or were reads that may be repeated.
package struct Cancelled: Error, Hashable, Sendable, CustomStringConvertible {
  package init() {}

  package var description: String { "the run was cancelled" }
}
