import Catalogue
import Configuration
import StateTracker
import Values
import VaultClient

/// What is checked before anything is written: approvals, and whether the token may do it all.
struct Preflight {
  private let context: RunContext
  private let mounts: MountTable

  init(_ context: RunContext, mounts: MountTable) {
    self.context = context
    self.mounts = mounts
  }

  private var target: Target { context.target }

  /// Says what destructive tasks destroy, counted on the server; where the environment is protected, they need an approval
  /// that covers it.
  ///
  /// - Throws: ``Problem`` naming the first task without one, and ``VaultError``.
  func checkApprovals(_ migration: Migration) throws {
    let name = target.environment.name
    let tasks = migration.tasks.filter { $0.scope.includes(name) }
    let losses = try LossCounter(client: target.client, catalogue: target.catalogue, mounts: mounts)
      .losses(of: tasks)
    for task in tasks {
      guard let losses = losses[task.path] else { continue }
      if target.environment.isProtected { try check(task.approvals[name], of: task, losses, migration) }
    }
    for path in losses.keys.sorted() {
      if let losses = losses[path] { context.report(.notice("destroys \(losses.text)", path: path)) }
    }
  }

  private func check(
    _ approval: Approval?,
    of task: Task,
    _ losses: Losses,
    _ migration: Migration
  ) throws(Problem) {
    let name = target.environment.name
    guard let approval else {
      throw Problem(
        .migrationInvalid,
        "migration \(migration.label) destroys \(losses.text) at \(task.path), which needs an approval for \(name)",
        at: context.project.location(of: migration),
        path: task.path.description,
        hint:
          "add \"\(Approval.example(losses, name, "why this may go"))\" to the task, and have it reviewed"
      )
    }
    let uncovered = approval.uncovered(losses.counted)
    guard !uncovered.isEmpty else { return }
    let approved = approval.losses.map { approved in
      Losses.words(uncovered.reduce(into: [:]) { $0[$1.key] = approved[$1.key] ?? .exactly(0) })
    }
    throw Problem(
      .worldChanged,
      "migration \(migration.label) destroys \(Losses.words(uncovered)) at \(task.path), and the approval for \(name) "
        + (approved.map { "covers \($0)" } ?? "names no number"),
      at: context.project.location(of: migration),
      path: task.path.description,
      hint:
        "look at what is there; if it may go, approve anew: \"\(Approval.example(losses, name, approval.reason))\""
    )
  }

  /// Asks once per namespace whether every path may be written, and read back.
  ///
  /// - Throws: ``Problem`` (permission denied) that lists what is missing.
  func checkCapabilities(_ tasks: [Task]) throws {
    let needs = tasks.filter { $0.scope.includes(target.environment.name) }.flatMap { self.needs(of: $0) }
    var lacking: Set<String> = []
    for (namespace, group) in Dictionary(grouping: needs, by: \.path.namespace) {
      // A namespace that this version makes cannot be asked about yet.
      guard let granted = try capabilities(of: group, in: namespace) else { continue }
      for need in group {
        let given = granted[need.path.path] ?? []
        if given.contains("root") { continue }
        if let wider = need.orRead, !(granted[wider.path] ?? []).isDisjoint(with: ["read", "root"]) {
          continue
        }
        if given.isDisjoint(with: need.anyOf) || (need.sudo && !given.contains("sudo")) {
          let names = (need.sudo ? ["sudo"] : []) + need.anyOf.sorted()
          lacking.insert("\(need.path) (\(names.joined(separator: ", ")))")
        }
      }
    }
    guard !lacking.isEmpty else { return }
    let listed = lacking.sorted()
    throw Problem(
      .permissionDenied,
      "the token lacks capabilities on \(listed.prefix(10).joined(separator: "; "))\(listed.count > 10 ? " and \(listed.count - 10) more" : "")",
      hint:
        "nothing was written; \"vault-migrations policy sync --env \(target.environment.name)\" prints the policy that the token needs"
    )
  }

  private struct Need {
    let path: VaultPath
    let anyOf: Set<String>
    let sudo: Bool
    /// A list that tells the same to whoever may read it.
    var orRead: VaultPath?
  }

  private func needs(of task: Task) -> [Need] {
    if task.action == .delete, task.manage != nil { return [] }
    if task.move != nil {
      return [
        Need(path: task.path.with(path: "sys/remount"), anyOf: ["create", "update"], sudo: true),
        Need(path: task.path.with(path: "sys/mounts"), anyOf: ["read"], sudo: false),
      ]
    }
    let endpoint = target.catalogue.endpoint(for: task.apiPath, mounts: mounts)
    var path = task.apiPath
    if let name = path.mountName {
      let base = (path.isMount ? "sys/mounts/" : "sys/auth/") + name.dropLast()
      let isTuned = task.action != .delete && context.layers.observed[path] != nil
      path = path.with(path: isTuned ? base + "/tune" : base)
    }
    // The id is not known here; policies name such paths by a pattern.
    if let byID = endpoint.lookedUpPath(for: path, id: "id") { path = byID }
    let isDeletion = task.action == .delete && !endpoint.deleteIsRefused
    var needs = [
      Need(path: path, anyOf: isDeletion ? ["delete"] : ["create", "update"], sudo: endpoint.needsSudo)
    ]
    let isRun = if case .run = task.action { true } else { false }
    switch isRun ? .nothing : endpoint.readPath(for: task.apiPath) {
    case .nothing: break
    case .named(let list, _):
      needs.append(Need(path: list, anyOf: ["list"], sudo: false))
      if !isDeletion, let create = endpoint.lookedUpPath(for: task.apiPath, id: nil) {
        needs.append(Need(path: create, anyOf: ["create", "update"], sudo: false))
      }
    case .itself: needs.append(Need(path: path, anyOf: ["read"], sudo: false))
    case .path(let other), .kvMetadata(let other):
      needs.append(Need(path: other, anyOf: ["read"], sudo: false))
    case .member(let list, let key):
      needs.append(Need(path: list.member(key), anyOf: ["read"], sudo: false, orRead: list))
    }
    for object in task.givenObjects where object.given.kind == .id {
      let source = object.idSource
      needs.append(Need(path: source.path, anyOf: [source.lists ? "list" : "read"], sudo: false))
    }
    for object in task.givenObjects where object.given.kind == .vault {
      needs.append(Need(path: object.path, anyOf: ["read"], sudo: false))
    }
    return needs + self.needs(of: task.terms, in: path.namespace)
  }

  private func needs(of terms: ActionTerms, in namespace: String) -> [Need] {
    var needs: [Need] = []
    for case .secret(let path, _) in terms.save.values {
      let secret = VaultPath(path, in: namespace)
      needs.append(Need(path: secret, anyOf: ["read"], sudo: false))
      needs.append(Need(path: secret, anyOf: ["create", "update"], sudo: false))
    }
    if let condition = terms.unless {
      let path = VaultPath(condition.path, in: namespace)
      if path.mountName == nil { needs.append(Need(path: path, anyOf: ["read"], sudo: false)) }
    }
    return needs
  }

  private func capabilities(of needs: [Need], in namespace: String) throws -> [String: Set<String>]? {
    do throws(VaultError) {
      let paths = Set(needs.map(\.path.path)).union(needs.compactMap(\.orRead?.path))
      return try target.client.asking("what the token may do") { () throws(VaultError) in
        try target.client.capabilities(of: paths.sorted(), namespace: namespace)
      }
    } catch {
      // Nor can a token be asked that may not even ask.
      if error.kind == .namespaceNotFound || error.kind == .denied { return nil }
      throw error
    }
  }
}
