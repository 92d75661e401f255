import Catalogue
@testable import Migrations
import TestSupport
import Testing
import Values

/// Everything that a decision looks at, for one task.
private struct Scene {
  var path = "auth/approle/role/web"
  var action: Task.Action?
  /// What the task writes; `nil` deletes.
  var value: Value? = ["token_ttl": "30m", "token_policies": ["web"]]
  var was: Value?
  var sent: Value?
  var recorded: Value?
  var live: Value?
  var content: Value?
  var wasIntended = false

  private var mounts: MountTable {
    var table = MountTable()
    table.insert(path: VaultPath("auth/approle"), type: "approle")
    table.insert(path: VaultPath("secret/"), type: "kv-v2")
    table.insert(path: VaultPath("pki/"), type: "pki")
    table.insert(path: VaultPath("transit/"), type: "transit")
    return table
  }

  var fingerprints: Fingerprints { Fingerprints(key: [1, 2, 3]) }

  var endpoint: Endpoint { Catalogue.builtIn.endpoint(for: VaultPath(path), mounts: mounts) }

  func fingerprinted(_ value: Value) -> Value {
    fingerprints.replacingSecrets(in: value, at: VaultPath(path), endpoint)
  }

  /// As for a task that says that nothing was there.
  func decideAsNew() -> TaskDecision {
    decide(isNew: true)
  }

  func decide(keep: Bool = false, revert: Bool = false, isNew: Bool = false) -> TaskDecision {
    var options = RunOptions()
    if keep { options.keep = [VaultPath(path)] }
    if revert { options.revert = [VaultPath(path)] }
    let task = Task(
      path: VaultPath(path),
      action: action ?? value.map(Task.Action.write) ?? .delete,
      was: isNew ? .absent : was.map(Task.Was.value)
    )
    return TaskDecision.decide(
      TaskView(
        task: task,
        endpoint: endpoint,
        value: value,
        fingerprinted: value.map(fingerprinted),
        was: was,
        sent: sent,
        recorded: recorded,
        live: live,
        content: content,
        wasIntended: wasIntended,
        fingerprints: fingerprints
      ),
      options
    )
  }

  func stop(_ message: String) -> TaskDecision {
    .stop(
      Problem(
        .worldChanged,
        "\(path) \(message)",
        path: path,
        hint: message.contains("somebody else")
          ? "look with drift; then --revert \(path) overwrites it, --keep \(path) leaves it"
          : "--revert \(path) overwrites it, --keep \(path) leaves it; baseline takes a server as it is"
      )
    )
  }
}

/// What a server holds of the role after another write.
private let written: Value = ["token_ttl": 1_800, "token_policies": ["web"], "token_max_ttl": 0]
private let older: Value = ["token_ttl": 3_600, "token_policies": ["app"], "token_max_ttl": 0]

/// What is done about a task, given what is there (DESIGN section 6, step 4).
@Suite struct TaskDecisionTests {
  @Suite struct WithoutRecord {
    @Test func `What is absent is written`() {
      #expect(Scene().decide() == .send)
      #expect(Scene(was: ["token_ttl": "1h"]).decide() == .send)
    }

    @Test func `What the server has already, by type, is adopted`() {
      #expect(Scene(live: written).decide() == .adopt(notice: nil))
    }

    @Test func `What cannot be compared is said when something is adopted`() {
      let scene = Scene(value: ["token_ttl": "30m", "role_id": "web"], live: written)
      #expect(
        scene.decide() == .adopt(notice: "is there already; role_id cannot be compared and was not sent")
      )
    }

    @Test func `What is as the task says it was, is overwritten`() {
      #expect(Scene(was: ["token_ttl": "1h", "token_policies": ["app"]], live: older).decide() == .send)
    }

