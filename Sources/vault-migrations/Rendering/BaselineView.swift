import Catalogue
import Migrations
import Values

/// What a baseline recorded, in words.
enum BaselineView {
  static func text(_ report: BaselineReport, _ style: Style) -> String {
    var text = "\(style.title(Migration.label(report.version.version))) is the baseline: "
    text += "\(Plural.of(report.paths.count, "path")) recorded, nothing written\n"
    for path in report.accepted { text += style.changed("accepted as it is: ") + "\(path)\n" }
    for path in report.actions { text += style.title("taken for done: ") + "\(path)\n" }
    let unverifiable = report.unverifiable.sorted { $0.key < $1.key }
    for (path, fields) in unverifiable {
      text += style.faint("not compared: \(path): \(fields.joined(separator: ", "))") + "\n"
    }
    if !report.unset.isEmpty {
      text += "\nNot set, and taken for what the server has until they are:\n"
      for name in report.unset { text += "  \(name)\n" }
    }
    return text
  }

  static func json(_ report: BaselineReport) -> Value {
    [
      "version": .string(Migration.label(report.version.version)), "tag": .string(report.version.tag),
      "state_commit": .string(report.version.stateCommit), "paths": list(report.paths),
      "accepted": list(report.accepted), "actions": list(report.actions),
      "not_compared": .object(
        Dictionary(
          report.unverifiable.map { ($0.key.description, .array($0.value.map(Value.string))) },
          uniquingKeysWith: { $1 }
        )
      ),
      "unset": .array(report.unset.map(Value.string)),
    ]
  }

  private static func list(_ paths: [VaultPath]) -> Value {
    .array(paths.map { .string($0.description) })
  }
}
