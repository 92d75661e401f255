import Configuration
package import Git
package import StateTracker
import Values

/// The schema's files as an earlier version stood for them.
package struct EarlierSchema: Sendable {
  /// Names are those of the snapshot: below the schema's folder, or that of its only file.
  package let files: [Project.SnapshotFile]

  /// Looks for the files whose tree the chain names: in the history of the user's branch, then on a state branch.
  ///
  /// Throws ``Problem`` when nobody has them any more.
  package static func of(
    version: Int,
    _ project: Project,
    in repository: Repository,
    folder: String,
    from start: ObjectID?,
    recorded: RecordedState
  ) throws -> EarlierSchema {
    if version == 0 {
      let name = project.settings.schema.split(separator: "/").last.map(String.init) ?? "schema.yaml"
      let file = name.hasSuffix(".yaml") || name.hasSuffix(".yml") ? name : "empty.yaml"
      return EarlierSchema(files: [Project.SnapshotFile(name: file, bytes: Array("desired_state: {}\n".utf8))]
      )
    }
    guard let wanted = project.chain.links.first(where: { $0.version == version })?.schema else {
      throw Problem(.usage, "there is no version \(Migration.label(version))", hint: "\"history\" lists them")
    }
    for commit in try start.map({ try repository.commits(touching: folder, from: $0) }) ?? [] {
      let source = RevisionSource(
        repository: repository,
        commit: commit.id,
        folder: folder,
        name: commit.id.short
      )
      let files = try Project.snapshot(of: project.settings.schema, in: source)
      if try Project.id(of: files, in: repository) == wanted { return EarlierSchema(files: files) }
    }
    if let state = try recorded.at(version: version) {
      let files = try state.schema().sorted { $0.key < $1.key }.map {
        Project.SnapshotFile(name: $0.key, bytes: $0.value)
      }
      if try Project.id(of: files, in: repository) == wanted { return EarlierSchema(files: files) }
    }
    throw Problem(
      .operationFailed,
      "the schema of version \(Migration.label(version)) is neither in this branch's history nor on the state branch",
      hint: "in a shallow clone, fetch the history first (\"git fetch --unshallow\")"
    )
  }

  /// The files as a source that has nothing else.
  package func source(_ project: Project) -> any ProjectSource {
    Source(files: files, root: project.settings.schema)
  }

  /// Where each file lies, relative to the folder of `config.yaml`.
  package func paths(in project: Project) -> [String: [UInt8]] {
    Dictionary(
      files.map { (Self.path(of: $0.name, root: project.settings.schema), $0.bytes) },
      uniquingKeysWith: { $1 }
    )
  }

  /// Where a file of a snapshot lies, relative to the folder of `config.yaml`.
  package static func path(of name: String, root: String) -> String {
    if Overlay.isOne(name) { return name }
    return root.hasSuffix(".yaml") || root.hasSuffix(".yml") ? root : "\(root)/\(name)"
  }

  private struct Source: ProjectSource {
    let files: [String: [UInt8]]

    init(files: [Project.SnapshotFile], root: String) {
      self.files = Dictionary(
        files.map { (EarlierSchema.path(of: $0.name, root: root), $0.bytes) },
        uniquingKeysWith: { $1 }
      )
    }

    func bytes(at path: String) throws -> [UInt8]? { files[path] }

    func names(in folder: String) throws -> [String]? {
      let inside = files.keys.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
      guard !inside.isEmpty else { return nil }
      return Set(
        inside.map { name in name.firstIndex(of: "/").map { String(name[...$0]) } ?? String(name) }
      ).sorted()
    }

    func shown(_ path: String) -> String { path }
  }
}

extension Project {
  /// The schema's files of a source, as a snapshot; empty if there are none.
  static func snapshot(of schema: String, in source: any ProjectSource) throws -> [SnapshotFile] {
    try snapshot(of: source.files(at: schema) ?? [], source.shown(schema))
      + Overlay.all(in: source).map(\.snapshot)
  }

  /// What a migration that goes back from one version to another cannot bring back, in any environment.
  package func lossesOfGoingBack(to version: Int) throws -> [Undo.Notice] {
    var notices: Set<Undo.Notice> = []
    let moves = try movesBack(to: version)
    for environment in Validator.environments(of: settings) {
      var now = try Fold(migrations, environment: environment)
      for move in moves { _ = now.apply(move) }
      let then = try Fold(migrations.filter { $0.version <= version }, environment: environment)
      let undo = Undo(from: now, to: then, runsActions: true, catalogue: catalogue) { _ in .nothing }
      notices.formUnion(undo.notices)
    }
    return notices.sorted { ($0.path, $0.text) < ($1.path, $1.text) }
  }
}
