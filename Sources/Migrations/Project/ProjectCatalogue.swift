import Catalogue
import Configuration
import Values
import YAML

/// Reads `catalogue:` of `config.yaml`: entries in the form of the built-in table, each with its place for errors.
enum ProjectCatalogue {
  /// The catalogue with what the settings add.
  static func read(_ settings: Settings, over base: Catalogue) throws(Problems) -> Catalogue {
    guard let node = settings.catalogue else { return base }
    let diagnostics = Diagnostics(.configurationInvalid)
    var reader = Reader(catalogue: base, diagnostics: diagnostics)
    reader.read(node)
    _ = try diagnostics.finish()
    return reader.catalogue
  }

  private struct Reader {
    var catalogue: Catalogue
    let diagnostics: Diagnostics

    mutating func read(_ node: Node) {
      guard var sections = MapReader(node, "catalogue", diagnostics) else { return }
      for section in ["secrets", "auth"] {
        guard let node = sections.node(section),
          var types = MapReader(node, "catalogue.\(section)", diagnostics)
        else { continue }
        for type in types.all() { read(type.value, section, type.key) }
      }
      for section in ["sys", "system", "identity"] {
        if let node = sections.node(section) { read(node, section, nil) }
      }
      sections.finish()
    }

    private mutating func read(_ node: Node, _ section: String, _ type: String?) {
      let name = type.map { "\(section).\($0)" } ?? section
      guard var entries = MapReader(node, "catalogue.\(name)", diagnostics) else { return }
      for entry in entries.all() { read(entry, section, type) }
    }

    private mutating func read(_ entry: Node.Pair, _ section: String, _ type: String?) {
      guard !entry.key.isEmpty, !entry.key.hasPrefix("/"), !entry.key.hasSuffix("/") else {
        diagnostics.error(
          "\"\(entry.key)\" is not a path inside a mount",
          at: entry.keyLocation,
          hint: "for example \"roles/{name}\": {write: merge, secret: [token]}"
        )
        return
      }
      do throws(CatalogueError) {
        catalogue = try catalogue.adding(
          section: section,
          type: type,
          path: entry.key,
          entry: entry.value.value
        )
      } catch {
        let pair = entry.value.mapping?.first { $0.key == error.key }
        diagnostics.error(
          "catalogue entry \(error.place): \(error.message)",
          at: pair?.keyLocation ?? entry.keyLocation,
          hint: "\"vault-migrations catalogue --source\" prints the built-in table, and what each key means"
        )
      }
    }
  }
}
