import Catalogue
import Configuration
import Values
import VaultClient

/// One-off actions: journalled before and after, and never repeated blindly.
extension VersionRun {
  /// What is known about an action before this run does anything about it.
  private enum ActionState {
    case open
    case done
    /// Not run, and not needed.
    case unneeded(ActionTerms.Condition)
  }

  /// Runs an action, unless an interrupted run has run it, or what it is for is there.
  func run(_ index: Int, _ arguments: Value) async throws {
    let task = migration.tasks[index]
    switch try state(of: task) {
    case .open:
      try await perform(task, arguments)
      finish(index, .run, .done, before: nil)
    case .done: finish(index, .run, .done, before: nil)
    case .unneeded(let condition):
      let kept = task.terms.save.isEmpty ? "" : ", and nothing was saved"
      context.report(.notice("was not run, because of \(condition.inWords)\(kept)", path: task.path))
      finish(index, .run, .adopted, before: nil)
    }
  }

  private func perform(_ task: Task, _ arguments: Value) async throws {
    let client = context.target.client
    let value = try resolved(arguments, for: task)
    let shown = try reader.probe(task.path, mounts: mounts)
    let now = context.target.serverTime
    try await journal.record([task.path: RunRecord.Step(progress: .intended, probe: shown, intendedAt: now)])
    try await context.lock.hold()
    let response: VaultResponse
    do throws(VaultError) {
      response = try client.perform(VaultRequest(.write, task.apiPath, body: value))
    } catch {
      return try await settle(error, task, since: shown)
    }
    try await keep(response, of: task, probe: shown)
    try check(response, task)
  }

  /// There is no answer: looks whether the action has run nevertheless.
  private func settle(_ error: VaultError, _ task: Task, since shown: String?) async throws {
    guard error.kind == .outcomeUnknown else {
      // Refused, or never sent: it did not run.
      let isRefused = error.status.map { (400..<500).contains($0) } ?? false
      if isRefused || error.kind == .unreachable || error.kind == .cancelled {
        try? await journal.forget(task.path)
      }
      throw failure(error, at: task)
    }
    guard try hasRun(task, since: shown) == true else { throw failure(error, at: task) }
    try checkAnswerIsKept(task, .operationFailed)
    try await journal.record([task.path: RunRecord.Step(progress: .done, probe: shown)])
  }

  private func state(of task: Task) throws -> ActionState {
    guard let step = journal.step(task.path) else {
      if let condition = task.terms.unless, try holds(condition, for: task) { return .unneeded(condition) }
      return .open
    }
    if step.progress == .done {
      // What an action answered cannot be asked for again, but somebody may want it badly enough.
      let isWanted = context.options.notRun.contains(task.path)
      return try isWanted && !lostFields(of: task).isEmpty ? .open : .done
    }
    if context.options.ran.contains(task.path) { return .done }
    if context.options.notRun.contains(task.path) { return .open }
    let answer = try context.settled(step, at: task.path) { try hasRun(task, since: step.probe) }
    guard let hasRun = answer else {
      throw Problem(
        .worldChanged,
        "an interrupted run may or may not have run \(task.path), and nothing on the server can tell",
        path: task.path.description,
        hint: "look at the server; then pass --ran \(task.path) or --not-run \(task.path)"
      )
    }
    if hasRun { try checkAnswerIsKept(task) }
    return hasRun ? .done : .open
  }

  /// Whether an action that was set out to run did; `nil` if nothing can tell.
  private func hasRun(_ task: Task, since before: String?) throws -> Bool? {
    // It did not hold when the run set out.
    if let condition = task.terms.unless { return try holds(condition, for: task) }
    if !task.terms.atMostOnce, let before, let now = try reader.probe(task.path, mounts: mounts) {
      return before != now
    }
    return nil
  }

  private func holds(_ condition: ActionTerms.Condition, for task: Task) throws -> Bool {
    let path = VaultPath(condition.path, in: task.path.namespace)
    guard let content = try reader.content(path, mounts: mounts) else { return false }
    guard let (name, wanted) = condition.field else { return true }
    guard let found = content[name] else { return false }
    do throws(Problem) {
      return try context.target.resolver.resolve(wanted, path: task.path.description).comparable
        == found.comparable
    } catch {
      throw failure(error, at: task)
    }
  }
}

