import Configuration
@testable import Migrations
import TestSupport
import Testing
import Values

/// Numbers and texts that nobody writes, unless by accident or to do harm: what a reader of the code tried, and what is like it.
@Suite struct HostileInputTests {
  private static let extremes = ["9223372036854775807", "-9223372036854775808", "0", "-1", "1e400", "\"x\""]

  @Test(arguments: extremes, extremes)
  func `A lock with times that nobody can calculate with is read`(renewedAt: String, ttl: String) throws {
    let text = #"{"run":"r","since":\#(renewedAt),"renewed_at":\#(renewedAt),"ttl":\#(ttl)}"#
    let lock = try #require(LockRecord(try JSON.parse(Array(text.utf8))))
    for time in [0, 1_800_000_000] {
      #expect(lock.isHeld(at: time) == (lock.expiresAt > time))
      #expect(lock.problem(at: time).message == "somebody is running on this environment (run r)")
    }
    #expect(lock.renewedAt >= 0 && lock.ttl >= 0)
  }

  @Test(arguments: ["9223372036854775807", "1000000000000000"])
  func `A migration with a number after which there is none is refused`(number: String) throws {
    var workspace = Workspace("desired_state: {}\n")
    workspace["migrations/\(number)-x.yaml"] = "version: \(number)\nname: x\ntasks: []\n"
    let path = ".vault-migrations/migrations/\(number)-x.yaml"
    let expected =
      "\(path):1:1: \(path) is not named like a migration "
      + "(migrations are named NNNN-name.yaml, with at least four digits)"
    #expect(try workspace.refusals() == [expected])
    #expect(try workspace.problems() == [expected])
  }

  @Test(arguments: [
    #"{"run":"r","version":1,"checksum":"x","steps":[{"path":"a/b","progress":"half done"}]}"#,
    #"{"run":"r","version":1,"checksum":"x","steps":[{"progress":"done"}]}"#, #"{"run":"r"}"#, "[]", #""x""#,
  ])
  func `The record of a run of which anything cannot be read is not passed over`(text: String) throws {
    let value = try JSON.parse(Array(text.utf8))
    #expect(RunRecord(value) == nil)
    #expect(!RunRecord.isNone(value))
  }

  @Test func `A run that is finished, deleted or never was is none`() {
    for value in [nil, Value.null, ["finished": "r"]] { #expect(RunRecord.isNone(value)) }
  }
}
