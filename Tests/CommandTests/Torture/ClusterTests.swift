import Glibc
import Synchronization
import TestSupport
import Testing

/// A cluster whose leader dies in the middle of a run.
@Suite struct ClusterTests {
  @Test func `The leader of a cluster dies in the middle of a run, and nothing is lost`() async throws {
    try await TortureProject.with { torture in
      try await BaoCluster.with { cluster in
        let leader = try await cluster.leader()
        // As behind a load balancer that asks no questions: a standby passes requests on to the leader.
        let standby = try #require(cluster.nodes.first { $0.port != leader.port })
        let changes = Mutex(0)
        let rule: @Sendable (FaultProxy.Request, Int) -> FaultProxy.Fault = { request, _ in
          guard request.isChange else { return .pass }
          let count = changes.withLock { changes in
            changes += 1
            return changes
          }
          if count == 30 { kill(leader.pid, SIGKILL) }
          return .pass
        }
        try await torture.attempt("cluster", on: standby, rule: rule) { attempt in
          let status = try await attempt.start().wait()
          #expect(changes.withLock { $0 } >= 30, "the run ended too early: \(attempt.log)")
          let next = try await cluster.leader()
          #expect(next.port != leader.port)
          var attempt = attempt
          attempt.server = next
          let isComplete = try attempt.isComplete()
          #expect(status != 0 || isComplete, "a false success: \(attempt.log)")
          let losses = try await attempt.losses()
          #expect(losses == [], "\(attempt.log)")
        }
      }
    }
  }
}
