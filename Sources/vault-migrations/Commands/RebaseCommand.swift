import ArgumentParser
import Catalogue
import Configuration
import FoundationEssentials
import Git
import Migrations
import StateTracker
import Values

struct RebaseCommand: ToolCommand {
  static let configuration = CommandConfiguration(
    commandName: "rebase",
    abstract: "Renumbers migrations whose numbers another branch has taken first.",
    discussion: """
      For the middle of a merge or a rebase of git that stopped at the chain. The migrations that only this branch has get the \
      next numbers, if that changes nothing else: if they and the versions that came first touch different paths. What both \
      touch is shown otherwise, and nothing is written.

      EXAMPLE:
        git merge origin/main
        vault-migrations rebase
        git add .vault-migrations && git commit
      """
  )

  @Argument(
    help:
      "The branch that was merged first (default: that of the merge or rebase under way, else origin/HEAD)."
  )
  var upstream: String?

  @OptionGroup var global: GlobalOptions

  func run(in context: Context) async throws -> Int32 {
    let folder = try context.projectFolder()
    let work = try RebasedWork(folder, upstream: upstream, context)
    let result = try work.run()
    context.console.result(
      [
        "renumbered": .array(
          result.map { ["from": .string($0.old.fileName), "to": .string($0.new.fileName)] }
        )
      ]
    ) { style in
      guard !result.isEmpty else { return "nothing to renumber\n" }
      return result.map { "\($0.old.fileName) \(style.faint("is now")) \($0.new.fileName)\n" }.joined()
        + "\nNow \"git add \(context.shown(folder))\", and go on with the merge.\n"
    }
    return 0
  }
}

/// A work tree in the middle of a merge, and the branch that came first.
struct RebasedWork {
  private let folder: String
  private let source: WorkTreeSource
  private let upstream: Project
  private let settings: Settings
  private let repository: Repository
  private let before: Chain
  /// The checksums of what environments are known to have applied.
  private let applied: [String: Set<String>]
  private let context: Context

  init(_ folder: String, upstream name: String?, _ context: Context) throws {
    self.folder = folder
    self.context = context
    source = WorkTreeSource(folder: folder, shownAs: context.shown(folder))
    settings = try Project.readSettings(from: source).settings
    repository = try context.repository(holding: folder)
    let sides = try Sides(name, repository)
    let relative = OpenProject.relative(folder, in: repository)
    let theirs = try OpenProject.revisionSource(sides.upstream, folder: relative, repository)
    upstream = try Project.read(from: theirs)
    let chain = "\(relative)/\(settings.migrations)/\(Chain.fileName)"
    before = try repository.file(chain, at: repository.resolve(sides.mine)).map { Chain.read($0) } ?? Chain()
    let open = OpenProject(folder: folder, source: theirs, project: upstream)
    applied = try open.knownHistories(context).mapValues { Set($0.map(\.checksum)) }
  }

  /// Which revisions came first, and which is this branch.
  private struct Sides {
    let upstream: String
    let mine: String

    init(_ name: String?, _ repository: Repository) throws {
      func has(_ name: String) -> Bool { (try? repository.resolve(name)) != nil }
      // In a rebase of git, HEAD is what came first, and the commit that is applied again is ours.
      if name == nil, has("REBASE_HEAD") {
        (upstream, mine) = ("HEAD", "REBASE_HEAD")
      } else if let found = name ?? ["MERGE_HEAD", "origin/HEAD", "origin/main"].first(where: has) {
        (upstream, mine) = (found, "HEAD")
      } else {
        throw Problem(
          .usage,
          "no merge is under way, and there is no origin/main",
          hint: "name the branch that was merged first: vault-migrations rebase BRANCH"
        )
      }
    }
  }

