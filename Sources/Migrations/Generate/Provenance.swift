package import Catalogue
import Configuration
package import Git
import Values

/// Which commits brought each change of the schema since the last migration.
package struct Provenance {
  /// A commit that changed the schema, and the paths whose entries it changed.
  package struct Change: Sendable, Hashable {
    /// `nil` for what is in the work tree only.
    package let commit: Commit?
    package let paths: [VaultPath]
    package let files: [String]
  }

  /// More commits than these are not looked through.
  private static let limit = 100

  private let repository: Repository
  private let folder: String
  private let project: Project

  /// Looks into a repository, in which the folder of `config.yaml` is relative to the root.
  package init(repository: Repository, folder: String, project: Project) {
    self.repository = repository
    self.folder = folder
    self.project = project
  }

  /// The changes from the schema that the last migration stands for up to the project's, oldest first.
  ///
  /// A shallow clone answers as far as its history goes.
  package func changes(from head: ObjectID?) throws -> [Change] {
    let target = project.chain.links.last?.schema
    var newer = Snapshot(schema: project.schema, files: filesByName(project.schemaFiles))
    var found: [Change] = []
    var step: Commit?
    if try project.schemaID(in: repository) == target { return [] }
    let commits = try head.map { try repository.commits(touching: folder, from: $0, excluding: nil) } ?? []
    for commit in commits.prefix(Self.limit) {
      guard let older = try? snapshot(at: commit.id) else { break }
      note(newer: newer, older: older, step, &found)
      if older.id == target { return found.reversed() }
      newer = older
      step = commit
    }
    note(newer: newer, older: Snapshot(schema: Schema(), files: [:]), step, &found)
    return found.reversed()
  }

  private struct Snapshot {
    let schema: Schema
    let files: [String: [UInt8]]
    var id: String?
  }

  private func snapshot(at commit: ObjectID) throws -> Snapshot {
    let source = RevisionSource(
      repository: repository,
      commit: commit,
      folder: folder,
      name: String(commit.description.prefix(8))
    )
    let project = try Project.read(from: source)
    return Snapshot(
      schema: project.schema,
      files: filesByName(project.schemaFiles),
      id: try project.schemaID(in: repository)
    )
  }

  private func filesByName(_ files: [Project.SnapshotFile]) -> [String: [UInt8]] {
    Dictionary(files.map { ($0.name, $0.bytes) }, uniquingKeysWith: { $1 })
  }

  private func note(newer: Snapshot, older: Snapshot, _ commit: Commit?, _ found: inout [Change]) {
    let changed = newer.schema.paths.union(older.schema.paths).filter { path in
      newer.schema.meaning(of: path) != older.schema.meaning(of: path)
    }
    guard !changed.isEmpty else { return }
    let files = Set(newer.files.keys).union(older.files.keys).filter { newer.files[$0] != older.files[$0] }
    found.append(Change(commit: commit, paths: changed.sorted(), files: files.sorted()))
  }
}
