import Configuration
import Git
import Migrations
import Values

/// The project as it would be after a merge, made in memory: neither index nor work tree is touched.
struct MergedProject {
  private let repository: Repository
  /// The folder of `config.yaml`, and the same relative to the root.
  private let fullFolder: String
  private let folder: String

  init(_ context: Context) throws {
    fullFolder = try context.projectFolder()
    repository = try context.repository(holding: fullFolder)
    folder = OpenProject.relative(fullFolder, in: repository)
  }

  /// Merges a revision with the branch that it is to go to.
  ///
  /// - Throws: ``Problem`` when git itself would see a conflict, or does not know what both began with.
  func merge(_ revision: String, into branch: String) throws -> OpenProject {
    let (ours, theirs) = try (commit(revision), commit(branch))
    guard let base = try repository.mergeBase(ours, theirs) else {
      throw Problem(
        .usage,
        "\(revision) and \(branch) have no common ancestor that this clone knows",
        hint: repository.isShallow
          ? "fetch more history: \"git fetch --unshallow\", or \"fetch-depth: 0\" in the pipeline's checkout"
          : "is \(branch) the branch that this one is to be merged into?"
      )
    }
    switch try repository.merge(tree(ours), with: tree(theirs), base: tree(base)) {
    case .merged(let files):
      let source = BlobSource(files, in: repository, shownAs: folder)
      return OpenProject(
        folder: fullFolder,
        source: source,
        project: try Project.read(from: source),
        commit: ours
      )
    case .conflicts(let paths): throw try conflict(paths, ours, theirs, branch)
    }
  }

  private func commit(_ revision: String) throws -> ObjectID {
    try OpenProject.revisionSource(revision, folder: folder, repository).commit
  }

  private func tree(_ commit: ObjectID) throws -> ObjectID? {
    try repository.entry(folder, at: commit)?.id
  }

  /// What git would say, and what mends it.
  private func conflict(
    _ paths: [String],
    _ ours: ObjectID,
    _ theirs: ObjectID,
    _ branch: String
  ) throws -> Problems {
    let mend =
      "run \"git merge \(branch)\", then \"vault-migrations rebase\", \"git add \(folder)\" and \"git commit\""
    return Problems(
      items: try paths.map { path in
        guard path.hasSuffix("/\(Chain.fileName)"), let versions = try competing(path, ours, theirs) else {
          return Problem(
            .schemaInvalid,
            "merging \(branch) conflicts in \(folder)/\(path)",
            at: SourceLocation(file: "\(folder)/\(path)"),
            hint: "run \"git merge \(branch)\", and decide"
          )
        }
        return Problem(
          .migrationInvalid,
          "merging \(branch) forks the chain: \(versions)",
          at: SourceLocation(file: "\(folder)/\(path)"),
          hint: mend
        )
      }
    )
  }

  /// Which version both sides have added, in words.
  private func competing(_ path: String, _ ours: ObjectID, _ theirs: ObjectID) throws -> String? {
    let chains = try [ours, theirs].map { commit in
      try repository.file("\(folder)/\(path)", at: commit).map { Chain.read($0) } ?? Chain()
    }
    for (mine, other) in zip(chains[0].links, chains[1].links) where mine != other {
      return
        "version \(Migration.label(mine.version)) is \(mine.name) here, and \(other.name) there"
    }
    return nil
  }
}
