@testable import HTTP
import Testing

/// How many requests are in flight follows what answers show.
@Suite struct ThrottleTests {
  private func answered(_ throttle: inout Throttle, _ times: Int, after microseconds: Int) {
    for _ in 0..<times { throttle.answered(after: microseconds) }
  }

  @Test func `a server on the same machine gets sixteen at once`() {
    var throttle = Throttle(limit: nil)
    answered(&throttle, 1000, after: 300)
    #expect(throttle.window == 16)
  }

  @Test(arguments: [(1500, 64), (5000, 64), (12_000, 144), (20_000, 240), (200_000, 250)])
  func `the farther the server, the more are on their way`(time: Int, expected: Int) {
    var throttle = Throttle(limit: nil)
    answered(&throttle, 1, after: time)
    #expect(throttle.window == expected)
  }

  @Test func `one slow answer among fast ones changes nothing`() {
    var throttle = Throttle(limit: nil)
    throttle.answered(after: 300)
    throttle.answered(after: 40_000)
    #expect(throttle.window == 16)
  }

  @Test func `answers that wait for each other are fewer, until they do no longer`() {
    var throttle = Throttle(limit: nil)
    answered(&throttle, 1, after: 20_000)
    #expect(throttle.window == 240)
    answered(&throttle, 240, after: 200_000)
    #expect(throttle.window == 180)
    answered(&throttle, 5000, after: 200_000)
    #expect(throttle.window == 16)
    answered(&throttle, 10_000, after: 25_000)
    #expect(throttle.window == 240)
  }

  @Test func `a number that the user gives stays`() {
    var throttle = Throttle(limit: 5)
    answered(&throttle, 100, after: 50_000)
    #expect(throttle.window == 5)
  }

  @Test func `a refusal halves, and answers bring back one after another`() {
    var throttle = Throttle(limit: 16)
    throttle.refused(until: .now)
    #expect(throttle.window == 8)
    answered(&throttle, 8, after: 300)
    #expect(throttle.window == 9)
    #expect(throttle.limit == 16)
  }
}
