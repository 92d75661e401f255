import Git
import Migrations
import Platform

/// A project that is known to be in order, with all of its schema in migrations, since its files are those that a command
/// has looked at before.
struct CompleteProject {
  private let cache: VerdictCache
  private let inputs: ProjectInputs

  /// - Returns: `nil` where it cannot be known.
  init?(_ open: OpenProject, _ context: Context) throws {
    guard let tool = Platform.executableIdentity else { return nil }
    let repository = try context.repository(holding: open.folder)
    guard let inputs = try ProjectInputs(of: open.source, in: repository) else { return nil }
    self.inputs = inputs
    cache = VerdictCache(gitDirectory: repository.commonDirectory, tool: tool)
  }

  var isKnown: Bool { cache.isComplete(inputs) }

  var newestVersion: Int { inputs.newestVersion }

  func remember() { cache.noteComplete(inputs) }
}
