/// A request on its way through a batch: where it goes now, and what has been tried.
struct Job {
  let index: Int
  var url: String
  var origin: Origin
  /// The URL without its query.
  var shownURL: String
  var hops = 0
  var tries = 0
  /// Tries that ended in failure; those that a rate limit turned away do not count.
  var failures = 0
  var firstTry: ContinuousClock.Instant?
  var notBefore: ContinuousClock.Instant?
}

/// The jobs of a batch that are not in flight.
struct JobQueue {
  private var fresh: ArraySlice<Job>
  private var waiting: [Job] = []

  init(_ jobs: [Job]) {
    fresh = jobs[...]
  }

  var isEmpty: Bool { fresh.isEmpty && waiting.isEmpty }

  /// Takes the next job whose time has come, those that were tried before first.
  mutating func next(at now: ContinuousClock.Instant) -> Job? {
    if let index = waiting.firstIndex(where: { ($0.notBefore ?? now) <= now }) {
      return waiting.remove(at: index)
    }
    return fresh.popFirst()
  }

  /// Puts back a job to be started when its `notBefore` has come.
  mutating func put(back job: Job) {
    waiting.append(job)
  }

  /// Empties the queue.
  mutating func takeAll() -> [Job] {
    defer {
      fresh = []
      waiting = []
    }
    return waiting + fresh
  }

  /// Takes out all jobs for one server.
  mutating func takeAll(to origin: Origin) -> [Job] {
    let all = takeAll()
    fresh = all.filter { $0.origin != origin }[...]
    return all.filter { $0.origin == origin }
  }

  /// When the next waiting job may start; `nil` if none waits.
  var nextStart: ContinuousClock.Instant? {
    waiting.compactMap(\.notBefore).min()
  }
}

/// How many requests are in flight, and when the next may start, under a server's rate limit.
///
/// Half as many after each refusal, one more after as many answers as are in flight.
struct Throttle {
  private(set) var limit: Int
  private(set) var window: Int
  private(set) var closedUntil: ContinuousClock.Instant?
  private var answers = 0

  init(limit: Int) {
    self.limit = limit
    window = limit
  }

  mutating func raise(limit: Int) {
    if window == self.limit { window = limit }
    self.limit = limit
  }

  mutating func answered() {
    guard window < limit else { return }
    answers += 1
    if answers >= window {
      window += 1
      answers = 0
    }
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
