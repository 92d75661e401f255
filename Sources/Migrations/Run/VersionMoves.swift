import Catalogue
import Configuration
import Platform
import Values
import VaultClient

/// Mounts that get another path: what was sent and observed goes along.
extension VersionRun {
  /// Lets the records follow the moves that an interrupted run has made, before anything is judged by them.
  func followMoves() throws {
    for index in migration.tasks.indices {
      let task = migration.tasks[index]
      guard let move = task.move, task.scope.includes(context.target.environment.name) else { continue }
      if let step = journal.step(task.path) {
        _ = try context.settled(step, at: task.path) { try state(of: move) == .moved }
      }
      if try state(of: move) == .moved { try follow(move) }
    }
  }

  /// Moves a mount, unless it was moved already.
  func move(_ index: Int, _ move: MountMove) async throws {
    let task = migration.tasks[index]
    switch try state(of: move) {
    case .moved: finish(index, .move, .adopted, before: nil)
    case .waiting(let live):
      let now = context.target.serverTime
      let step = RunRecord.Step(progress: .intended, before: live, intendedAt: now)
      try await journal.record([task.path: step])
      try await context.lock.hold()
      try perform(move, task)
      try follow(move)
      let revoked = "leases and tokens that were given out through \(move.from) are revoked"
      context.report(.notice("keeps its data and its accessor; \(revoked)", path: task.path))
      finish(index, .move, .done, before: live)
    case .contradictory(let what):
      throw Problem(
        .worldChanged,
        "\(move.from) cannot be moved to \(move.to): \(what)",
        path: task.path.description,
        hint: "look at what is mounted; move or remove what is in the way by hand, then run again"
      )
    }
  }

  private enum MoveState: Equatable {
    case waiting(Value)
    case moved
    case contradictory(String)
  }

  private func state(of move: MountMove) throws -> MoveState {
    let live = try reader.read([move.from, move.to], mounts: mounts)
    return switch (live[move.from], live[move.to]) {
    case (let old?, nil): .waiting(old)
    case (nil, _?): .moved
    case (_?, _?): .contradictory("both are there")
    case (nil, nil): .contradictory("neither of them is there")
    }
  }

  private func perform(_ move: MountMove, _ task: Task) throws {
    let body: Value = ["from": .string(move.from.path), "to": .string(move.to.path)]
    let request = VaultRequest(.write, task.path.with(path: "sys/remount"), body: body)
    do throws(VaultError) {
      let response = try context.target.client.perform(request)
      guard let id = response.data?["migration_id"]?.string else { return }
      if try waitForMove(id, task) { return }
    } catch {
      if error.kind == .outcomeUnknown, (try? state(of: move)) == .moved { return }
      throw failure(error, at: task)
    }
    throw failure(
      Problem(
        .operationFailed,
        "the server has not moved \(move.from) to \(move.to)",
        hint: "look into the server's log"
      ),
      at: task
    )
  }

  /// The server moves behind its answer.
  ///
  /// - Returns: Whether it has, within a minute.
  private func waitForMove(_ id: String, _ task: Task) throws(VaultError) -> Bool {
    let status = VaultRequest(.read, task.path.with(path: "sys/remount/status/\(id)"))
    for _ in 0..<1200 {
      let info = try context.target.client.perform(status).data?["migration_info"]
      switch info?["status"]?.string {
      case "success": return true
      case "failure": return false
      default: Platform.pause(milliseconds: 50)
      }
    }
    return false
  }

  /// Renames what is recorded; fingerprints are made again, as they hold for one path only.
  ///
  /// What somebody else changed keeps its old record, so that it stays known as changed.
  private func follow(_ move: MountMove) throws {
    let layers = context.layers
    let paths = Set(layers.sent.keys).union(layers.observed.keys).compactMap { old in
      move.moved(old).map { (old: old, new: $0) }
    }
    guard !paths.isEmpty else { return }
    let live = try reader.read(paths.map(\.new), mounts: mounts)
    let before = fold.resources.filter { move.moved($0.key) != nil }
    var after: [VaultPath: Value] = [:]
    for (old, value) in before { after[move.moved(old) ?? old] = value }
    var sentAfter: [VaultPath: Value] = [:]
    for (old, new) in paths { sentAfter[new] = layers.sent[old] }
    let target = context.target
    let resolvedBefore = try target.fingerprinted(
      before,
      mounts,
      layers.sent,
      context.fingerprints,
      fold.manages
    )
    let resolvedAfter = try target.fingerprinted(
      after,
      mounts,
      sentAfter,
      context.fingerprints,
      Dictionary(fold.manages.map { (move.moved($0.key) ?? $0.key, $0.value) }, uniquingKeysWith: { $1 })
    )
    for (old, new) in paths {
      let endpoint = target.catalogue.endpoint(for: new, mounts: mounts)
      var observed = layers.observed[old]
      if let recorded = observed, let now = live[new],
        context.fingerprints.drift(from: recorded, to: now, at: old, endpoint).isEmpty
      {
        observed = context.fingerprints.replacingSecrets(in: now, at: new, endpoint)
      }
      let isUnchanged = layers.sent[old] == resolvedBefore[old]
      layers.move(old, to: new, sent: isUnchanged ? resolvedAfter[new] : layers.sent[old], observed: observed)
    }
  }
}
