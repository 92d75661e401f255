package import Catalogue
import Configuration
import StateTracker
package import Values

/// The way from what is declared at one version to what is declared at another, outside of the migrations.
///
/// Tasks, and what no task can bring back: pure, values in, values out.
package struct Undo: Sendable {
  /// What was found at a path before the versions that are taken back first touched it.
  package enum Before: Sendable, Hashable {
    case nothing
    /// What the server answered, secrets as fingerprints.
    case there(Value)
    /// The versions never changed it: they found it as they wanted it.
    case untouched
  }

  package private(set) var tasks: [Task] = []
  /// What the tasks declare, without the fields that only restore what nobody declared.
  private(set) var declared: [VaultPath: Value] = [:]
  /// Paths that are not ours any more, and stay on the server.
  private(set) var abandoned: Set<VaultPath> = []
  /// What cannot be taken back, in words.
  package private(set) var notices: [Notice] = []

  package struct Notice: Sendable, Hashable {
    package let path: VaultPath
    package let text: String
  }

  private let catalogue: Catalogue
  private let mounts: MountTable

  /// Compares two folds of one environment.
  ///
  /// - Parameters:
  ///   - from: What the environment has.
  ///   - to: What it is to have.
  ///   - paths: Looks at these alone; `nil` for all.
  ///   - runsActions: Whether actions that only `to` has are run, where what they were done in is made anew.
  ///   - catalogue: What is known about endpoints.
  ///   - before: What was there before, by path.
  package init(
    from: Fold,
    to: Fold,
    paths: Set<VaultPath>? = nil,
    runsActions: Bool = false,
    catalogue: Catalogue,
    before: (VaultPath) -> Before
  ) {
    self.catalogue = catalogue
    var mounts = from.mounts
    mounts.insert(contentsOf: to.mounts)
    self.mounts = mounts
    let all = Set(from.resources.keys).union(to.resources.keys)
    let different = all.filter { from.differs(from: to, at: $0) && paths?.contains($0) ?? true }
    let goneMounts = different.filter {
      ($0.isMount || $0.isAuthMethod) && to.resources[$0] == nil && before($0) == .nothing
        && from.manages[$0] == nil
    }
    for path in different.sorted() {
      let isTakenAlong = goneMounts.contains { $0.contains(path) }
      if let value = to.resources[path] {
        bring(path, value, from.resources[path], before(path))
      } else if let old = from.resources[path], !isTakenAlong {
        takeAway(path, old, before(path), from)
      }
    }
    let madeAnew = different.filter { from.resources[$0] == nil }
    for (path, arguments) in to.actions.sorted(by: { $0.key < $1.key })
    where from.actions[path] == nil && runsActions {
      guard madeAnew.contains(where: { $0.holds(path) }) else {
        notices.append(Notice(path: path, text: "has run before, and is not run again"))
        continue
      }
      tasks.append(Task(path: path, action: .run(arguments), terms: to.terms[path] ?? ActionTerms()))
    }
    for path in from.actions.keys.sorted()
    where to.actions[path] == nil && paths?.contains(path) ?? true
      && !goneMounts.contains(where: { $0.contains(path) })
    {
      notices.append(Notice(path: path, text: "has run, and what it made or changed cannot be taken back"))
    }
    for path in to.actions.keys.sorted() where from.actions[path] == nil && !runsActions {
      notices.append(Notice(path: path, text: "was lost with its mount, and is not run again"))
    }
    // What is shared stays so on the way back.
    for index in tasks.indices {
      let path = tasks[index].path
      tasks[index].manage = tasks[index].action == .delete ? from.manages[path] : to.manages[path]
    }
    tasks = TaskOrder(catalogue: catalogue, mounts: mounts).sorted(tasks)
  }

  private func endpoint(_ path: VaultPath) -> Endpoint { catalogue.endpoint(for: path, mounts: mounts) }

  /// A path that is declared there: it is written as declared, and what nobody declares there is put back.
  private mutating func bring(_ path: VaultPath, _ value: Value, _ old: Value?, _ before: Before) {
    declared[path] = value
    guard let old else {
      let lost = endpoint(path).loses.map { "\($0) are not brought back, and " } ?? ""
      notices.append(
        Notice(path: path, text: "is made anew: \(lost)what the server gives it, such as ids, is another")
      )
      tasks.append(Task(path: path, action: .write(value), was: .absent))
      return
    }
    var whole = value
    if case .there(let found) = before, var members = value.object {
      for (key, earlier) in earlierFields(found, of: old, at: path) where members[key] == nil {
        if !Change.Field(name: key, from: earlier, to: nil).isSensitive {
          members[key] = earlier.escapingReferences
        }
      }
      whole = .object(members)
    }
    tasks.append(Task(path: path, action: .write(whole), was: .value(old)))
  }

  /// What the fields that were written had before, in the form that they are written in.
  private func earlierFields(_ found: Value, of old: Value, at path: VaultPath) -> [String: Value] {
    let endpoint = endpoint(path)
    let found = found.object ?? [:]
    let known = FieldTable.builtIn.fields(of: endpoint)
    let written = endpoint.writtenForm(of: found, known: known)
    var fields: [String: Value] = [:]
    for key in (old.object ?? [:]).keys {
      fields[key] = written[key] ?? endpoint.resetValue(field: key)
      guard fields[key] == nil, let value = found[key] else { continue }
      // What is written as text, and read as a list or map, is what every new object has.
      let isOtherForm = known?.types[key] == .string && (value.object != nil || value.array != nil)
      if !isOtherForm { fields[key] = value }
    }
    return fields
  }

  /// Whether nobody had configured what is always there: it is taken away again, so that it has its defaults.
  private func isUntouched(_ before: Before, of old: Value, at path: VaultPath) -> Bool {
    let endpoint = endpoint(path)
    guard case .there(let found) = before, endpoint.kind == .resource, endpoint.isAlwaysThere,
      !endpoint.goesOnlyWithMount
    else { return false }
    let known = FieldTable.builtIn.fields(of: endpoint)
    let written = endpoint.writtenForm(of: found.object ?? [:], known: known)
    return Set((old.object ?? [:]).keys).isDisjoint(with: written.keys)
  }

  /// A path that is declared no longer: what the versions made goes, what they found is put back.
  private mutating func takeAway(_ path: VaultPath, _ old: Value, _ before: Before, _ from: Fold) {
    switch isUntouched(before, of: old, at: path) ? .nothing : before {
    case .nothing where endpoint(path).goesOnlyWithMount:
      abandoned.insert(path)
      notices.append(Notice(path: path, text: "stays: it goes only with its mount"))
    case .nothing:
      var task = Task(path: path, action: .delete, was: .value(old))
      for (inside, value) in from.content(of: path) { task.wasInside[inside.path] = value }
      tasks.append(task)
      if let field = endpoint(path).deletableIf {
        notices.append(Notice(path: path, text: "is deleted only if its \(field) is true by then"))
      }
    case .untouched: abandoned.insert(path)
    case .there(let found):
      abandoned.insert(path)
      let endpoint = endpoint(path)
      guard endpoint.kind != .kvData else {
        let version = found["current_version"]?.integer.map { " (version \($0))" } ?? ""
        notices.append(
          Notice(
            path: path,
            text: "was there before; its earlier values\(version) are kept by the engine alone"
          )
        )
        return
      }
      var members: [String: Value] = [:]
      for (key, earlier) in earlierFields(found, of: old, at: path).sorted(by: { $0.key < $1.key }) {
        if Change.Field(name: key, from: earlier, to: nil).isSensitive {
          notices.append(
            Notice(path: path, text: "\(key) was a secret of somebody else, and cannot be brought back")
          )
        } else {
          members[key] = earlier.escapingReferences
        }
      }
      guard !members.isEmpty else { return }
      tasks.append(Task(path: path, action: .write(.object(members)), was: .value(old)))
    }
  }

  /// What lies outside of the folds: a hand-written move of data was done, and stays done.
  mutating func note(onceTasksOf migrations: [Migration], environment: String) {
    for task in migrations.flatMap(\.tasks) where task.once && task.scope.includes(environment) {
      notices.append(
        Notice(path: task.path, text: "was done once, by hand-written tasks, and is not taken back")
      )
    }
  }

  /// A mount that got another path would be made anew at the old one: its data must not be lost that way.
  static func refuseMoves(_ migrations: [Migration], environment: String) throws(Problem) {
    let before = Migration.label((migrations.first?.version ?? 1) - 1)
    for migration in migrations {
      guard
        let move = migration.tasks.first(where: { $0.move != nil && $0.scope.includes(environment) })?.move
      else { continue }
      throw Problem(
        .usage,
        "migration \(migration.label) moved \(move.from) to \(move.to), which cannot be taken back at once",
        path: move.to.description,
        hint: "\"vault-migrations rollback --to \(before)\" writes the migration that moves it back"
      )
    }
  }

  /// The tasks as a migration that no file holds.
  func migration(version: Int, name: String) -> Migration {
    Migration(version: version, name: name, parent: nil, tasks: tasks)
  }
}

extension Value {
  /// A value of the server as a declaration: what looks like a reference in it is text.
  fileprivate var escapingReferences: Value {
    switch self {
    case .string(let text): .string(text.replacing("${", with: "$${"))
    case .array(let elements): .array(elements.map(\.escapingReferences))
    case .object(let members): .object(members.mapValues(\.escapingReferences))
    default: self
    }
  }
}

extension VaultPath {
  /// Whether something lies in this mount, or below this object: `auth/approle/role/web/secret-id` below its role.
  fileprivate func holds(_ other: VaultPath) -> Bool {
    contains(other) || other.namespace == namespace && other.path.hasPrefix(path + "/")
  }
}

extension [HistoryRecord] {
  /// What versions after one found at a path when the first of them touched it.
  func before(_ path: VaultPath, after version: Int) -> Undo.Before {
    var isTouched = false
    for record in self where record.version > version {
      for task in record.tasks where task.path == path && task.action != Change.Action.run.rawValue {
        isTouched = true
        if task.outcome == RunRecord.Progress.done.rawValue {
          return task.before.map(Undo.Before.there) ?? .nothing
        }
      }
    }
    return isTouched ? .untouched : .nothing
  }
}
