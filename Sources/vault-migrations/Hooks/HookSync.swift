import ArgumentParser
import Configuration
import Git
import Migrations
import Values

/// Brings environments to what has just arrived, without a pipeline.
struct HookSync {
  private let context: Context
  private let repository: Repository

  init(_ context: Context) throws {
    self.context = context
    repository = try context.repository(holding: context.workingDirectory)
  }

  /// After a merge or a pull: the work tree, if its branch is the one that environments follow.
  func followMerge() async throws -> Int32 {
    guard let root = repository.workTree, let head = try repository.head() else { return 0 }
    let branch = try repository.headBranch()
    var worst: Int32 = 0
    for name in try HookProjects(in: repository, context).folders(at: head, unlike: nil) {
      let folder = "\(root)/\(name)"
      let source = WorkTreeSource(folder: folder, shownAs: context.shown(folder))
      // Not everything is checked out everywhere.
      guard try source.bytes(at: "config.yaml") != nil else { continue }
      let hooks = try Project.readSettings(from: source).settings.hooks
      guard branch == "refs/heads/\(hooks.branch)" else { continue }
      worst = max(worst, await sync(hooks.postMerge, of: folder, revision: nil))
    }
    return worst
  }

  /// After a push to a repository that hosts itself: the commit that the branch has now.
  func followPush(_ references: [PushedReference]) async throws -> Int32 {
    for reference in references {
      guard let new = reference.new, reference.name.hasPrefix("refs/heads/"),
        try repository.entry(".vault-migrations/config.yaml", at: new) != nil
      else { continue }
      let source = RevisionSource(
        repository: repository,
        commit: new,
        folder: ".vault-migrations",
        name: new.short
      )
      let hooks = try Project.readSettings(from: source).settings.hooks
      guard reference.name == "refs/heads/\(hooks.branch)" else { continue }
      return await sync(hooks.postReceive, of: nil, revision: new.description)
    }
    return 0
  }

  /// One environment after the other; one that fails leaves the others alone.
  private func sync(_ environments: [String], of folder: String?, revision: String?) async -> Int32 {
    var worst: Int32 = 0
    for name in environments {
      do {
        let command = try SyncCommand.parse(
          ["--env", name, "--lock-timeout", "10m"] + (revision.map { ["--revision", $0] } ?? [])
        )
        var context = context
        context.options.env = name
        if let folder { context.options.config = folder }
        worst = max(worst, try await command.run(in: context))
      } catch {
        let report = ErrorReport(error)
        report.print(on: context.console)
        worst = max(worst, report.exitStatus)
      }
    }
    return worst
  }
}
