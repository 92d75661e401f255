import Catalogue
import Migrations
import Values

/// What `import` found and wrote.
struct ImportReport {
  let imported: Imported
  let found: Discovered
  /// What the server has and the schema declares already.
  let kept: Set<VaultPath>
  var mounts = MountTable()
  /// The files that were written; empty for a dry run.
  var files: [String] = []
  var baseline: BaselineReport?
  /// Why the baseline was not recorded, after the files were written.
  var failure: ErrorReport?

  func print(on console: Console) {
    console.result(json) { text($0) }
    if !console.isJSON { failure?.print(on: console) }
  }

  private func text(_ style: Style) -> String {
    if imported.entries.isEmpty { return "Nothing to import\n" + notes(style) }
    var text = ""
    if files.isEmpty {
      text += SchemaText.file(imported.entries, mounts) + "\n"
    } else {
      text += style.title("\(Plural.of(imported.entries.count, "path")) imported") + "\n"
      for file in files { text += "  \(style.added("+")) \(file)\n" }
    }
    text += notes(style)
    if !imported.variables.isEmpty {
      text +=
        "\n" + style.title("To be filled in: secrets that the tool did not read, or does not write down")
        + "\n"
      for variable in imported.variables {
        text += "  \(variable.name)  \(style.faint("\(variable.field) of \(variable.path)"))\n"
      }
    }
    if let baseline {
      text +=
        "\nrecorded as version \(Migration.label(baseline.version.version)), tagged \(baseline.version.tag)\n"
      text += "Review the files and commit them; plan shows no changes.\n"
    } else if !files.isEmpty {
      text += "\nReview the files and commit them, then run baseline.\n"
    }
    return text
  }

  private func notes(_ style: Style) -> String {
    var text = ""
    for (path, reason) in found.unreadable.sorted(by: { $0.key < $1.key }) {
      text += style.removed("could not read: ") + "\(path): \(reason)\n"
    }
    for notice in imported.notices { text += style.changed("note: ") + "\(notice.path): \(notice.text)\n" }
    if !kept.isEmpty { text += style.faint("declared already: \(Plural.of(kept.count, "path"))") + "\n" }
    return text
  }

  private var json: Value {
    var document: [String: Value] = [
      "imported": .array(imported.entries.keys.sorted().map { .string($0.description) }),
      "declared_already": .array(kept.sorted().map { .string($0.description) }),
      "files": .array(files.map(Value.string)),
      "variables": .array(
        imported.variables.map {
          ["name": .string($0.name), "path": .string($0.path.description), "field": .string($0.field)]
        }
      ),
      "notices": .array(
        imported.notices.map { ["path": .string($0.path.description), "text": .string($0.text)] }
      ),
      "unreadable": .array(
        found.unreadable.sorted { $0.key < $1.key }.map {
          ["path": .string($0.key.description), "reason": .string($0.value)]
        }
      ),
    ]
    document["baseline"] = baseline.map(BaselineView.json) ?? .null
    if let failure { document.merge(failure.members) { $1 } }
    return .object(document)
  }
}
