import Catalogue
import Git
import Migrations
import Values

/// What `generate` found and wrote.
struct GenerateReport {
  let project: Project
  let migration: Migration?
  var sources: [Provenance.Change] = []
  /// The file that was written; `nil` for a dry run.
  var file: String?
  var live = LiveNotes()
  /// What going back cannot bring back.
  var notices: [Undo.Notice] = []

  /// What the server said, where it could be asked.
  struct LiveNotes {
    /// Why the server was not asked.
    var skipped: String?
    /// By environment, the others that were approved and could not be asked how much there is.
    var uncounted: [String: String] = [:]
    var drift: [Change] = []
    /// Paths that a task creates and that are there already.
    var existing: [VaultPath] = []
    /// What deletions would destroy, by path.
    var losses: [VaultPath: Losses] = [:]
    /// What the server's own description says against the schema; `nil` if it was not asked.
    var fieldWarnings: [Problem]?
  }

  func print(on console: Console) {
    console.result(json) { text($0) }
    if let skipped = live.skipped, migration?.isCheckpoint != true {
      console.note { $0.faint("the server was not asked: \(skipped)") }
    }
    for (environment, reason) in live.uncounted.sorted(by: { $0.key < $1.key }) {
      console.note {
        $0.changed("the approval for \(environment) names no number: ") + "\(reason)"
      }
    }
  }

  private var changes: [Change] {
    migration.map { Planner.changes(of: $0, for: nil, catalogue: project.catalogue) } ?? []
  }

  private func text(_ style: Style) -> String {
    let rendered = ChangeText(style: style)
    var text = ""
    if let migration {
      text += style.title("\(migration.label) \(migration.name)") + "\n" + rendered.lines(changes)
      if migration.isCheckpoint {
        text +=
          "A checkpoint: it stands for all before it, verify begins there, and servers stay as they are.\n"
      }
      for source in sources { text += "\n" + self.text(of: source, style) }
      if let file {
        text +=
          "\nwritten to \(file)\nReview it, commit it together with the schema and the chain, then run sync.\n"
      }
    } else {
      text += "No changes required\n"
    }
    for notice in notices { text += style.changed("not brought back: ") + "\(notice.path) \(notice.text)\n" }
    for path in live.existing.sorted() {
      text += style.changed("exists already: ") + "\(path), the server's is adopted if it equals the schema\n"
    }
    for (path, losses) in live.losses.sorted(by: { $0.key < $1.key }) {
      text += style.removed("destroys: ") + "\(path): \(losses.text)\n"
    }
    if !live.drift.isEmpty {
      text += "\n" + style.title("Changed on the server by somebody else") + "\n" + rendered.lines(live.drift)
    }
    return text
  }

  private func text(of source: Provenance.Change, _ style: Style) -> String {
    let paths = source.paths.prefix(5).map(\.description).joined(separator: ", ")
    let more = source.paths.count > 5 ? " and \(source.paths.count - 5) more" : ""
    let origin =
      source.commit.map { "\($0.id.short) \($0.summary) (\($0.author.name))" } ?? "not committed yet"
    return "from \(origin)\n  \(style.faint("\(source.files.joined(separator: ", ")): \(paths)\(more)"))\n"
  }

  private var json: Value {
    var document: [String: Value] = [
      "changes": .array(changes.map(\.json)), "migration": .null, "drift": .array(live.drift.map(\.json)),
      "losses": .object(
        Dictionary(
          live.losses.map { path, losses in
            (path.description, .object(losses.counted.mapValues(\.value)))
          },
          uniquingKeysWith: { first, _ in first }
        )
      ),
      "existing": .array(live.existing.sorted().map { .string($0.description) }),
      "sources": .array(
        sources.map { source in
          [
            "commit": source.commit.map { .string($0.id.description) } ?? .null,
            "summary": source.commit.map { .string($0.summary) } ?? .null,
            "author": source.commit.map { .string($0.author.name) } ?? .null,
            "files": .array(source.files.map(Value.string)),
            "paths": .array(source.paths.map { .string($0.description) }),
          ]
        }
      ),
    ]
    if !notices.isEmpty {
      document["notices"] = .array(
        notices.map {
          ["path": .string($0.path.path), "namespace": .string($0.path.namespace), "text": .string($0.text)]
        }
      )
    }
    if let migration {
      document["migration"] = [
        "version": .string(migration.label), "name": .string(migration.name),
        "checksum": .string(migration.checksum), "checkpoint": .bool(migration.isCheckpoint),
        "file": file.map(Value.string) ?? .null,
      ]
    }
    return .object(document)
  }
}