  func run() throws -> [Rebase.Moved] {
    let theirs = Set(upstream.migrations.map(\.checksum))
    let mine = try migrations().filter { !theirs.contains($0.checksum) }
    let rebase = Rebase(mine, onto: upstream.migrations, lines: before, schema: try schemaID())
    if rebase.isSettled, try chainIsSettled(mine) { return [] }
    try refuseApplied(mine)
    try refuseOverlaps(rebase)
    let moved = try rebase.moved(in: settings.environments.keys.sorted() + [""])
    try write(moved)
    let problems = try Validator.problems(in: Project.read(from: source))
    guard problems.allSatisfy(\.isWarning) else { throw Problems(items: problems) }
    return moved
  }

  private func migrations() throws -> [Migration] {
    let diagnostics = Diagnostics(.migrationInvalid)
    let found = try Project.readMigrations(from: source, settings, diagnostics)
    _ = try diagnostics.finish()
    return found
  }

  private func schemaID() throws -> String {
    guard let files = try source.files(at: settings.schema) else { return "" }
    let overlays = try Overlay.all(in: source).map(\.file)
    if let conflict = (files + overlays).first(where: { $0.bytes.containsConflict }) {
      throw Problem(
        .schemaInvalid,
        "\(conflict.path) holds an unresolved merge conflict",
        at: SourceLocation(file: conflict.path),
        hint: "decide what the schema is to say, then run rebase again"
      )
    }
    return try Project.schemaID(of: settings.schema, in: source, repository)
  }

  private func chainIsSettled(_ mine: [Migration]) throws -> Bool {
    guard let bytes = try source.bytes(at: "\(settings.migrations)/\(Chain.fileName)") else { return false }
    let versions = Chain.read(bytes).links.map(\.version)
    return !bytes.containsConflict && versions == Array(1...(upstream.migrations.count + mine.count))
  }

  /// What an environment has under one number must not get another.
  private func refuseApplied(_ mine: [Migration]) throws {
    for migration in mine {
      for (environment, checksums) in applied.sorted(by: { $0.key < $1.key })
      where checksums.contains(migration.checksum) {
        throw Problem(
          .migrationInvalid,
          "\(migration.fileName) was applied to \(environment), and cannot get another number",
          at: SourceLocation(file: source.shown("\(settings.migrations)/\(migration.fileName)")),
          hint: "put the other branch's migrations behind it instead"
        )
      }
    }
  }

  private func refuseOverlaps(_ rebase: Rebase) throws {
    let overlaps = rebase.overlaps
    guard !overlaps.isEmpty else { return }
    throw Problems(
      items: overlaps.map { overlap in
        Problem(
          .migrationInvalid,
          "\(overlap.mine) and \(overlap.other) both touch \(overlap.path)",
          at: SourceLocation(file: source.shown("\(settings.migrations)/\(overlap.mine)")),
          path: overlap.path.description,
          hint: "remove \(overlap.mine), restore the chain of the other branch, and run generate again"
        )
      }
    )
  }

  /// The new files first, so that an interruption loses nothing.
  private func write(_ moved: [Rebase.Moved]) throws {
    let migrations = "\(folder)/\(settings.migrations)"
    for item in moved {
      let old = try source.bytes(at: "\(settings.migrations)/\(item.old.fileName)") ?? []
      let text = MigrationFile.text(item.new, comment: MigrationFile.leadingComment(of: old))
      try Data(text.utf8).write(to: URL(filePath: "\(migrations)/\(item.new.fileName)"), options: .atomic)
    }
    let chain = Chain(links: upstream.chain.links + moved.map(\.link))
    try Data(chain.text.utf8).write(to: URL(filePath: "\(migrations)/\(Chain.fileName)"), options: .atomic)
    let kept = Set(moved.map(\.new.fileName) + upstream.migrations.map(\.fileName))
    for item in moved where !kept.contains(item.old.fileName) {
      try FileManager.default.removeItem(atPath: "\(migrations)/\(item.old.fileName)")
    }
  }
}

extension [UInt8] {
  fileprivate var containsConflict: Bool {
    String(decoding: self, as: UTF8.self).split(whereSeparator: \.isNewline).contains {
      $0.hasPrefix("<<<<<<< ")
    }
  }
}
