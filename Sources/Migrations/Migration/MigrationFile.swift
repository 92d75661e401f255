import Catalogue
package import Configuration
package import Values
import YAML

/// The YAML form of a migration.
package enum MigrationFile {
  /// How keys are ordered, so that a task reads from path to outcome.
  private static let keyOrder = ["version", "name", "parent", "checkpoint", "tasks"] + taskKeys

  private static let taskKeys = [
    "path", "namespace", "once", "write", "run", "save", "unless", "at_most_once", "delete", "move", "from",
    "to", "was", "was_inside", "only", "except", "manage", "owner", "approve",
  ]

  /// The file's text; the same migration always gives the same bytes.
  package static func text(_ migration: Migration) -> String { text(migration, comment: nil) }

  /// The same with a comment at its head.
  package static func text(_ migration: Migration, comment: String?) -> String {
    YAML.emit(migration.value, keyOrder: keyOrder, comment: comment)
  }

  /// What stands at the head of a file as a comment; `nil` if nothing does.
  package static func leadingComment(of bytes: [UInt8]) -> String? {
    let lines = String(decoding: bytes, as: UTF8.self).split(omittingEmptySubsequences: false) {
      $0.isNewline
    }
    .prefix { $0.hasPrefix("#") }
    guard !lines.isEmpty else { return nil }
    return lines.map { $0.dropFirst($0.hasPrefix("# ") ? 2 : 1) }.joined(separator: "\n")
  }

  /// The version and name in a file's name; `nil` if it is not `NNNN-name.yaml`.
  package static func parts(ofName fileName: String) -> (version: Int, name: String)? {
    guard fileName.hasSuffix(".yaml"), let dash = fileName.firstIndex(of: "-") else { return nil }
    let digits = fileName[..<dash]
    // The one way to write a version, so that a file has the name that messages give it.
    guard let version = Int(digits), 1...Migration.highestVersion ~= version,
      Migration.label(version) == digits
    else { return nil }
    let name = fileName[fileName.index(after: dash)...].dropLast(".yaml".count)
    return name.isEmpty ? nil : (version, String(name))
  }

  /// Reads a migration; unknown keys and wrong types are errors with their place.
  ///
  /// - Returns: `nil` after an error, which is in `diagnostics`.
  package static func read(_ file: ProjectFile, _ diagnostics: Diagnostics) -> Migration? {
    guard let root = diagnostics.parse(file.bytes, file: file.path) else {
      if !diagnostics.hasErrors {
        diagnostics.error("the migration is empty", at: SourceLocation(file: file.path))
      }
      return nil
    }
    guard var map = MapReader(root, "the migration", diagnostics) else { return nil }
    map.know(["version", "name", "parent", "checkpoint", "tasks"])
    defer { map.finish() }
    guard let version = map.integer("version"), let name = map.string("name"), let tasks = map.node("tasks")
    else {
      diagnostics.error(
        "a migration needs version, name and tasks",
        at: root.location,
        hint: "migrations are written by generate; see the format in docs/reference.md"
      )
      return nil
    }
    let parent = map.string("parent")
    let isCheckpoint = map.bool("checkpoint") ?? false
    guard case .sequence(let nodes) = tasks.content else {
      diagnostics.error("tasks must be a list, not \(tasks.value.kind)", at: tasks.location)
      return nil
    }
    let read = nodes.compactMap { task($0, diagnostics) }
    guard read.count == nodes.count else { return nil }
    if isCheckpoint, !read.isEmpty {
      diagnostics.error(
        "a checkpoint stands for the versions before it, and has no tasks of its own",
        at: tasks.location,
        hint: "\"generate --checkpoint\" writes it; changes belong into the version behind it"
      )
      return nil
    }
    return Migration(version: version, name: name, parent: parent, tasks: read, isCheckpoint: isCheckpoint)
  }

  /// Reads tasks that somebody wrote by hand, to be done once: a list in the form that migrations have.
  ///
  /// - Throws: ``Problems`` with everything that is wrong, each with its place.
  package static func onceTasks(of file: ProjectFile) throws(Problems) -> [Task] {
    let diagnostics = Diagnostics(.migrationInvalid)
    var tasks: [Task] = []
    if let root = diagnostics.parse(file.bytes, file: file.path) {
      if case .sequence(let nodes) = root.content {
        tasks = nodes.compactMap { task($0, isOnce: true, diagnostics) }
      } else {
        diagnostics.error(
          "tasks must be a list, not \(root.value.kind)",
          at: root.location,
          hint:
            "for example \"- {path: secret/data/new, write: {data: {key: \"${vault:secret/data/old#key}\"}}}\""
        )
      }
    }
    _ = try diagnostics.finish()
    return tasks
  }

  private static func task(_ node: Node, isOnce: Bool = false, _ diagnostics: Diagnostics) -> Task? {
    guard var map = MapReader(node, "a task", diagnostics) else { return nil }
    map.know(taskKeys.filter { !["from", "to"].contains($0) })
    defer { map.finish() }
    let move = self.move(&map, diagnostics)
    guard let text = map.string("path") ?? move?.to else {
      diagnostics.error("a task has no path", at: node.location)
      return nil
    }
    if let complaint = PathRules.complaint(about: text) {
      diagnostics.error(complaint.message, at: node.location, path: text, hint: complaint.hint)
      return nil
    }
    let path = VaultPath(text, in: map.string("namespace") ?? "")
    guard let action = action(&map, move, path, node, diagnostics) else { return nil }
    var task = Task(path: path, action: action)
    if let complaint = task.move?.complaint {
      diagnostics.error(complaint, at: node.location, path: path.description)
      return nil
    }
    task.once = map.bool("once") ?? isOnce
    if task.once {
      if case .run = action {
        diagnostics.error(
          "\(path) is run, which happens once anyway",
          at: node.location,
          path: path.description,
          hint: "declare actions in the schema, and leave once to write and delete"
        )
      }
      if let written = map.node("write") {
        _ = EntryForm(path: path, diagnostics: diagnostics).plain(written)
      }
    }
    switch map.node("was") {
    case nil: break
    case let was? where was.value == "absent": task.was = .absent
    case let was? where was.value.object != nil: task.was = .value(was.value)
    case let was?:
      diagnostics.error(
        "was of \(path) must be \"absent\" or a map",
        at: was.location,
        path: path.description
      )
    }
    if task.once {
      if let was = map.node("was") {
        diagnostics.error(
          "\(path) is done once, and what was there does not matter",
          at: was.location,
          path: path.description,
          hint: "remove was"
        )
      }
    } else if task.hasPast, map.node("was") == nil {
      diagnostics.error(
        "the task for \(path) does not say what was there before",
        at: node.location,
        path: path.description,
        hint: "add \"was: absent\", or the value that the migrations before it left"
      )
    }
    if let inside = map.node("was_inside") {
      task.wasInside = inside.value.object ?? [:]
      if inside.value.object == nil || task.wasInside.values.contains(where: { $0.object == nil }) {
        diagnostics.error(
          "was_inside of \(path) must map paths to maps",
          at: inside.location,
          path: path.description
        )
      }
    }
    task.scope = scope(&map, path, node, diagnostics)
    if let approvals = map.node("approve") {
      let reasons = approvals.value.object ?? [:]
      task.approvals = reasons.compactMapValues(Approval.init)
      if task.approvals.isEmpty || task.approvals.count < reasons.count {
        diagnostics.error(
          "approve of \(path) must map environments to reasons",
          at: approvals.location,
          path: path.description,
          hint: "for example \"approve: {prod: destroys all data under legacy/}\""
        )
      }
    }
    task.terms = ActionTerms.take(from: &map, of: path, diagnostics)
    if case .run = action {
    } else if !task.terms.isEmpty {
      diagnostics.error(
        "the task for \(path) runs nothing, and has \(task.terms.members.keys.sorted().joined(separator: " and "))",
        at: node.location,
        path: path.description
      )
    }
    task.manage =
      map.node(Manage.manageKey).flatMap { Manage.read($0, of: path, diagnostics) }
      ?? map.node(Manage.ownerKey).flatMap { Manage.readOwner($0, of: path, diagnostics) }
    return task
  }

  /// The two paths of `move: {from: old/, to: new/}`.
  private static func move(_ map: inout MapReader, _ diagnostics: Diagnostics) -> (from: String, to: String)?
  {
    guard let node = map.node("move"), var paths = MapReader(node, "move", diagnostics) else { return nil }
    paths.know(["from", "to"])
    defer { paths.finish() }
    guard let from = paths.string("from"), let to = paths.string("to") else {
      diagnostics.error("move needs from and to", at: node.location, hint: "move: {from: old/, to: new/}")
      return nil
    }
    return (from, to)
  }

  private static func action(
    _ map: inout MapReader,
    _ move: (from: String, to: String)?,
    _ path: VaultPath,
    _ node: Node,
    _ diagnostics: Diagnostics
  ) -> Task.Action? {
    let write = map.node("write")
    let run = map.node("run")
    let delete = map.bool("delete")
    if delete == nil, map.node("delete") != nil { return nil }
    var actions: [Task.Action] = []
    for (body, make) in [(write, Task.Action.write), (run, Task.Action.run)] {
      guard let body else { continue }
      guard body.value.object != nil else {
        diagnostics.error("\(path) must be given a map of fields", at: body.location, path: path.description)
        return nil
      }
      actions.append(make(body.value))
    }
    if delete == true { actions.append(.delete) }
    if let move, move.to == path.path { actions.append(.move(from: path.with(path: move.from))) }
    guard actions.count == 1 else {
      diagnostics.error(
        "the task for \(path) must have exactly one of write, run, delete and move",
        at: node.location,
        path: path.description
      )
      return nil
    }
    return actions[0]
  }

  private static func scope(
    _ map: inout MapReader,
    _ path: VaultPath,
    _ node: Node,
    _ diagnostics: Diagnostics
  ) -> Scope {
    let only = map.strings("only")
    let except = map.strings("except")
    switch (only, except) {
    case (nil, nil): return .all
    case (let only?, nil): return .only(Set(only))
    case (nil, let except?): return .except(Set(except))
    default:
      diagnostics.error(
        "the task for \(path) has both only and except",
        at: node.location,
        path: path.description
      )
      return .all
    }
  }
}
