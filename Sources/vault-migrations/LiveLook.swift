import Catalogue
import Configuration
import FoundationEssentials
import Migrations
import Values

/// What `generate` learns from servers; one that cannot be asked is no reason to fail.
struct LiveLook {
  let open: OpenProject
  let context: Context
  let isOffline: Bool

  /// Looks at the chosen environment, and at those that approve something, whose numbers go into the approvals.
  func look(approving approved: [String], _ migration: inout Migration?) async -> GenerateReport.LiveNotes {
    var notes = GenerateReport.LiveNotes()
    let chosen = try? open.settings.environment(context.options.env).name
    if !isOffline { await look(at: migration, &notes) }
    if let chosen, notes.skipped == nil, !isOffline {
      migration = migration?.approving(notes.losses, in: chosen)
    }
    let isNeeded = migration?.tasks.contains { !$0.approvals.isEmpty } ?? false
    for name in approved where isNeeded {
      if isOffline {
        notes.uncounted[name] = "the server was not asked"
      } else if name == chosen {
        notes.uncounted[name] = notes.skipped
      } else if let pending = migration {
        do {
          migration = pending.approving(try await losses(of: pending, in: name), in: name)
        } catch {
          notes.uncounted[name] = ErrorReport.message(of: error)
        }
      }
    }
    return notes
  }

  private func look(at migration: Migration?, _ notes: inout GenerateReport.LiveNotes) async {
    do {
      try refuseUnused(context.options.env)
      notes = try await Session.with(open, context) { target in
        var found = GenerateReport.LiveNotes()
        let inspector = Inspector(target: target, project: open.project, note: context.console.tell)
        found.drift = try await inspector.drift()
        if let migration {
          let encounter = try inspector.encounter(migration)
          found.existing = encounter.existing
          found.losses = encounter.losses
          found.fieldWarnings = inspector.fieldWarnings(about: open.project.schema.paths)
        }
        return found
      }
    } catch {
      notes.skipped = ErrorReport.message(of: error)
    }
  }

  private func losses(of migration: Migration, in name: String) async throws -> [VaultPath: Losses] {
    try refuseUnused(name)
    var context = context
    context.options.env = name
    return try await Session.with(open, context) { target in
      try Inspector(target: target, project: open.project).losses(of: migration)
    }
  }

  /// Asking a private server would make it.
  private func refuseUnused(_ name: String?) throws {
    let environment = try open.settings.environment(name)
    guard environment.server == .embedded,
      !FileManager.default.fileExists(atPath: open.embeddedFolder(of: environment))
    else { return }
    throw Problem(.unreachable, "the private server of \(environment.name) has never run")
  }
}
