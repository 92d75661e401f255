import Catalogue
import Platform
import Configuration
import Values
import VaultClient

/// Writes and deletions: a level at a time, many requests in flight.
extension VersionRun {
  private struct Sending {
    let index: Int
    let view: TaskView
    let request: VaultRequest
  }

  /// Requests of one level that are intended together; between these groups a run can be ended, and its lock renewed.
  private static let groupSize = 256

  /// Does the tasks of a level that the server does not have yet.
  func write(_ level: [Int]) async throws {
    if let only = level.first, isDoneOnce(only) { return finishOnce(only) }
    var sending: [Sending] = []
    for (index, view) in zip(level, try views(of: level)) {
      switch TaskDecision.decide(view, context.options) {
      case .stop(let problem): throw problem
      case .adopt(let notice):
        if let notice { context.report(.notice(notice, path: view.task.path)) }
        finish(index, view, .adopted)
      case .keep: finish(index, view, .kept)
      case .send: sending.append(Sending(index: index, view: view, request: try request(for: view)))
      }
    }
    for start in stride(from: 0, to: sending.count, by: Self.groupSize) {
      try await send(Array(sending[start..<min(start + Self.groupSize, sending.count)]))
    }
  }

  /// Whether an interrupted run did a task that is done once; what it reads from may be gone since.
  private func isDoneOnce(_ index: Int) -> Bool {
    let task = migration.tasks[index]
    return task.once && journal.step(task.path)?.progress == .done
  }

  private func finishOnce(_ index: Int) {
    let task = migration.tasks[index]
    let before = journal.step(task.path)?.before
    let action: Change.Action = task.action == .delete ? .delete : before == nil ? .create : .update
    finish(index, action, .done, before: before)
  }

  private func send(_ group: [Sending]) async throws {
    var steps: [VaultPath: RunRecord.Step] = [:]
    for item in group where journal.step(item.view.task.path)?.progress != .intended {
      let known = journal.step(item.view.task.path)
      var step = known ?? RunRecord.Step(progress: .intended, before: before(item.view))
      step.progress = .intended
      step.isRevert = context.options.revert.contains(item.view.task.path)
      steps[item.view.task.path] = step
    }
    try await journal.record(steps)
    var rest = group[...]
    while !rest.isEmpty { rest = try await sendWhileLocked(rest) }
    try awaitDeletions(group.map(\.view.task))
  }

