package import Catalogue
package import Configuration
package import Values

/// A project as it can be tried on a server that knows nothing of the world: secrets are stand-ins, and what needs systems
/// outside, such as databases, is left out or told not to look for them.
package struct TrialProject {
  /// What cannot be tried, with the reason.
  package private(set) var leftOut: [VaultPath: String] = [:]
  /// What is tried without the system outside that it is for.
  package private(set) var unconnected: Set<VaultPath> = []
  /// The migrations as they are tried.
  package private(set) var migrations: [Migration] = []

  private let catalogue: Catalogue
  private let known: Set<String>
  private let fields = FieldTable.builtIn

  /// Prepares the migrations of a project for one environment.
  ///
  /// - Parameters:
  ///   - project: The one to try.
  ///   - environment: Whose variables count; what it does not set becomes a stand-in.
  ///   - first: The first version to try on its own; what comes before it becomes one.
  /// - Throws: ``Problem`` when the migrations contradict each other.
  package init(of project: Project, for environment: Environment, from first: Int) throws(Problem) {
    catalogue = project.catalogue
    known = Set(environment.variables.keys).union(project.settings.variables.keys)
    let mounts = try Fold(project.migrations, environment: environment.name).mounts
    let summed = try Self.summing(project, environment, upTo: first - 1)
    // What only the history before it had is not tried, and no news.
    for task in summed.flatMap(\.tasks) { note(task, mounts) }
    var parent: Migration?
    for migration in summed {
      let tried = Migration(
        version: migration.version,
        name: migration.name,
        parent: parent?.checksum,
        tasks: migration.tasks.compactMap { trial(of: $0, mounts) }
      )
      migrations.append(tried)
      parent = tried
    }
  }

  /// The migrations, with those before a version as one that makes what they declare together.
  private static func summing(
    _ project: Project,
    _ environment: Environment,
    upTo last: Int
  ) throws(Problem) -> [Migration] {
    let early = project.migrations.filter { $0.version <= last }
    guard let newest = early.last, early.count > 1 else { return project.migrations }
    let fold = try Fold(early, environment: environment.name)
    let order = TaskOrder(catalogue: project.catalogue, mounts: fold.mounts)
    let writes = fold.resources.map {
      Task(path: $0.key, action: .write($0.value), was: .absent, manage: fold.manages[$0.key])
    }
    let actions = fold.actions.map {
      Task(path: $0.key, action: .run($0.value), terms: fold.terms[$0.key] ?? ActionTerms())
    }
    let sum = Migration(
      version: newest.version,
      name: newest.name,
      parent: nil,
      tasks: order.sorted(writes + actions)
    )
    // Versions are numbered without gaps, and those that were summed up have nothing left to do.
    let empty = early.dropLast().map {
      Migration(version: $0.version, name: $0.name, parent: nil, tasks: [])
    }
    return empty + [sum] + project.migrations.filter { $0.version > last }
  }

  // MARK: - What cannot be tried

  private mutating func note(_ task: Task, _ mounts: MountTable) {
    let endpoint = catalogue.endpoint(for: task.path, mounts: mounts)
    guard let content = task.content else { return }
    if endpoint.needsOutside.contains("always") {
      leftOut[task.path] = "it works on a system outside"
    } else if let field = endpoint.needsOutside.sorted().first(where: { content[$0] != nil }) {
      leftOut[task.path] = "the server would ask what \(field) names"
    } else if !endpoint.withoutOutside.isEmpty {
      unconnected.insert(task.path)
    }
  }

  private func trial(of task: Task, _ mounts: MountTable) -> Task? {
    guard leftOut[task.path] == nil else { return nil }
    let endpoint = catalogue.endpoint(for: task.path, mounts: mounts)
    var tried = task
    tried.approvals = [:]
    switch task.action {
    case .write(let value): tried.action = .write(alone(value, endpoint))
    case .run(let arguments): tried.action = .run(alone(arguments, endpoint))
    case .delete, .move: break
    }
    if case .value(let was)? = task.was { tried.was = .value(alone(was, endpoint)) }
    tried.wasInside = task.wasInside.filter { path, _ in leftOut[task.path.with(path: path)] == nil }
    return tried
  }

  private func alone(_ value: Value, _ endpoint: Endpoint) -> Value {
    guard case .object(let members) = value else { return standIn(value, nil) }
    let types = fields.fields(of: endpoint)?.types ?? [:]
    var tried: [String: Value] = [:]
    for (name, member) in members { tried[name] = standIn(member, types[name]) }
    return .object(tried.merging(endpoint.withoutOutside) { $1 })
  }

  // MARK: - Stand-ins

  /// What a reference that leads outside is replaced by; text around it, and every other reference, stays.
  private func standIn(_ value: Value, _ type: FieldType?) -> Value {
    value.mapLeaves { leaf, _ in
      guard case .string(let text) = leaf, text.holds("${"), let template = try? Template(text) else {
        return leaf
      }
      if template.segments.count == 1, case .reference(.variable(let name, nil))? = template.segments.first,
        !known.contains(name)
      {
        switch type {
        case .integer?, .number?: return 1
        case .duration?, .lease?: return "1h"
        case .boolean?: return false
        default: return leaf
        }
      }
      guard template.references.contains(where: \.isValueElsewhere) else { return leaf }
      let parts = template.segments.map { segment in
        switch segment {
        case .literal(let literal): literal.replacing("${", with: "$${")
        case .reference(let reference): reference.isValueElsewhere ? "stand-in" : reference.source
        }
      }
      return .string(parts.joined())
    }
  }
}

extension Template.Reference {
  fileprivate var isValueElsewhere: Bool {
    if case .given(let given) = self { given.kind == .vault } else { false }
  }

  /// As it is written.
  fileprivate var source: String {
    if case .variable(let name, let fallback?) = self { "${\(name):-\(fallback)}" } else { description }
  }
}
