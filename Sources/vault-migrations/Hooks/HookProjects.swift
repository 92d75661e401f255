import Git
import Values

/// The projects of a repository: git calls hooks at its root, wherever they are.
struct HookProjects {
  private static let name = ".vault-migrations"
  private static let file = "config.yaml"

  private let repository: Repository
  /// The one that `--config` names, relative to the root.
  private let chosen: String?

  init(in repository: Repository, _ context: Context) throws {
    self.repository = repository
    chosen =
      try context.options.config == nil
      ? nil : OpenProject.relative(context.projectFolder(), in: repository)
  }

  /// Those that have their configuration among some paths.
  func folders(among paths: some Sequence<String>) -> [String] {
    let ends = chosen.map { ["\($0)/\(Self.file)"] } ?? ["\(Self.name)/\(Self.file)"]
    return paths.filter { path in
      ends.contains { path == $0 || chosen == nil && path.hasSuffix("/" + $0) }
    }.map { String($0.dropLast(Self.file.count + 1)) }.sorted()
  }

  /// Those of a commit that are not the same in an earlier one.
  func folders(at commit: ObjectID, unlike old: ObjectID?) throws(GitError) -> [String] {
    var found: [String] = []
    if let chosen {
      let before: ObjectID? = if let old { try repository.entry(chosen, at: old)?.id } else { nil }
      if try repository.entry(chosen, at: commit)?.id != before { found = [chosen] }
    } else {
      found = try repository.folders(named: Self.name, unlike: old, at: commit)
    }
    // A branch may have no project while another one has.
    var projects: [String] = []
    for folder in found where try repository.entry("\(folder)/\(Self.file)", at: commit) != nil {
      projects.append(folder)
    }
    return projects
  }
}