  /// Sends as much as the lock protects without being renewed.
  ///
  /// - Returns: What is left.
  private func sendWhileLocked(_ group: ArraySlice<Sending>) async throws -> ArraySlice<Sending> {
    try await context.lock.hold()
    try revokeLeases(of: group.map(\.view.task))
    let deadline = ContinuousClock.now + context.lock.workingTime
    let client = context.target.client
    let results = client.asking("a task of \(migration.label)") {
      client.perform(group.map(\.request), startingBefore: deadline)
    }
    var left: [Sending] = []
    var failure: (any Error)?
    for (item, result) in zip(group, results) {
      guard let result else {
        left.append(item)
        continue
      }
      do {
        try settle(item, result)
        finish(item.index, item.view, .done)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
    return left[...]
  }

  /// A namespace is deleted behind the answer, and its parent cannot go before it is gone.
  private func awaitDeletions(_ tasks: [Task]) throws {
    let namespaces = tasks.filter { $0.action == .delete && $0.path.path.hasPrefix("sys/namespaces/") }.map(
      \.path
    )
    for _ in 0..<200 where try !namespaces.isEmpty && !reader.read(namespaces, mounts: mounts).isEmpty {
      Platform.pause(milliseconds: 50)
    }
  }

  /// What is known about tasks, with what is there now.
  ///
  /// What does not exist yet has no accessor or id, so nothing that is there can hold it: ahead of time a placeholder does.
  func views(of level: [Int], absent: GivenValues.Absence = .refused) throws -> [TaskView] {
    let tasks = level.map { migration.tasks[$0] }
    let given = try GivenValues(
      of: tasks.reduce(into: []) { $0.formUnion($1.givenObjects.union($1.givenObjectsBefore)) },
      from: context.target,
      mounts: mounts
    )
    var versions: [VaultPath: Int] = [:]
    let new = Set(tasks.lazy.filter { $0.was == .absent }.map(\.path))
    var live = try context.target.client.asking("what tasks of \(migration.label) meet") {
      try reader.read(tasks.map(\.path), mounts: mounts, doubting: new) { path, answer in
        let endpoint = endpoint(at: path)
        let field = endpoint.kind == .kvData ? "current_version" : endpoint.checkAndSet?.version
        versions[path] = field.flatMap { answer[$0]?.integer }
      }
    }
    let (ids, owners) = try identify(tasks, &live)
    // Secrets are read only where their version alone cannot tell whether they are ours.
    let unpaired = tasks.filter { task in
      guard let now = live[task.path], task.action != .delete, endpoint(of: task).kind == .kvData else {
        return false
      }
      return journal.step(task.path) != nil || context.layers.observed[task.path] != now
    }
    let content = try reader.readSecretData(unpaired.map(\.path))
    return try tasks.map { task in
      let values = try values(of: task, given, absent, isThere: live[task.path] != nil)
      var view = view(of: task, values, live: live[task.path], content: content[task.path])
      view.id = ids[task.path]
      view.owner = owners[task.path]
      view.version = versions[task.path]
      return view
    }
  }

  /// The ids of objects that the server knows by those alone.
  ///
  /// An alias that a login made belongs to nobody yet, so that its entity does not count.
  private func identify(
    _ tasks: [Task],
    _ live: inout [VaultPath: Value]
  ) throws -> (ids: [VaultPath: String], owners: [VaultPath: Value]) {
    var owners: [VaultPath: Value] = [:]
    let named = tasks.filter { endpoint(of: $0).lookup != nil && live[$0.path] != nil }.map(\.path)
    guard !named.isEmpty else { return ([:], [:]) }
    let unknown = named.filter {
      $0.path.hasPrefix("identity/entity-alias/") && context.layers.observed[$0] == nil
    }
    for path in try reader.ownedByLogins(live.filter { unknown.contains($0.key) }) {
      guard case .object(var members)? = live[path] else { continue }
      owners[path] = members.removeValue(forKey: "canonical_id")
      live[path] = .object(members)
    }
    return (try reader.ids(of: named, mounts: mounts), owners)
  }

  /// What a task writes, and what it says was there, both resolved.
  private func values(
    of task: Task,
    _ given: GivenValues,
    _ absent: GivenValues.Absence,
    isThere: Bool
  ) throws -> (new: Value?, was: Value?) {
    var new: Value?
    if case .write(let whole) = task.action {
      let declared = isThere ? task.manage?.withoutServers(whole) ?? whole : whole
      do throws(Problem) {
        new = try resolve(declared, for: task, given, absent: absent).marking(secretsOf: endpoint(of: task))
      } catch {
        throw failure(error, at: task)
      }
    }
    guard case .value(let declared)? = task.was else { return (new, nil) }
    return (new, try? resolve(declared, for: task, given))
  }

  private func view(
    of task: Task,
    _ values: (new: Value?, was: Value?),
    live: Value?,
    content: Value?
  ) -> TaskView {
    let endpoint = endpoint(of: task)
    let (value, was) = values
    return TaskView(
      task: task,
      endpoint: endpoint,
      value: value,
      fingerprinted: value.map { context.fingerprints.replacingSecrets(in: $0, at: task.path, endpoint) },
      was: was,
      sent: context.layers.sent[task.path],
      recorded: context.layers.observed[task.path].map { task.manage?.restrict($0, endpoint) ?? $0 },
      live: live,
      content: content,
      wasIntended: journal.step(task.path) != nil,
      fingerprints: context.fingerprints,
      isOurs: journal.isCorrection && journal.step(task.path) != nil || journal.hasMade(mountOf: task.path)
    )
  }

  /// What is sent for a task.
  func request(for view: TaskView) throws -> VaultRequest {
    let builder = RequestBuilder(catalogue: context.target.catalogue, mounts: mounts)
    guard var value = view.value, let fingerprinted = view.fingerprinted else {
      let declared = view.sent ?? view.was ?? .object([:])
      return try builder.delete(view.task.path, declared: declared, id: view.id)
    }
    if context.options.revert.contains(view.task.path) {
      let restoration = Restoration(value, view)
      value = restoration.value
      if !restoration.lost.isEmpty { lost[view.task.path] = restoration.lost }
    }
    let basis = RequestBuilder.Basis(
      sent: view.sent,
      live: view.live,
      fingerprinted: fingerprinted,
      taken: journal.step(view.task.path)?.secrets ?? [:],
      id: view.id,
      version: view.version
    )
    let whole = try reader.including(value, of: view.task, view.endpoint, isThere: view.live != nil)
    return try builder.write(whole, at: view.task.path, basis)
  }

  /// Makes sure that a request did what it should: one whose answer was lost is looked for on the server.
  private func settle(_ item: Sending, _ result: Result<VaultResponse, VaultError>) throws {
    let task = item.view.task
    do {
      try check(try result.get(), task)
    } catch let error as VaultError where error.kind == .outcomeUnknown {
      let view = try views(of: [item.index])[0]
      let isDone =
        task.action == .delete
        ? view.live == nil : view.live != nil && TaskDecision.decide(view, context.options) != .send
      if !isDone { try check(try context.target.client.perform(item.request), task) }
    } catch let error as VaultError {
      throw failure(error, at: task)
    }
  }

  private func before(_ view: TaskView) -> Value? {
    guard var found = view.live else { return nil }
    if let owner = view.owner, case .object(var members) = found {
      members["canonical_id"] = owner
      found = .object(members)
    }
    return context.fingerprints.replacingSecrets(in: found, at: view.task.path, view.endpoint)
  }

  private func finish(_ index: Int, _ view: TaskView, _ progress: RunRecord.Progress) {
    // A step knows what was there before an interrupted run wrote, also when that was nothing.
    let before = if let step = journal.step(view.task.path) { step.before } else { before(view) }
    let action: Change.Action = view.task.action == .delete ? .delete : before == nil ? .create : .update
    if progress == .done, let value = view.fingerprinted {
      journal.note(view.task.path, secrets: view.endpoint.keptSecrets(in: value))
    }
    finish(index, action, progress, before: before)
  }
}
