import Catalogue
import Values

/// Writes down what the schema says and the migrations do not yet: pure, from values to a migration.
package struct Generator {
  private let project: Project
  private let catalogue: Catalogue
  /// What every environment has, and what it is to have.
  private let states: [(environment: String, fold: Fold, schema: Fold)]
  private let moves: MoveChoice
  private var movesMade: Set<MountMove> = []
  private var problems: [Problem] = []

  /// The next migration, or `nil` when the migrations already give the schema.
  ///
  /// - Parameters:
  ///   - project: Schema and migrations.
  ///   - name: `nil` takes one from what changes.
  ///   - approvals: Reasons by environment, for the destructive tasks.
  ///   - moves: What the user says about mounts that look moved.
  ///   - once: Tasks that somebody wrote by hand, done between what is made and what is deleted.
  /// - Returns: A migration that follows from the last one.
  /// - Throws: ``Problems`` for a change that no migration can make, such as another type of mount.
  package static func next(
    for project: Project,
    name: String? = nil,
    approvals: [String: String] = [:],
    moves: MoveChoice = MoveChoice(),
    once: [Task] = []
  ) throws -> Migration? {
    let catalogue = project.catalogue
    var generator = try Generator(project: project, moves: moves)
    let mounts = generator.mounts
    var tasks = generator.tasks(mounts)
    generator.refuseUnused(moves)
    // One change is refused in every environment that it is for, but told once.
    try Problems.check(
      Set(generator.problems).sorted { ($0.path ?? "", $0.message) < ($1.path ?? "", $1.message) }
    )
    tasks.insert(contentsOf: once, at: tasks.firstIndex { $0.action == .delete } ?? tasks.endIndex)
    guard !tasks.isEmpty else { return nil }
    if !approvals.isEmpty {
      for index in tasks.indices where tasks[index].losses(catalogue, mounts) != nil {
        tasks[index].approvals = approvals.mapValues { Approval(reason: $0) }
      }
    }
    let version = (project.migrations.last?.version ?? 0) + 1
    let migration = Migration(
      version: version,
      name: try migrationName(name, version, tasks),
      parent: project.migrations.last?.checksum,
      tasks: tasks
    )
    try Problems.check(OnceCheck(project).problems(of: migration))
    return migration
  }

  /// A version without tasks, which stands for all before it.
  ///
  /// - Parameters:
  ///   - project: Schema and migrations, which must say the same.
  ///   - name: `nil` calls it `checkpoint`.
  /// - Returns: A migration that follows from the last one; `nil` when that is a checkpoint.
  /// - Throws: ``Problem`` when there is nothing to stand for, or the schema says more.
  package static func checkpoint(for project: Project, name: String? = nil) throws -> Migration? {
    guard let last = project.migrations.last else {
      throw Problem(
        .usage,
        "there is no migration yet that a checkpoint could stand for",
        hint: "run generate without --checkpoint first"
      )
    }
    guard try next(for: project) == nil else {
      throw Problem(
        .usage,
        "the schema has changes that are in no migration yet",
        hint: "run generate for them, or take them back with git, before the checkpoint"
      )
    }
    guard !last.isCheckpoint else { return nil }
    let version = last.version + 1
    return Migration(
      version: version,
      name: try migrationName(name ?? "checkpoint", version, []),
      parent: last.checksum,
      tasks: [],
      isCheckpoint: true
    )
  }

  private init(project: Project, moves: MoveChoice) throws(Problem) {
    self.project = project
    self.moves = moves
    catalogue = project.catalogue
    var states: [(String, Fold, Fold)] = []
    for environment in project.differingEnvironments {
      let fold = try Fold(project.migrations, environment: environment)
      states.append((environment, fold, project.schema.content(in: environment)))
    }
    self.states = states
  }

  // MARK: - Differences

  private mutating func tasks(_ mounts: MountTable) -> [Task] {
    var found: [Task: Set<String>] = [:]
    for state in states {
      let alike = project.environments(like: state.environment)
      for task in differences(from: state.fold, to: state.schema) {
        found[task, default: []].formUnion(alike)
      }
    }
    let environments = Validator.environments(of: project.settings)
    let scoped = found.map { task, names in
      var task = task
      task.scope = Scope(names, of: environments)
      return task
    }
    return TaskOrder(catalogue: catalogue, mounts: mounts).sorted(scoped)
  }

  /// The old and the new mounts: tasks are about objects of both.
  private var mounts: MountTable {
    states.reduce(into: MountTable()) { table, state in
      table.insert(contentsOf: state.fold.mounts)
      table.insert(contentsOf: state.schema.mounts)
    }
  }

  private mutating func differences(from fold: Fold, to schema: Fold) -> [Task] {
    guard fold != schema else { return [] }
    let mounts = schema.mounts
    var fold = fold
    var tasks = moves(in: &fold, to: schema)
    for (path, value) in schema.resources where fold.differs(from: schema, at: path) {
      let old = fold.resources[path]
      if let old, old["type"] != value["type"], path.isMount || path.isAuthMethod {
        refuseOtherType(path, old)
        continue
      }
      if let old { refuseImmutable(path, old, value, mounts) }
      let was = old.map(Task.Was.value) ?? .absent
      tasks.append(Task(path: path, action: .write(value), was: was, manage: schema.manages[path]))
    }
    let deleted = fold.resources.filter { schema.resources[$0.key] == nil }
    let deletedMounts = deleted.keys.filter { path in
      (path.isMount || path.isAuthMethod) && fold.manages[path] == nil
    }.sorted()
    for (path, old) in deleted {
      let isTakenAlong = deletedMounts.contains { $0 != path && $0.contains(path) }
      guard !isTakenAlong else { continue }
      var task = Task(path: path, action: .delete, was: .value(old), manage: fold.manages[path])
      for (inside, value) in fold.content(of: path) where deletedMounts.contains(path) {
        task.wasInside[inside.path] = value
      }
      tasks.append(task)
    }
    for path in Array(schema.resources.keys) + schema.actions.keys {
      guard let mount = deletedMounts.first(where: { $0.contains(path) }) else { continue }
      problems.append(
        Problem(
          .schemaInvalid,
          "\(path) is declared, but its mount \(mount) was removed from the schema",
          at: project.schema.declaration(at: path)?.location,
          path: path.description,
          hint: "remove it too, or keep \(mount)"
        )
      )
    }
    for (path, arguments) in schema.actions {
      guard let past = fold.actions[path] else {
        tasks.append(Task(path: path, action: .run(arguments), terms: schema.terms[path] ?? ActionTerms()))
        continue
      }
      if past != arguments {
        refuseOtherArguments(path, "its arguments")
      } else if fold.terms[path] != schema.terms[path] {
        refuseOtherArguments(path, "what it saves and when it runs")
      }
    }
    return tasks
  }

  // MARK: - Moves

  /// The mounts that get another path: those that the user names; one that only looks so is asked about.
  private mutating func moves(in fold: inout Fold, to schema: Fold) -> [Task] {
    var tasks: [Task] = []
    for move in MovedMounts(from: fold, to: schema).candidates {
      if moves.moves[move.from.description] == move.to.description {
        tasks.append(Task(path: move.to, action: .move(from: move.from)))
        movesMade.insert(move)
        _ = fold.apply(move)
      } else if !moves.isRefused, MovedMounts(from: fold, to: schema).isLikely(move) {
        ask(move)
      }
    }
    return tasks
  }

  private mutating func ask(_ move: MountMove) {
    problems.append(
      Problem(
        .schemaInvalid,
        "\(move.from) was removed and \(move.to) added: is it a move?",
        at: project.schema.declaration(at: move.to)?.location,
        path: move.to.description,
        hint:
          "generate --move \(move.from)=\(move.to) keeps what is inside; generate --no-move deletes \(move.from) with "
          + "everything in it"
      )
    )
  }

  private mutating func refuseUnused(_ choice: MoveChoice) {
    let made = Set(movesMade.map(\.from.description))
    for (from, to) in choice.moves.sorted(by: { $0.key < $1.key }) where !made.contains(from) {
      problems.append(
        Problem(
          .usage,
          "\(from) cannot be moved to \(to): the schema must have lost the one and gained the other, of the same type",
          path: to,
          hint: "write both as in the schema, for example --move old/=new/ or --move auth/old=auth/new"
        )
      )
    }
  }

  private mutating func refuseOtherType(_ path: VaultPath, _ old: Value) {
    problems.append(
      Problem(
        .schemaInvalid,
        "the type of \(path) cannot be changed from \(old["type"]?.string ?? "another one")",
        at: project.schema.declaration(at: path)?.location,
        path: path.description,
        hint:
          "declare a mount with the new type under another path, move what is needed, then remove this one"
      )
    )
  }

  /// Servers refuse such a change, or worse: say yes and change nothing.
  private mutating func refuseImmutable(_ path: VaultPath, _ old: Value, _ new: Value, _ mounts: MountTable) {
    let endpoint = catalogue.endpoint(for: path, mounts: mounts)
    for change in endpoint.immutableChanges(from: old.object ?? [:], to: new.object ?? [:]) {
      let answer = change.mutability == .refused ? "the server refuses it" : "the server ignores it silently"
      problems.append(
        Problem(
          .schemaInvalid,
          "\(change.name) of \(path) cannot be changed after creation: \(answer)",
          at: project.schema.declaration(at: path)?.location,
          path: path.description,
          hint:
            "declare another object with the new value under another path, and remove this one when it is unused"
        )
      )
    }
  }

  private mutating func refuseOtherArguments(_ path: VaultPath, _ what: String) {
    problems.append(
      Problem(
        .schemaInvalid,
        "\(path) has run already, \(what) cannot be changed",
        at: project.schema.declaration(at: path)?.location,
        path: path.description,
        hint: "to run it once more, add a second entry: \(path.withoutActionName)#another-name"
      )
    )
  }

  // MARK: - Name

  private static func migrationName(_ wanted: String?, _ version: Int, _ tasks: [Task]) throws -> String {
    if let wanted {
      let name = slug(wanted)
      guard !name.isEmpty else {
        throw Problem(
          .usage,
          "\"\(wanted)\" holds nothing that could name a migration",
          hint: "use letters and digits"
        )
      }
      return name
    }
    if version == 1 { return "initial" }
    guard tasks.count == 1 else { return "change-\(tasks.count)-paths" }
    let name = slug(tasks[0].path.path)
    return name.isEmpty ? "change-1-path" : name
  }

  private static func slug(_ text: String) -> String {
    var slug = ""
    for character in text.lowercased() where slug.count < 60 {
      if character.isASCII, character.isLetter || character.isNumber {
        slug.append(character)
      } else if !slug.isEmpty, !slug.hasSuffix("-") {
        slug.append("-")
      }
    }
    while slug.hasSuffix("-") { slug.removeLast() }
    return slug
  }
}

extension VaultPath {
  /// Whether another path lies inside this mount or auth method.
  func contains(_ other: VaultPath) -> Bool {
    guard other.namespace == namespace, other != self, let prefix = contentPrefix else { return false }
    return other.path.hasPrefix(prefix)
  }
}
