/// How many requests are in flight, and when the next may start.
///
/// Half as many after each refusal by a rate limit, one more after as many answers as are in flight. Where the way to the
/// server takes time, more are in flight, as far as answers do not take longer for it.
struct Throttle {
  /// The most that are allowed now.
  private(set) var limit: Int
  private(set) var window: Int
  private(set) var closedUntil: ContinuousClock.Instant?
  /// Whether the limit follows what the answers show.
  private let isAdaptive: Bool
  private var answers = 0
  /// The fastest answer, and all answers since the window was last looked at, in microseconds.
  private var fastest = Int.max
  private var total = 0
  private var timed = 0

  /// By default; more only queue up in a server on the same machine.
  private static let near = 16
  /// Where an answer takes longer than ``farAnswer``.
  private static let far = 64
  /// More than a server's own work on a read, in microseconds.
  private static let farAnswer = 1000
  /// The most that a server answers in a second on one machine, so that no more than this times the way are useful.
  private static let answersPerSecond = 12_000
  /// The streams that servers allow on one connection.
  static let most = 250
  /// Answers that take so many times the fastest one wait for each other.
  private static let patience = 4

  /// Starts with a fixed number, or with `nil` where the answers decide.
  init(limit: Int?) {
    self.limit = max(1, limit ?? Self.near)
    window = self.limit
    isAdaptive = limit == nil
  }

  /// Takes note of an answer, and of the microseconds between sending and its first byte.
  mutating func answered(after microseconds: Int) {
    if isAdaptive { learn(microseconds) }
    guard window < limit else { return }
    answers += 1
    if answers >= window {
      window += 1
      answers = 0
    }
  }

  private mutating func learn(_ microseconds: Int) {
    guard microseconds > 0 else { return }
    if microseconds < fastest {
      fastest = microseconds
      setLimit(useful)
    }
    total += microseconds
    timed += 1
    guard timed >= max(window, Self.near) else { return }
    let isCrowded = total / timed > Self.patience * fastest
    if isCrowded, limit > Self.near {
      setLimit(max(Self.near, limit * 3 / 4))
    } else if !isCrowded, limit < useful {
      setLimit(min(useful, limit + max(1, limit / 4)))
    }
    (total, timed) = (0, 0)
  }

  /// As many as keep a server at work that is this far away.
  private var useful: Int {
    guard fastest > Self.farAnswer else { return Self.near }
    return min(Self.most, max(Self.far, fastest * Self.answersPerSecond / 1_000_000))
  }

  private mutating func setLimit(_ new: Int) {
    if window == limit { window = new }
    window = min(window, new)
    limit = new
  }

  mutating func refused(until instant: ContinuousClock.Instant) {
    window = max(1, window / 2)
    answers = 0
    closedUntil = max(closedUntil ?? instant, instant)
  }

  /// Whether a request may start at `now`.
  func isOpen(at now: ContinuousClock.Instant) -> Bool {
    closedUntil.map { $0 <= now } ?? true
  }
}