// MARK: - Answers

extension VersionRun {
  /// Saves what is to be saved of an answer, and writes down that the action is done.
  ///
  /// Throws ``Problem`` for a field that the answer does not have, after everything else is saved.
  private func keep(_ response: VaultResponse, of task: Task, probe: String?) async throws {
    var step = RunRecord.Step(progress: .intended, probe: probe)
    var missing: [String] = []
    for (field, target) in task.terms.save.sorted(by: { $0.key < $1.key }) {
      guard let value = response.answered(field) else {
        missing.append(field)
        continue
      }
      do {
        try save(value, to: target, of: task)
      } catch let error as VaultError {
        throw failure(error, at: task)
      }
      step.saved.insert(field)
      try await journal.record([task.path: step])
    }
    step.progress = .done
    try await journal.record([task.path: step])
    guard !missing.isEmpty else { return }
    let fields = response.answeredFields
    throw failure(
      Problem(
        .operationFailed,
        "the action ran, but its answer has no \(missing.joined(separator: " and no "))"
          + (step.saved.isEmpty ? "" : "; the rest is saved"),
        hint: fields.isEmpty ? "the answer is empty" : "the answer has \(fields.joined(separator: ", "))"
      ),
      at: task
    )
  }

  private func save(_ value: Value, to target: SaveTarget, of task: Task) throws {
    switch target {
    case .name(let name):
      try context.target.ledger.save(
        Ledger.Saved(value: value, action: task.path, version: migration.version),
        as: name
      )
    case .secret(let path, let field):
      let writer = SecretWriter(
        client: context.target.client,
        catalogue: context.target.catalogue,
        mounts: mounts
      )
      try writer.set(field, to: value, at: VaultPath(path, in: task.path.namespace))
    }
    context.target.forgetValues(near: target.made(in: task.path.namespace), mounts)
  }

  /// The fields of an action's answer that are saved nowhere, as far as is known.
  private func lostFields(of task: Task) throws -> [String] {
    let step = journal.step(task.path)
    let names = task.terms.save.values.compactMap { if case .name(let name) = $0 { name } else { nil } }
    let saved = try context.target.ledger.saved(Set(names))
    return task.terms.save.filter { field, target in
      if step?.saved.contains(field) == true { return false }
      guard case .name(let name) = target, let found = saved[name] else { return true }
      return found.action != task.path || found.version != migration.version
    }.keys.sorted()
  }

  /// An interrupted run has run the action: its answer is lost unless it was saved before.
  private func checkAnswerIsKept(_ task: Task, _ code: Problem.Code = .worldChanged) throws {
    let lost = try lostFields(of: task)
    guard !lost.isEmpty else { return }
    let places = lost.compactMap { field in task.terms.save[field].map { "\(field) (as \($0))" } }
    throw Problem(
      code,
      "\(task.path) was run, but its answer was lost before \(places.joined(separator: ", ")) was saved",
      path: task.path.description,
      hint: "--not-run \(task.path) runs it again; --ran \(task.path) goes on without"
    )
  }
}

extension VaultResponse {
  /// A field of what an action answered; tokens come in a part of their own.
  fileprivate func answered(_ field: String) -> Value? {
    for part in [data, raw["auth"]] {
      if let value = part?[field], value != .null { return value }
    }
    return nil
  }

  fileprivate var answeredFields: [String] {
    [data, raw["auth"]].flatMap { ($0?.object ?? [:]).filter { $0.value != .null }.keys }.sorted()
  }
}

extension ActionTerms.Condition {
  fileprivate var inWords: String {
    field.map { "\($0.name) of \(path)" } ?? path
  }
}

extension Value {
  /// Numbers and flags may be written as texts.
  fileprivate var comparable: [UInt8] {
    switch self {
    case .number(let number): JSON.bytesExposingSecrets(.string(number.text))
    case .bool(let flag): JSON.bytesExposingSecrets(.string(flag ? "true" : "false"))
    default: JSON.bytesExposingSecrets(self)
    }
  }
}