    @Test func `Anything else stops, field by field, unless the user named the path`() {
      let scene = Scene(was: ["token_ttl": "2h"], live: older)
      #expect(
        scene.decide()
          == scene.stop(
            "exists already and is not what the migration writes: "
              + "token_policies ([\"web\"] → [\"app\"]), token_ttl (\"30m\" → 3600)"
          )
      )
      #expect(scene.decide(keep: true) == .keep)
      #expect(scene.decide(revert: true) == .send)
    }

    @Test func `A stop lists eight fields at most`() {
      let value = Value.object(Dictionary(uniqueKeysWithValues: (0..<12).map { ("f\($0)", 1) }))
      let live = Value.object(Dictionary(uniqueKeysWithValues: (0..<12).map { ("f\($0)", 2) }))
      guard case .stop(let problem) = Scene(path: "weird/x", value: value, live: live).decide() else {
        Issue.record("it must stop")
        return
      }
      #expect(problem.message.components(of: " → ") == 8)
      #expect(problem.code.exitStatus == 3)
    }
  }

  @Suite struct WithRecord {
    @Test func `Unchanged since it was recorded, it is written`() {
      #expect(Scene(sent: ["token_ttl": "1h"], recorded: older, live: older).decide() == .send)
    }

    @Test func `Unchanged, and the same was sent already: nothing is sent`() {
      let scene = Scene()
      #expect(
        Scene(sent: scene.value.map(scene.fingerprinted), recorded: older, live: older).decide()
          == .adopt(notice: nil)
      )
    }

    @Test func `A field that the server changes by itself is no change`() {
      let live: Value = [
        "token_ttl": 3_600, "token_policies": ["app"], "token_max_ttl": 0, "last_update_time": "now",
      ]
      #expect(Scene(recorded: older, live: live).decide() == .send)
    }

    @Test func `Changed by somebody to what the task writes: adopted`() {
      #expect(Scene(recorded: older, live: written).decide() == .adopt(notice: nil))
    }

    @Test func `Changed by somebody to anything else stops, unless the user named the path`() {
      let live: Value = ["token_ttl": 60, "token_policies": ["app"], "token_max_ttl": 0]
      let scene = Scene(was: ["token_ttl": 60, "token_policies": ["app"]], recorded: older, live: live)
      #expect(
        scene.decide() == scene.stop("was changed on the server by somebody else: token_ttl (3600 → 60)")
      )
      #expect(scene.decide(keep: true) == .keep)
      #expect(scene.decide(revert: true) == .send)
    }

    @Test func `Deleted by somebody stops, unless the user named the path`() {
      let scene = Scene(recorded: older)
      #expect(scene.decide() == scene.stop("was deleted on the server by somebody else"))
      #expect(scene.decide(keep: true) == .keep)
      #expect(scene.decide(revert: true) == .send)
    }

    @Test func `A stop names a secret field and shows nothing of it`() {
      var scene = Scene(path: "weird/x", value: ["password": .secret(Secret("new"))])
      scene.recorded = scene.fingerprinted(["password": .secret(Secret("hunter2")), "ttl": 1])
      scene.live = ["password": .secret(Secret("hunter3")), "ttl": 1]
      #expect(scene.decide() == scene.stop("was changed on the server by somebody else: password"))
      scene.live = ["password": .secret(Secret("hunter2")), "ttl": 1]
      #expect(scene.decide() == .send, "the same secret is no change")
    }
  }

  @Suite struct Locked {
    @Test func `What must be unlocked before the server deletes it stops the run`() {
      let live: Value = ["type": "hmac", "deletion_allowed": false]
      let scene = Scene(
        path: "transit/keys/orders",
        value: nil,
        sent: ["type": "hmac"],
        recorded: live,
        live: live
      )
      guard case .stop(let problem) = scene.decide() else {
        Issue.record("it is deleted")
        return
      }
      #expect(problem.message.contains("while its deletion_allowed is false"))
      let open: Value = ["type": "hmac", "deletion_allowed": true]
      let other = Scene(
        path: "transit/keys/orders",
        value: nil,
        sent: ["type": "hmac"],
        recorded: open,
        live: open
      )
      #expect(other.decide() == .send)
    }
  }

  @Suite struct AfterInterruption {
    @Test func `What the task writes is there: it was our own write`() {
      #expect(Scene(recorded: older, live: written, wasIntended: true).decide() == .adopt(notice: nil))
      #expect(Scene(live: written, wasIntended: true).decide() == .adopt(notice: nil))
    }

    @Test func `What no read can show is sent again`() {
      let value: Value = ["token_ttl": "30m", "role_id": "web"]
      #expect(Scene(value: value, live: written, wasIntended: true).decide() == .send)
    }

    @Test func `What removes fields is sent, as the fields that stay tell nothing`() {
      let live: Value = ["token_ttl": 1_800, "token_policies": ["web"], "token_num_uses": 3]
      let sent: Value = ["token_ttl": "30m", "token_policies": ["web"], "token_num_uses": 3]
      #expect(Scene(sent: sent, recorded: live, live: live, wasIntended: true).decide() == .send)
      // It arrived: what is there is no longer what was recorded.
      #expect(
        Scene(sent: sent, recorded: live, live: written, wasIntended: true).decide() == .adopt(notice: nil)
      )
    }

    @Test func `What was there before is still there: the write never arrived`() {
      #expect(Scene(recorded: older, live: older, wasIntended: true).decide() == .send)
      #expect(Scene(wasIntended: true).decide() == .send)
    }

    @Test func `What vanished may be our own doing, and is written again`() {
      #expect(Scene(recorded: older, wasIntended: true).decide() == .send)
    }

    @Test func `Anything else was somebody else`() {
      let live: Value = ["token_ttl": 60, "token_policies": ["app"], "token_max_ttl": 0]
      let scene = Scene(recorded: older, live: live, wasIntended: true)
      #expect(
        scene.decide() == scene.stop("was changed on the server by somebody else: token_ttl (3600 → 60)")
      )
    }
  }

  @Suite struct Deletions {
    private let was: Value = ["token_ttl": "1h", "token_policies": ["app"]]

    @Test func `What is gone already needs no deletion`() {
      #expect(Scene(value: nil, was: was).decide() == .adopt(notice: nil))
      #expect(Scene(value: nil, was: was, recorded: older).decide() == .adopt(notice: nil))
    }

    @Test func `What is as it was recorded, or as the task says, is deleted`() {
      #expect(Scene(value: nil, was: was, recorded: older, live: older).decide() == .send)
      #expect(Scene(value: nil, was: was, live: older).decide() == .send)
    }

    @Test func `What somebody changed is not deleted, unless the user named the path`() {
      let changed = Scene(value: nil, was: was, recorded: older, live: written)
      #expect(
        changed.decide()
          == changed.stop(
            "was changed on the server by somebody else: "
              + "token_policies ([\"app\"] → [\"web\"]), token_ttl (3600 → 1800)"
          )
      )
      #expect(changed.decide(keep: true) == .keep)
      #expect(changed.decide(revert: true) == .send)
      let unknown = Scene(value: nil, was: was, live: written)
      #expect(
        unknown.decide()
          == unknown.stop(
            "is not what the migration says it deletes: "
              + "token_policies ([\"app\"] → [\"web\"]), token_ttl (\"1h\" → 1800)"
          )
      )
    }
  }

  @Suite struct OtherKinds {
    @Test func `What is there from the start is configured like anything new`() {
      var scene = Scene(path: "sys/config/cors", value: ["allowed_origins": ["https://a"]])
      scene.live = ["enabled": false]
      #expect(scene.decideAsNew() == .send)
      scene.live = ["enabled": true, "allowed_origins": ["https://b"]]
      #expect(scene.decideAsNew() != .send)
      scene = Scene(path: "sys/quotas/config", value: ["rate_limit_exempt_paths": ["sys/health"]])
      scene.live = ["rate_limit_exempt_paths": ["sys/health", "pki/crl"]]
      #expect(scene.decideAsNew() != .send)
    }

    @Test func `What cannot be read is always sent`() {
      #expect(
        Scene(path: "pki/root/generate/internal", action: .run(["common_name": "x"]), value: [:]).decide()
          == .send
      )
    }

    private func secret(_ text: String) -> Value { ["data": ["api_key": .secret(Secret(text))]] }

    @Test func `A secret is compared by its version, where that is recorded`() {
      var scene = Scene(path: "secret/data/app", value: secret("a"), recorded: ["current_version": 3])
      scene.live = ["current_version": 3]
      #expect(scene.decide() == .send)
      scene.sent = scene.fingerprinted(secret("a"))
      #expect(scene.decide() == .adopt(notice: nil))
      scene.live = ["current_version": 4]
      scene.content = ["api_key": "a"]
      #expect(scene.decide() == .adopt(notice: nil), "somebody wrote the same")
      scene.content = ["api_key": "b"]
      #expect(
        scene.decide() == scene.stop("was changed on the server by somebody else: current_version (3 → 4)")
      )
    }

    @Test func `A secret without a record is compared by value, and never shown`() {
      var scene = Scene(path: "secret/data/app", value: secret("a"), live: ["current_version": 1])
      scene.content = ["api_key": "a"]
      #expect(scene.decide() == .adopt(notice: nil))
      scene.content = ["api_key": "b"]
      #expect(scene.decide() == scene.stop("exists already and is not what the migration writes"))
      scene.content = nil
      #expect(scene.decide() == scene.stop("exists already and is not what the migration writes"))
    }
  }
}

extension String {
  fileprivate func components(of separator: String) -> Int { ranges(of: separator).count }
}
