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
