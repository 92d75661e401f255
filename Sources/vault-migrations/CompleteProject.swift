import Git
import Migrations
import Platform

/// A project that is known to be in order, with all of its schema in migrations, since its files are those that a command
/// has looked at before.
struct CompleteProject {
  let open: OpenProject
  private let cache: VerdictCache
  private let inputs: ProjectInputs

  /// - Returns: `nil` where it cannot be known.
  init?(_ open: OpenProject, _ context: Context) throws {
    guard let tool = Platform.executableIdentity else { return nil }
    let repository = try context.repository(holding: open.folder)
    guard let inputs = try ProjectInputs(of: open.source, open.project.settings, in: repository) else {
      return nil
    }
    self.open = open
    self.inputs = inputs
    cache = VerdictCache(gitDirectory: repository.commonDirectory, tool: tool)
  }

  var isKnown: Bool { cache.isComplete(inputs) }

  var newestVersion: Int { inputs.newestVersion }

  /// Remembers it, unless a file was changed while somebody looked: that look may have been at either.
  func remember(unlessChangedSince before: CompleteProject) {
    if inputs == before.inputs { cache.noteComplete(inputs) }
  }
}
