package import Catalogue
package import Configuration
import Values

/// What the target branch of a pull request says about servers, and may be trusted about: `--base`.
///
/// A pull request is checked with the tokens of a pipeline, before anybody has looked at it. So servers, logins, and what
/// is plain or allowed come from here; and what the pull request is the first to ask for is not resolved.
package struct TrustedBase: Sendable {
  /// As the user named it.
  package let revision: String
  package let settings: Settings
  package let catalogue: Catalogue
  private let variables: Set<String>
  private let files: Set<String>

  /// Reads the project as the revision has it.
  ///
  /// - Throws: ``Problems`` when there is none, or one that is not valid.
  package static func read(from source: any ProjectSource, revision: String) throws -> TrustedBase {
    let project = try Project.read(from: source)
    var used = References()
    for (_, declaration) in project.schema.declarations { used.collect(declaration.value) }
    for task in project.migrations.flatMap(\.tasks) {
      for value in [task.content, task.valueBefore] { value.map { used.collect($0) } }
    }
    // What a login needs is not for the schema: `auth:` and `address:` are left out.
    let settings = project.settings
    for variables in [settings.variables] + settings.environments.values.map(\.variables) {
      for value in variables.values { used.collect(value) }
    }
    for text in settings.allowed {
      if text.hasPrefix("file:") { used.files.insert(String(text.dropFirst("file:".count))) }
    }
    return TrustedBase(
      revision: revision,
      settings: settings,
      catalogue: project.catalogue,
      variables: used.variables.union(settings.plain).union(settings.allowed),
      files: used.files
    )
  }

  /// Whether a pull request may not have a variable of the process, or a file, read for it.
  package func withholds(_ reference: Template.Reference) -> Bool {
    switch reference {
    case .variable(let name, _): !variables.contains(name)
    case .file(let path): !files.contains(path)
    case .given: false
    }
  }

  private struct References {
    var variables: Set<String> = []
    var files: Set<String> = []

    mutating func collect(_ value: Value) {
      switch value {
      case .string(let text):
        guard text.holds("${"), let template = try? Template(text) else { return }
        for reference in template.references {
          switch reference {
          case .variable(let name, _): variables.insert(name)
          case .file(let path): files.insert(path)
          case .given: continue
          }
        }
      case .array(let elements): for element in elements { collect(element) }
      case .object(let members): for member in members.values { collect(member) }
      case .null, .bool, .number, .secret: return
      }
    }
  }
}
