/// Lets only so many tests at a time start servers and programs, so that each runs as if it were alone.
package actor Turns {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// - Parameter count: How many may run at the same time.
  package init(_ count: Int) {
    free = count
  }

  /// Runs `body` when it is its turn.
  ///
  /// - Throws: What `body` throws.
  package nonisolated func take<Result>(_ body: () async throws -> Result) async throws -> Result {
    await begin()
    do {
      let result = try await body()
      await end()
      return result
    } catch {
      await end()
      throw error
    }
  }

  private func begin() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  private func end() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}
