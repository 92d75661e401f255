import Values

/// That a project is in order and all of its schema in migrations, by what it was read from; in the repository's git
/// directory.
///
/// Disposable at any time. Whoever finds it need not parse, fold or compare anything.
package struct VerdictCache {
  private let store: DisposableStore
  /// The program that judges: another one may judge otherwise.
  private let tool: String

  /// - Parameters:
  ///   - gitDirectory: The one that linked work trees share.
  ///   - tool: What tells one build of the program from another.
  package init(gitDirectory: String, tool: String) {
    store = DisposableStore(folder: "\(gitDirectory)/vault-migrations/verdicts")
    self.tool = tool
  }

  /// Whether a project made of these inputs was found to be in order, with nothing that `generate` would write.
  package func isComplete(_ inputs: ProjectInputs) -> Bool { store.read(key(inputs)) != nil }

  /// Remembers that it is.
  package func noteComplete(_ inputs: ProjectInputs) { store.write(true, key(inputs)) }

  private func key(_ inputs: ProjectInputs) -> Value {
    ["inputs": .string(inputs.digest), "tool": .string(tool)]
  }
}
